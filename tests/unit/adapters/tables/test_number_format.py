"""Number formats: the text that a sheet shows for a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.tables.number_format import BUILT_IN, number_format
from catalight.adapters.tables.numbers import general

ACCOUNTING = BUILT_IN[44]


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("0", "5.901234123457E+12", "5901234123457"),
        ("0", "2.5", "3"),
        ("00000", "123", "00123"),
        ("00000", "-123", "-00123"),
        ("00000", "1234567", "1234567"),
        ("0.00", "2.675", "2.68"),  # half is rounded away from zero, in decimal digits
        ("0.00", "-0.001", "0.00"),
        ("0.##", "1.5", "1.5"),
        ("0.##", "1", "1."),
        ("#", "0", ""),
        (".00", "12.5", "12.50"),
        ("?0.0?", "3.1", "3.1"),
        ("#,##0", "999999.5", "1,000,000"),
        ("#,##0.00", "-1234.5", "-1,234.50"),
        ("#,##0,", "1234567", "1,235"),
        ("0.0,,", "1234567", "1.2"),
        ("0%", "0.125", "13%"),
        ("0.0%", "0.125", "12.5%"),
        ('#,##0.00\\ "€"', "1234.5", "1,234.50 €"),
        ("[$€-407] #,##0.00", "12", "€ 12.00"),
        ("[$-409]0", "12", "12"),
        ('"SKU-"0000', "12", "SKU-0012"),
        ("000\\-000", "123456", "123-456"),
        ("000-0000", "1234567", "123-4567"),
        ('0;(0);"zero"', "-5", "(5)"),
        ('0;(0);"zero"', "0", "zero"),
        ("0;-0;;@", "0", ""),
        ("[Red]0;[Blue]-0", "-4", "-4"),
        ('"n/a"', "5", "n/a"),
        ('General" pcs"', "5", "5 pcs"),
        ("0_);(0)", "7", "7"),
        (ACCOUNTING, "1234.5", "$1,234.50"),
        (ACCOUNTING, "-1234.5", "$(1,234.50)"),
        (ACCOUNTING, "0", "$-"),
        ("@", "5901234123457", "5901234123457"),
        ("0.00E+00", "5901234123457", "5901234123457"),
        ("yyyy-mm-dd", "45413", "2024-05-01"),
        ("[$-409]d. mmmm yyyy", "45413", "2024-05-01"),
        ("mmm yy", "45413", "2024-05-01"),
        ("dd/mm/yy hh:mm", "45413.5625", "2024-05-01 13:30:00"),
        ("dd/mm/yy hh:mm", "45413", "2024-05-01"),
        ("h:mm AM/PM", "0.5", "12:00:00"),
        ("mm:ss", "0.001", "00:01:26"),
        ("[h]:mm", "1.5", "36:00:00"),
        ("[h]:mm", "-0.5", "-12:00:00"),
        ("yyyy-mm-dd", "1", "1900-01-01"),
        ("yyyy-mm-dd", "60", "1900-02-29"),
        ("yyyy-mm-dd", "61", "1900-03-01"),
        ("yyyy-mm-dd", "-1", "-1"),
        ("yyyy-mm-dd", "1e9", "1000000000"),
        ("0.00", "not a number", "not a number"),
        ("0.00", "1e300", "1E+300"),
        ("0", "1e999999", "1e999999"),
    ],
)
def test_a_number_is_shown_in_its_format(code: str, number: str, shown: str) -> None:
    assert number_format(code).known
    assert number_format(code).number(number) == shown


@pytest.mark.parametrize("code", ["# ?/?", "[>100]0;0.0", "0;0;0;@;0", "x" * 300])
def test_an_unknown_format_shows_the_plain_number(code: str) -> None:
    assert not number_format(code).known
    assert number_format(code).number("0.5") == "0.5"
    assert number_format(code).text("a") == "a"


@pytest.mark.parametrize("identifier", BUILT_IN)
def test_the_formats_that_are_built_in_are_known(identifier: int) -> None:
    assert number_format(BUILT_IN[identifier]).known or identifier in (12, 13)  # fractions


@pytest.mark.parametrize(
    ("code", "shown"), [('"A-"@', "A-x"), ('0;0;0;"t: "@', "t: x"), ("@", "x"), ("0", "x"), ("General", "x")]
)
def test_a_text_is_shown_in_its_format(code: str, shown: str) -> None:
    assert number_format(code).text("x") == shown
    assert number_format(code).changes_texts == (shown != "x")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("5901234123457.0", "5901234123457"),
        ("0.30000000000000004", "0.3"),
        ("1E-7", "0.0000001"),
        ("123456789012345678", "123456789012345678"),
        ("-0", "0"),
        ("007", "7"),
        ("0", "0"),
        ("1E+20", "100000000000000000000"),
        ("1E+21", "1E+21"),
        ("NaN", "NaN"),
        ("", ""),
    ],
)
def test_a_number_without_a_format(number: str, shown: str) -> None:
    assert general(number) == shown


@given(st.text("0#?.,%;@\"\\_*[]$€-E+/hmsdy Generalx>1'", max_size=20), st.floats(allow_nan=False).map(repr))
def test_any_format_shows_any_number(code: str, number: str) -> None:
    form = number_format(code)
    assert isinstance(form.number(number), str)
    assert isinstance(form.text("a"), str)
