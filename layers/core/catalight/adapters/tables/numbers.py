"""Numbers of cells as texts: the general format, and dates and times in ISO 8601."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

_DIGITS = Context(prec=15, rounding=ROUND_HALF_UP)  # as many as a spreadsheet shows of a binary number
_POSITIONAL = 21  # longer numbers, and those with as many zeros after the point, get an exponent
_DAY = 86_400
LAST_DAY = 2_958_465  # 9999-12-31
_LEAP_BUG = 60  # Excel counts 1900-02-29, for compatibility with Lotus 1-2-3


def number(text: str) -> Decimal | None:
    """Return a number as precisely as a spreadsheet shows it; None if the text is not a finite number."""
    try:
        value = _DIGITS.create_decimal(text)
    except (InvalidOperation, ValueError):
        return None
    return value if value.is_finite() and abs(value.adjusted()) < 400 else None


def general(text: str) -> str:
    """Return a number without a format: up to 15 significant digits, and no exponent if it has up to 21.

    Integers are kept as they are written. What is not a number is returned as it is.
    """
    if text.isdigit() and text.isascii():
        return text.lstrip("0") or "0" if text[0] == "0" else text
    if text[:1] == "-" and text[1:].isdigit() and text.isascii() and text[1] != "0":
        return text
    value = number(text)
    if value is None:
        return text
    if not value:
        return "0"
    value = value.normalize()
    if -_POSITIONAL < value.adjusted() < _POSITIONAL:
        return f"{value:f}"
    return f"{value:E}"


def iso_date(value: Decimal, *, date: bool, time: bool, since_1904: bool) -> str | None:
    """Return a serial number of days as a date, a time or both; midnight is left out of a date.

    None if the number is not a day of a spreadsheet's calendar.
    """
    if not 0 <= value < LAST_DAY + 1:
        return None
    seconds = int((value * _DAY).to_integral_value(ROUND_HALF_UP))
    days, second = divmod(seconds, _DAY)
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    if not date:
        return clock
    day = _day(days, since_1904=since_1904)
    return f"{day} {clock}" if time and second else day


def elapsed(value: Decimal) -> str | None:
    """Return a number of days as hours, minutes and seconds, also if these are more than a day."""
    if abs(value) > LAST_DAY:
        return None
    seconds = int((abs(value) * _DAY).to_integral_value(ROUND_HALF_UP))
    sign = "-" if value < 0 and seconds else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


@lru_cache(10_000)
def _day(days: int, *, since_1904: bool) -> str:
    if since_1904:
        return _after(datetime(1904, 1, 1, tzinfo=UTC), days)
    if days == _LEAP_BUG:
        return "1900-02-29"
    return _after(datetime(1899, 12, 30, tzinfo=UTC), days + (days < _LEAP_BUG))


def _after(start: datetime, days: int) -> str:
    try:
        return f"{start + timedelta(days):%Y-%m-%d}"
    except OverflowError:
        return "9999-12-31"
