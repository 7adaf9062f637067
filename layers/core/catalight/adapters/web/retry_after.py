"""The Retry-After header (RFC 9110, section 10.2.3): seconds, or a date."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST = 999_999_999.0  # seconds; more could lead past the last date there is
_SECONDS = re.compile(r"[0-9]{1,9}")


def seconds(header: str | None, now: datetime) -> float | None:
    """How long the host asks to wait from `now`; None where it asks for nothing that can be understood."""
    if header is None:
        return None
    if _SECONDS.fullmatch(header.strip()):
        return float(header)
    try:
        until = parsedate_to_datetime(header)
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):  # no date, or one that no calendar holds
        return None
    return min(wait.total_seconds(), MOST) if wait.total_seconds() >= 0 else None
