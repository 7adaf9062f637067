"""Limit how much of a caller's catalogues is read, also of those that are refused."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from catalight.domain.errors import LimitError
from catalight.usecases.ports import Clock, Usage

# Reading takes at most 2 s for 4.5 MB, so this is at most a ninth of a processor for each caller.
BYTES_A_SECOND = 250_000
BURST = 90_000_000  # bytes; twenty catalogues of the largest size at once
LEAST = 10_000  # bytes that a catalogue counts for at least, because a request costs something too
WINDOW = BURST // BYTES_A_SECOND  # seconds


@dataclass(frozen=True, slots=True)
class Throttle:
    """A token bucket (GCRA, ITU-T I.371) for each caller, kept as the time until which it has used its rate.

    It counts every catalogue before it is read: accepted, refused and repeated ones cost the same.
    """

    usage: Usage
    clock: Clock

    def __call__(self, owner: str, size: int) -> None:
        """Count a catalogue of `size` bytes. Raise LimitError, and count nothing, if it comes too soon."""
        now, size = self.clock(), max(size, LEAST)
        cost = timedelta(seconds=size / BYTES_A_SECOND)
        until = self.usage.reserve(owner, cost, now, now + timedelta(seconds=WINDOW))
        if until is not None:
            ahead = (until - now).total_seconds()
            left = max(0, BURST - ceil(ahead * BYTES_A_SECOND))
            wait = ceil(ahead + cost.total_seconds() - WINDOW)
            raise LimitError("parsing", BURST, left, size, max(1, wait))
