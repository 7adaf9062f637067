"""The real clock; tests pass their own."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, aware, in UTC, cut to the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
