"""Count the bytes that hosts send for a caller's images."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from catalight.domain.api_keys import NO_OWNER
from catalight.domain.errors import UnavailableError
from catalight.usecases.ports import Clock, Usage

logger = logging.getLogger(__name__)


class CountDownloads:
    """Adds up what is received, and counts it in one write at the end of a block.

    A process works on one range at a time, so all that is received in a block belongs to one owner.
    """

    def __init__(self, usage: Usage, clock: Clock) -> None:
        self._usage, self._clock = usage, clock
        self._received = 0
        self._lock = Lock()

    def received(self, size: int) -> None:
        """Add bytes that were received; threads may call this."""
        with self._lock:
            self._received += size

    @contextmanager
    def of(self, owner: str) -> Iterator[None]:
        """Count what is received in this block for the owner. An outage is logged: no image fails for it."""
        try:
            yield
        finally:
            with self._lock:
                size, self._received = self._received, 0
            if size and owner != NO_OWNER:
                self._count(owner, size)

    def _count(self, owner: str, size: int) -> None:
        try:
            self._usage.add_downloads(owner, self._clock().date(), size)
        except UnavailableError as error:
            logger.warning("%d downloaded bytes were not counted: %s", size, error)
