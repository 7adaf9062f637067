"""When to try again what failed in a way that may pass."""

from collections.abc import Sequence
from datetime import datetime, timedelta

MAX_DELAY = 900  # seconds; the longest that SQS delays a message


def next_try(attempts: int, pauses: Sequence[float], now: datetime) -> datetime | None:
    """When to try again after `attempts` earlier failures and one more; None when it is time to give up.

    `pauses` are seconds, one for each further attempt.
    """
    return now + timedelta(seconds=pauses[attempts]) if attempts < len(pauses) else None


def delay(until: datetime | None, now: datetime) -> int:
    """Whole seconds to delay a message that is due at `until`, as far as SQS can."""
    seconds = -(-(until - now) // timedelta(seconds=1)) if until else 0
    return min(MAX_DELAY, max(0, seconds))
