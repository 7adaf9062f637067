"""Large workbooks give the same rows as small ones: both readers are compared cell by cell."""

import datetime
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from catalight.adapters.tables.large import rows as large_rows
from catalight.adapters.tables.large import scratch, strings
from catalight.adapters.tables.limits import LARGE
from catalight.adapters.tables.read import read
from catalight.domain.catalogue.files import Options, first_filled_row
from catalight.domain.errors import CatalogueError, Problem
from tests.unit.adapters.tables.large import large_table
from tests.unit.adapters.tables.writing import MAIN, by_xlsxwriter, cells, spreadsheet, text_table, workbook

STRICT = {
    "main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "base": "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
URL = "http://h/a.jpg"


def outcome(reading: Callable[[], object]) -> object:
    """Return what is read, or the problems."""
    try:
        return reading()
    except CatalogueError as error:
        return error.problems


def same(data: bytes, sheet: str | None = None) -> object:
    """Check that both readers agree, and return what they found."""
    options = Options(sheet=sheet)
    small = outcome(lambda: read(data, options, first_filled_row))
    assert outcome(lambda: large_table(data, options)) == small
    return small


@pytest.fixture(autouse=True)
def _in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the scratch files used by small workbooks as by large ones."""
    monkeypatch.setattr(strings, "BLOCK", 3)
    monkeypatch.setattr(strings, "_BUFFER", 20)
    monkeypatch.setattr(strings, "KEPT_CHARACTERS", 300)
    monkeypatch.setattr(scratch, "_BUFFER", 50)
    monkeypatch.setattr(scratch, "_KEPT", 1)


FORMATS = (
    *("General", "00000", "0.00%", "#,##0.00 €", "yyyy-mm-dd", "d.m.yy hh:mm", "[h]:mm:ss", "@"),
    *('"No." 0', "# ?/?", "0.00E+00", "[Red]-0;0", ""),
)
TEXTS = st.sampled_from(
    ["Tea", " a ", "", "Grün", "茶", "line\nline", "_x000D_", "_x0041_", URL, "a\tb"]
) | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=9)
NUMBERS = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
DATES = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(9999, 12, 30))  # noqa: DTZ001
FORMULAS = st.sampled_from(
    [
        f'=HYPERLINK("{URL}")',
        f'=HYPERLINK("{URL}","see")',
        "=HYPERLINK(A2)",
        "=HYPERLINK($B$1&A9)",
        '=IMAGE(CONCATENATE("http://h/",C3))',
        "=HYPERLINK(Other!A1)",
        "=A1+1",
    ]
)
CELLS = st.one_of(
    st.tuples(st.just("write_string"), TEXTS),
    st.tuples(st.just("write_number"), NUMBERS),
    st.tuples(st.just("write_boolean"), st.booleans()),
    st.tuples(st.just("write_datetime"), DATES),
    st.tuples(st.just("write_formula"), FORMULAS),
    st.tuples(st.just("write_url"), st.just(URL)),
    st.tuples(st.just("write_blank"), st.just("")),
)
PLACES = st.tuples(st.integers(0, 12) | st.integers(0, 3_000), st.integers(0, 5) | st.integers(0, 60))
SHEETS = st.dictionaries(PLACES, st.tuples(CELLS, st.none() | st.sampled_from(FORMATS)), max_size=25)


def fill(book: Workbook, sheet: Worksheet, content: dict[Any, Any]) -> None:
    for (row, column), ((write, value), code) in content.items():
        form = book.add_format({"num_format": code}) if code is not None else None
        value_of = ("", "shown", 5)[(row + column) % 3]
        more = [form, value_of] if write == "write_formula" else [form]
        getattr(sheet, write)(row, column, value, *more)


@settings(max_examples=120)
@given(
    contents=st.lists(SHEETS, min_size=1, max_size=3),
    hidden=st.lists(st.booleans(), min_size=3, max_size=3),
    constant_memory=st.booleans(),
    since_1904=st.booleans(),
    merged=st.booleans(),
    chosen=st.none() | st.sampled_from(["1", "2", "Sheet1", "sheet2", "none"]),
)
def test_workbooks_of_a_library(
    contents: list[Any],
    hidden: list[bool],
    constant_memory: bool,
    since_1904: bool,
    merged: bool,
    chosen: str | None,
) -> None:
    def write(book: Workbook, first: Worksheet) -> None:
        for index, content in enumerate(contents):
            sheet = book.add_worksheet()
            fill(book, sheet, dict(sorted(content.items())) if constant_memory else content)
            if merged and not constant_memory:
                sheet.merge_range(20, 3, 22, 5, "merged")
            if hidden[index]:
                sheet.hide()
        first.activate()

    options = {"constant_memory": constant_memory, "date_1904": since_1904, "in_memory": not constant_memory}
    same(by_xlsxwriter(write, **options), chosen)


def strings_part(texts: list[str], main: str) -> str:
    return f'<sst xmlns="{main}">{"".join(f"<si>{text}</si>" for text in texts)}</sst>'


STRINGS = [
    "<t>Serial</t>",
    '<t xml:space="preserve"> Name </t>',
    "<r><t>ri</t></r><r><rPr/><t>ch</t></r><rPh><t>no</t></rPh>",
    "<t/>",
    "",
    f"<t>{URL}</t>",
    "<t>_x0041_</t>",
]
ODD_CELLS = st.sampled_from(
    [
        *(f'<c t="s"><v>{index}</v></c>' for index in range(7)),
        '<c r="{0}" t="s"><v>1</v></c>',
        '<c r="{0}"><v>1.50</v></c>',
        "<c><v>1e3</v></c>",
        '<c t="n"><v> 7 </v></c>',
        "<c/>",
        '<c r="{0}"/>',
        '<c t="b"><v>1</v></c>',
        '<c t="e"><v>#N/A</v></c>',
        '<c t="e" vm="1"><v>#VALUE!</v></c>',
        '<c t="d"><v>2024-05-01T00:00:00</v></c>',
        '<c t="str"><f>A1&amp;""</f><v>text</v></c>',
        "<c><f>1+1</f></c>",
        '<c t="inlineStr"><is><t>in</t></is></c>',
        '<c t="inlineStr"><is><r><t>r</t></r><r><t>s</t></r></is></c>',
        f'<c><f>HYPERLINK("{URL}")</f></c>',
        "<c><f>HYPERLINK(A1)</f></c>",
        '<c t="str"><f t="shared" ref="A1:A9" si="0">HYPERLINK(A1)</f><v>x</v></c>',
        '<c><f t="shared" si="0"/></c>',
        '<c><f>_xlfn.DISPIMG("x",1)</f></c>',
        "<x/>",
    ]
)
DAMAGED = st.sampled_from(['<c t="s"><v>-1</v></c>', '<c t="s"><v>7</v></c>', '<c r="??"/>', "<c><v>1</v>"])
ODD_ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, None, None, None, "+2", "+2", "+5"]),
        st.lists(ODD_CELLS, max_size=4),
    ),
    max_size=12,
)
DAMAGE = st.tuples(st.sampled_from(["-1", "=1", "x", "0", "+1"]), st.lists(ODD_CELLS | DAMAGED, max_size=2))
REFERENCES = st.sampled_from(
    ["A1", "B3", "C9", "A1:C4", "B2:B1048576", "A1 B2", "A20", "D2:D3", "A2:C2", "A1:A3", "B3:B6"]
)


def odd_sheet(rows: list[tuple[str | None, list[str]]], references: list[str], dimension: str) -> str:
    """Return the XML of a sheet whose rows may lack numbers or repeat them."""
    line, written = 0, []
    for number, inner in rows:
        if number in ("x", "0", None):
            line, attribute = line + 1, "" if number is None else f' r="{number}"'
        else:
            line = 1 if number == "=1" else max(1, line + int(number))
            attribute = f' r="{line}"'
        body = "".join(cell.replace("{0}", f"{'ABCDEFG'[place]}{line}") for place, cell in enumerate(inner))
        written.append(f"<row{attribute}>{body}</row>")
    links = "".join(f'<hyperlink ref="{one}" r:id="h{index}"/>' for index, one in enumerate(references))
    return f"{dimension}<sheetData>{''.join(written)}</sheetData><hyperlinks>{links}</hyperlinks>"


@settings(max_examples=300)
@given(
    rows=ODD_ROWS | st.builds(lambda rows, more: [*rows, more], ODD_ROWS, DAMAGE),
    references=st.lists(REFERENCES, max_size=4) | st.sampled_from([["zz"], ["C5:C4"]]),
    dimension=st.sampled_from(["", '<dimension ref="A1"/>', '<dimension ref="A1:XFD1048576"/>']),
    strict=st.booleans(),
    with_strings=st.booleans(),
)
@example(
    rows=[(None, [f'<c><f>HYPERLINK("{URL}")</f></c>']), ("-1", [])],
    references=["A1"],
    dimension="",
    strict=False,
    with_strings=False,
)
@example(
    rows=[("+5", ["<c><v>1</v></c>"]), ("-1", [f'<c><f>HYPERLINK("{URL}")</f></c>'])],
    references=["A4"],
    dimension="",
    strict=False,
    with_strings=False,
)
def test_odd_sheets(
    rows: list[tuple[str | None, list[str]]],
    references: list[str],
    dimension: str,
    strict: bool,
    with_strings: bool,
) -> None:
    links = {f"h{index}": ("hyperlink", f"http://h/{index}.jpg") for index in range(len(references))}
    space = STRICT if strict else {}
    parts = {"xl/sharedStrings.xml": strings_part(STRINGS, space.get("main", MAIN))} if with_strings else {}
    same(workbook(odd_sheet(rows, references, dimension), links, parts, **space))


def test_images_and_formats_are_found_as_in_small_workbooks() -> None:
    rows = "".join(f"<row><c><v>{n}</v></c><c><f>A{n}*2</f></c></row>" for n in range(1, 300))
    found = same(workbook(f"<sheetData>{rows}</sheetData>"))
    assert not isinstance(found, tuple)


def test_what_is_no_xlsx_says_what_to_do() -> None:
    with pytest.raises(CatalogueError) as caught:
        large_table(spreadsheet(text_table([["a", "b"]])))
    [problem] = caught.value.problems
    assert (problem.code, "Save it as .xlsx" in problem.message) == ("workbook_too_large", True)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"unpacked": 900}, "workbook_too_large"),
        ({"cells": 5}, "workbook_too_large"),
        ({"characters": 5}, "workbook_too_large"),
        ({"columns": 1}, "too_many_columns"),
        ({"strings": 2}, "workbook_too_large"),
        ({"shared_characters": 3}, "workbook_too_large"),
        ({"elements": 2}, "corrupt_workbook"),
    ],
)
def test_limits(limits: dict[str, int], code: str) -> None:
    row = "<row>" + '<c t="s"><v>0</v></c>' * 2 + "</row>"
    parts = {"xl/sharedStrings.xml": strings_part(STRINGS, MAIN)}
    data = workbook(f"<sheetData>{row * 3}</sheetData>", parts=parts)
    assert len(large_table(data).rows) == 3
    with pytest.raises(CatalogueError) as caught:
        large_table(data, limits=replace(LARGE, **limits))
    assert caught.value.problems[0].code == code


def test_what_is_kept_in_memory_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_rows, "MAX_LINKS", 2)
    alone = "<row><c><f>HYPERLINK(A1)</f></c></row>"
    data = workbook(f"<sheetData><row><c><v>1</v></c></row>{alone * 3}</sheetData>")
    assert [problem.code for problem in problems(data)] == ["workbook_too_large"]


def problems(data: bytes) -> tuple[Problem, ...]:
    with pytest.raises(CatalogueError) as caught:
        large_table(data)
    return caught.value.problems


def test_entities_are_refused() -> None:
    sheet = f'<!DOCTYPE w [<!ENTITY a "b">]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    data = workbook(cells(), parts={"xl/worksheets/sheet1.xml": sheet})
    assert [problem.code for problem in problems(data)] == ["unsafe_workbook"]
