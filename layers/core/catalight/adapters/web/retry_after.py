"""Parse the Retry-After header (RFC 9110, section 10.2.3): seconds or a date."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST = 999_999_999.0  # seconds; with more, the resulting time could exceed the largest datetime
_SECONDS = re.compile(r"[0-9]{1,9}")


def seconds(header: str | None, now: datetime) -> float | None:
    """Return the seconds to wait from `now`; None if the header is missing, invalid or in the past."""
    if header is None:
        return None
    if _SECONDS.fullmatch(header.strip()):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):  # not a date, or one out of range
        return None
    return min(wait.total_seconds(), MOST) if wait.total_seconds() >= 0 else None
