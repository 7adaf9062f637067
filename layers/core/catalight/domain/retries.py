"""When to retry after a transient failure."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

type Random = Callable[[], float]  # returns a number from 0 up to 1, like random.random

MAX_DELAY = 900  # seconds; the longest delay of an SQS message


def jitter(random: Random) -> float:
    """Return a factor from 0.5 to 1.5, so that simultaneous failures are not retried simultaneously."""
    return 0.5 + random()


def next_try(attempts: int, pauses: Sequence[float], now: datetime, factor: float = 1) -> datetime | None:
    """Return when to retry after `attempts` earlier failures and one more, or None to give up.

    `pauses` are the seconds before each further attempt. They are multiplied by `factor`.
    """
    return now + timedelta(seconds=pauses[attempts] * factor) if attempts < len(pauses) else None


def delay(until: datetime | None, now: datetime) -> int:
    """Return the whole seconds by which to delay a message that is due at `until`, at most MAX_DELAY."""
    seconds = -(-(until - now) // timedelta(seconds=1)) if until else 0
    return min(MAX_DELAY, max(0, seconds))
