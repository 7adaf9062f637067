"""A lock that many threads hold at once, or one alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class SharedLock:
    """A readers-writer lock that prefers writers: once a thread wants it alone, no other may share it."""

    def __init__(self) -> None:
        self._holders = 0
        self._wanted_alone = 0
        self._changed = Condition()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Wait until no thread holds the lock alone or wants to, then hold it along with others."""
        with self._changed:
            self._changed.wait_for(lambda: not self._wanted_alone)
            self._holders += 1
        try:
            yield
        finally:
            self._release()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no thread holds the lock, then hold it while all others wait."""
        with self._changed:
            self._wanted_alone += 1
            self._changed.wait_for(lambda: not self._holders)
            self._holders += 1
        try:
            yield
        finally:
            self._release(wanted_alone=1)

    def _release(self, wanted_alone: int = 0) -> None:
        with self._changed:
            self._holders -= 1
            self._wanted_alone -= wanted_alone
            self._changed.notify_all()
