"""When to try again what failed in a way that may pass."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

type Random = Callable[[], float]  # from 0 up to 1, as random.random gives

MAX_DELAY = 900  # seconds; the longest that SQS delays a message


def jitter(random: Random) -> float:
    """A factor from 0.5 to 1.5, so that what failed together is not tried again together."""
    return 0.5 + random()


def next_try(attempts: int, pauses: Sequence[float], now: datetime, factor: float = 1) -> datetime | None:
    """When to try again after `attempts` earlier failures and one more; None when it is time to give up.

    `pauses` are seconds, one for each further attempt, to be multiplied by `factor`.
    """
    return now + timedelta(seconds=pauses[attempts] * factor) if attempts < len(pauses) else None


def delay(until: datetime | None, now: datetime) -> int:
    """Whole seconds to delay a message that is due at `until`, as far as SQS can."""
    seconds = -(-(until - now) // timedelta(seconds=1)) if until else 0
    return min(MAX_DELAY, max(0, seconds))
