"""Turns: many threads work at once, or one alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Turns:
    """Lets threads work at the same time, until one asks to work alone; that one goes first."""

    def __init__(self) -> None:
        self._working = 0
        self._wanted_alone = 0
        self._changed = Condition()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Wait until nobody works alone or waits to, then work along with others."""
        with self._changed:
            self._changed.wait_for(lambda: not self._wanted_alone)
            self._working += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody works, then work while all others wait."""
        with self._changed:
            self._wanted_alone += 1
            self._changed.wait_for(lambda: not self._working)
            self._working += 1
        try:
            yield
        finally:
            self._leave(wanted_alone=1)

    def _leave(self, wanted_alone: int = 0) -> None:
        with self._changed:
            self._working -= 1
            self._wanted_alone -= wanted_alone
            self._changed.notify_all()
