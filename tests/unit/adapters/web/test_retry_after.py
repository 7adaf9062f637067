from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.web import retry_after

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120),
        ("Thu, 01 Jan 2026 00:02:00 -0000", 120),
        ("Thu, 01 Jan 2026 02:02:00 +0200", 120),
        ("Thursday, 01-Jan-26 00:02:00 GMT", 120),  # the two obsolete formats that HTTP still allows
        ("Thu Jan  1 00:02:00 2026", 120),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 0),
    ],
)
def test_seconds_and_dates_are_parsed(header: str, seconds: float) -> None:
    assert retry_after.seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "soon",
        "-5",
        "+5",
        "1.5",
        "1e3",
        "inf",
        "nan",
        "٣",
        "9" * 10,
        "9" * 5000,
        "Wed, 31 Dec 2025 23:59:59 GMT",
        "Thu, 32 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 99999 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 +99999999999",
    ],
)
def test_invalid_values_and_past_dates_are_ignored(header: str | None) -> None:
    assert retry_after.seconds(header, NOW) is None


@given(st.text() | st.from_regex(r"(Mon, )?[0-9]{1,12} Jan [0-9]{1,12} [0-9]{1,3}:[0-9]+:[0-9]+ [+-]?\w+"))
def test_any_header_gives_none_or_a_valid_pause(header: str) -> None:
    seconds = retry_after.seconds(header, NOW)
    assert seconds is None or NOW + timedelta(seconds=seconds) >= NOW


@given(st.datetimes(min_value=NOW.replace(tzinfo=None), timezones=st.just(UTC)))
def test_a_future_date_gives_the_seconds_until_then(date: datetime) -> None:
    date = date.replace(microsecond=0)
    assert retry_after.seconds(format_datetime(date, usegmt=True), NOW) == min(
        (date - NOW).total_seconds(), retry_after.MOST
    )
