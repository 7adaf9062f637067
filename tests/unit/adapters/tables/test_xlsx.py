"""Workbooks of Excel: cells, sheets, links and images."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter.worksheet import Worksheet

from catalight.adapters.tables.read import read
from catalight.domain.catalogue.files import Format, Options, Row, Sheet, Table
from catalight.domain.errors import CatalogueError
from tests.unit.adapters.tables.writing import (
    LINKS,
    MAIN,
    by_openpyxl,
    by_xlsxwriter,
    cells,
    relationships,
    table,
    texts,
    workbook,
)

STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
URL = "https://example.com/a.jpg"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"

# A text of XML 1.0 that a spreadsheet program can hold; a carriage return would become a line feed.
CHARACTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn"), include_characters="\t\n")
TEXTS = st.text(CHARACTERS, max_size=12)
TABLES = st.lists(st.lists(TEXTS, max_size=5), max_size=6)


def without_empty(rows: list[list[str]]) -> list[Row]:
    """The rows as they are read: without empty ones, and without empty cells at the end."""
    kept = []
    for line, row in enumerate(rows, 1):
        cut = list(row)
        while cut and not cut[-1]:
            cut.pop()
        if cut:
            kept.append(Row(line, cut, {}))
    return kept


def read_rows(data: bytes) -> list[Row]:
    """The rows of a workbook; none if it is empty."""
    try:
        return table(data).rows
    except CatalogueError as error:
        if error.problems[0].code != "empty_file":
            raise
        return []


@given(TABLES)
def test_texts_of_xlsxwriter_come_back(rows: list[list[str]]) -> None:
    def write(_: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        for line, row in enumerate(rows):
            for column, text in enumerate(row):
                sheet.write_string(line, column, text)

    assert read_rows(by_xlsxwriter(write)) == without_empty(rows)


@given(TABLES)
def test_texts_of_openpyxl_come_back(rows: list[list[str]]) -> None:
    data = by_openpyxl(
        [[f"'{text}" if text.startswith("=") else text for text in row] or [None] for row in rows]
    )
    expected = [[f"'{text}" if text.startswith("=") else text for text in row] for row in rows]
    assert read_rows(data) == without_empty(expected)


@given(st.lists(st.integers(-(10**15) + 1, 10**15 - 1) | st.booleans(), min_size=1, max_size=5))
def test_integers_and_booleans_come_back(values: list[int]) -> None:
    expected = [str(value).upper() if isinstance(value, bool) else str(value) for value in values]
    assert texts(by_openpyxl([values])) == [expected]
    assert texts(by_xlsxwriter(lambda _, sheet: sheet.write_row(0, 0, values))) == [expected]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15))
def test_a_number_has_15_digits_and_no_exponent(value: float) -> None:
    (text,), *_ = texts(by_openpyxl([[value or 1.5]]))
    assert "E" not in text or abs(value) < 1e-20
    assert float(text) == pytest.approx(value or 1.5, rel=1e-14)
    assert value.is_integer() or len(text.partition("E")[0].strip("-0.").replace(".", "")) <= 15


def test_numbers_are_read_as_the_sheet_shows_them() -> None:
    day = datetime(2024, 5, 1, tzinfo=UTC).replace(tzinfo=None)
    shown = [
        (5901234123457.0, "General", "5901234123457"),
        (123, "00000", "00123"),
        (1234.5, "#,##0.00", "1,234.50"),
        (0.125, "0.0%", "12.5%"),
        (19.9, '0.00 "€"', "19.90 €"),
        (-5, '0;(0);"-"', "(5)"),
        (day, "dd/mm/yyyy", "2024-05-01"),
        (day.replace(hour=13, minute=45), "dd/mm/yyyy hh:mm", "2024-05-01 13:45:00"),
        (time(7, 30), "hh:mm", "07:30:00"),
        (date(2024, 5, 1), "mmm yy", "2024-05-01"),
        ("A1", '"SKU "@', "SKU A1"),
        (12, "@", "12"),
    ]

    def write(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        for column, (value, code, _) in enumerate(shown):
            sheet.write(0, column, value, book.add_format({"num_format": code}))

    assert texts(by_xlsxwriter(write)) == [[text for *_, text in shown]]


def test_days_may_count_from_1904() -> None:
    def write(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        sheet.write_datetime(0, 0, datetime(2024, 5, 1), book.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001
        sheet.write(0, 1, "x")

    assert texts(by_xlsxwriter(write, date_1904=True)) == [["2024-05-01", "x"]]


def test_an_unknown_number_format_is_a_warning_once() -> None:
    def write(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        fraction = book.add_format({"num_format": "# ?/?"})
        sheet.write_row(0, 0, ["Size", "Title"])
        sheet.write_row(1, 0, [0.5, 1.5], fraction)

    found = table(by_xlsxwriter(write))
    assert found.rows[1].cells == ["0.5", "1.5"]
    assert [(one.code, one.line, one.found) for one in found.warnings] == [("number_format", 2, "# ?/?")]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c t="inlineStr"><is><t>a</t></is></c>', "a"),
        ('<c t="inlineStr"><is><r><rPr/><t>a</t></r><r><t xml:space="preserve"> b</t></r></is></c>', "a b"),
        ('<c t="inlineStr"><is><t>課</t><rPh sb="0" eb="1"><t>か</t></rPh><phoneticPr/></is></c>', "課"),
        ('<c t="str"><f>A2</f><v>x_x000D_y_x005F_x000A_</v></c>', "x\ry_x000A_"),
        ('<c t="str"><v>_xD800_</v></c>', "_xD800_"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="b"><v>0</v></c>', "FALSE"),
        ('<c t="e"><v>#N/A</v></c>', "#N/A"),
        ('<c t="d"><v>2024-05-01T00:00:00</v></c>', "2024-05-01"),
        ('<c t="d"><v>2024-05-01T10:30:00.000Z</v></c>', "2024-05-01 10:30:00"),
        ("<c><v>5.901234123457E+12</v></c>", "5901234123457"),
        ('<c t="n"><v>0.10000000000000001</v></c>', "0.1"),
        ('<c t="s"><v>1</v></c>', "shared"),
        ('<c xmlns:z="urn:z"><z:v>9</z:v><v>1</v></c>', "1"),
    ],
)
@pytest.mark.parametrize(("main", "links"), [(MAIN, LINKS), (STRICT, STRICT_LINKS)])
def test_kinds_of_cells(cell: str, text: str, main: str, links: str) -> None:
    strings = f'<sst xmlns="{main}"><si><t>first</t></si><si><t>shared</t></si></sst>'
    data = workbook(cells(cell), parts={"xl/sharedStrings.xml": strings}, main=main, base=links)
    assert texts(data) == [[text]]


def test_rows_and_cells_without_names_follow_each_other() -> None:
    data = workbook(
        '<sheetData><row><c><v>1</v></c><c r="D1"><v>4</v></c><c><v>5</v></c></row>'
        '<row r="7"><c r="B7"><v>2</v></c></row><row><c/><c><v>8</v></c></row></sheetData>'
    )
    assert table(data).rows == [
        Row(1, ["1", "", "", "4", "5"], {}),
        Row(7, ["", "2"], {}),
        Row(8, ["", "8"], {}),
    ]


def test_merged_hidden_and_filtered_cells() -> None:
    def write(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        sheet.merge_range("A1:B2", "Both")
        sheet.write_row(2, 0, ["a", "b", "c"])
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_column("B:B", None, None, {"hidden": True})
        sheet.write("C1", "Title")

    assert texts(by_xlsxwriter(write)) == [["Both", "", "Title"], ["a", "b", "c"]]


def three_sheets() -> bytes:
    """A hidden sheet with a header, a visible one without, and two with."""

    def write(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        sheet.hide()
        sheet.write_row(0, 0, ["Hidden", "x"])
        notes = book.add_worksheet("Notes")
        notes.write(0, 0, "Price list")
        for name in ("2", "Third"):
            made = book.add_worksheet(name)
            made.write_row(3, 0, [f"Sheet {name}", "Title"])
        notes.activate()

    return by_xlsxwriter(write)


@pytest.mark.parametrize(
    ("sheet", "name", "line"),
    [
        (None, "2", 4),
        ("Third", "Third", 4),
        ("third ", "Third", 4),
        ("4", "Third", 4),
        ("2", "2", 4),
        ("1", "Products", 1),
    ],
)
def test_the_sheet_is_the_first_with_a_header_or_the_named_one(
    sheet: str | None, name: str, line: int
) -> None:
    found = table(three_sheets(), sheet)
    assert (found.sheet, found.header, found.rows[0].line) == (name, 0, line)
    assert found.sheets[0] == Sheet("Products", hidden=True)
    assert [one.name for one in found.sheets] == ["Products", "Notes", "2", "Third"]


def test_a_sheet_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(CatalogueError) as caught:
        table(three_sheets(), "Missing")
    (problem,) = caught.value.problems
    assert problem.code == "sheet_not_found"
    assert '"Products", "Notes", "2", "Third"' in problem.message


def test_without_a_header_the_first_sheet_with_rows_is_read() -> None:
    found = read(three_sheets(), Options(), lambda rows: None)
    assert isinstance(found, Table)
    assert (found.sheet, found.header) == ("Notes", None)


def test_the_header_test_sees_the_first_rows() -> None:
    def write(_: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        for line in range(80):
            sheet.write(line, 0, f"row {line}")

    seen: list[int] = []

    def header(rows: Sequence[Sequence[str]]) -> int:
        seen.append(len(rows))
        return 7

    found = read(by_xlsxwriter(write), header=header)
    assert isinstance(found, Table)
    assert (seen, found.header, len(found.rows)) == ([50], 7, 80)


def test_links_of_cells_and_areas() -> None:
    data = workbook(
        '<sheetData><row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
        '<row r="2"><c r="A2"><v>3</v></c></row><row r="9"><c r="B9"><v>9</v></c></row></sheetData>'
        '<hyperlinks><hyperlink ref="A1:B9" r:id="l1"/><hyperlink ref="C2" r:id="l2" location="part"/>'
        '<hyperlink ref="B1" location="Sheet2!A1"/><hyperlink ref="A5" r:id="l1"/>'
        '<hyperlink ref="A1" r:id="gone"/></hyperlinks>',
        {"l1": ("hyperlink", URL), "l2": ("hyperlink", "https://example.com/b?x=1&y=2")},
    )
    assert table(data).rows == [
        Row(1, ["1", "2"], {0: URL, 1: URL}),
        Row(2, ["3"], {0: URL, 2: "https://example.com/b?x=1&y=2#part"}),
        Row(5, [], {0: URL}),
        Row(9, ["", "9"], {1: URL}),
    ]


def test_links_of_xlsxwriter() -> None:
    def write(_: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        sheet.write_row(0, 0, ["SKU", "Image"])
        sheet.write_url(1, 1, URL, string="photo")
        sheet.write_formula(2, 1, f'=HYPERLINK("{URL}","photo")', value="photo")
        sheet.write_url(3, 1, "internal:Products!A1", string="top")
        sheet.write_formula(4, 1, '=HYPERLINK("#Products!A1","top")', value="top")

    assert [(row.cells[1], row.links) for row in table(by_xlsxwriter(write)).rows[1:]] == [
        ("photo", {1: URL}),
        ("photo", {1: URL}),
        ("top", {}),
        ("top", {}),
    ]


def test_formulas_that_link() -> None:
    data = workbook(
        '<sheetData><row r="1"><c r="A1" t="str"><v>https://example.com/</v></c>'
        '<c r="B1" t="str"><v>a.jpg</v></c>'
        '<c r="C1"><f>IMAGE($A1&amp;B1,"alt",0)</f></c>'
        '<c r="D1" t="str"><f t="shared" ref="D1:D2" si="0">HYPERLINK(CONCATENATE($A$1,B1),"x")</f>'
        "<v>x</v></c>"
        '<c r="E1" t="str"><f>HYPERLINK(VLOOKUP(B1,Z:Z,1))</f><v>y</v></c>'
        '<c r="F1"><f>A1&amp;B1</f></c></row>'
        '<row r="2"><c r="B2" t="str"><v>b.jpg</v></c>'
        '<c r="D2" t="str"><f t="shared" si="0"/><v>x</v></c></row></sheetData>'
    )
    found = table(data)
    assert [row.links for row in found.rows] == [
        {2: "https://example.com/a.jpg", 3: "https://example.com/a.jpg"},
        {3: "https://example.com/b.jpg"},
    ]
    assert [(one.code, one.line, one.found) for one in found.warnings] == [
        ("formula_not_evaluated", 1, "=A1&B1"),
        ("formula_not_evaluated", 1, "=HYPERLINK(VLOOKUP(B1,Z:Z,1))"),
    ]


def test_images_over_and_in_cells_are_warnings() -> None:
    def anchor(row: int, content: str) -> str:
        return (
            f"<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff>"
            f"<xdr:row>{row}</xdr:row></xdr:from>{content}</xdr:twoCellAnchor>"
        )

    drawing = (
        f'<xdr:wsDr xmlns:xdr="{DRAWING}">{anchor(2, "<xdr:pic/>")}{anchor(2, "<xdr:pic/>")}'
        f"{anchor(4, '<xdr:grpSp><xdr:pic/></xdr:grpSp>')}{anchor(6, '<xdr:graphicFrame/>')}"
        "<xdr:absoluteAnchor><xdr:pic/></xdr:absoluteAnchor></xdr:wsDr>"
    )
    structures = '<rvStructures><s t="_localImage"/></rvStructures>'
    data = workbook(
        '<sheetData><row r="1"><c r="A1" t="e" vm="1"><v>#VALUE!</v></c>'
        '<c r="B1" t="e" vm="2"><f>_xlfn.IMAGE("https://example.com/a.jpg")</f><v>#VALUE!</v></c>'
        '<c r="C1"><v>1</v></c></row><row r="2"><c r="B2" t="str"><f>_xlfn.DISPIMG("ID_1",1)</f>'
        '<v>=DISPIMG("ID_1",1)</v></c></row></sheetData><drawing r:id="d"/>',
        {"d": ("drawing", "../drawings/drawing1.xml")},
        {"xl/drawings/drawing1.xml": drawing, "xl/richData/rdrichvaluestructure.xml": structures},
    )
    found = table(data)
    assert found.rows[0] == Row(1, ["", "", "1"], {1: URL})
    assert [(one.code, one.line) for one in found.warnings] == [
        *(("embedded_picture", line) for line in (1, 2, 3, 5, None)),
    ]
    assert "cell A1" in found.warnings[0].message


def test_images_of_xlsxwriter(tmp_path: Path) -> None:
    pixel = tmp_path / "pixel.png"
    pixel.write_bytes(
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ffff3f0005"
            "fe02fedccc59e70000000049454e44ae426082"
        )
    )

    def write(_: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        sheet.write_row(0, 0, ["SKU", "Image"])
        sheet.insert_image(1, 1, str(pixel))
        sheet.embed_image(2, 1, str(pixel))

    found = table(by_xlsxwriter(write))
    assert sorted((one.code, one.line) for one in found.warnings) == [
        ("embedded_picture", 2),
        ("embedded_picture", 3),
    ]


def test_many_images_are_not_all_listed() -> None:
    anchors = "".join(f"<a><from><row>{row}</row><col>0</col></from><pic/></a>" for row in range(150))
    data = workbook(
        cells("<c><v>1</v></c>") + '<drawing r:id="d"/>',
        {"d": ("drawing", "../drawings/drawing1.xml")},
        {"xl/drawings/drawing1.xml": f"<d>{anchors}</d>"},
    )
    warnings = table(data).warnings
    assert len(warnings) == 101
    assert (warnings[-1].code, warnings[-1].message) == (
        "embedded_picture",
        "There are 50 more warnings of this kind.",
    )


def test_macros_are_named_and_ignored() -> None:
    data = workbook(
        cells('<c t="inlineStr"><is><t>a</t></is></c>'),
        parts={"[Content_Types].xml": "application/vnd.ms-excel.sheet.macroEnabled.main+xml"},
    )
    assert table(data).format is Format.XLSM
    assert table(by_openpyxl([["a"]])).format is Format.XLSX


def test_chart_sheets_are_left_out() -> None:
    def write(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
        sheet.write_row(0, 0, ["a", "b"])
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=Products!$A$1:$B$1"})
        book.add_chartsheet("Chart").set_chart(chart)

    assert table(by_xlsxwriter(write)).sheets == (Sheet("Products"),)


def test_names_of_parts_ignore_case_and_backslashes() -> None:
    sheet = f'<worksheet xmlns="{MAIN}">{cells("<c><v>1</v></c>")}</worksheet>'
    data = workbook(
        "",
        parts={
            "xl/_rels/workbook.xml.rels": relationships({"s1": ("worksheet", "/XL/Other/Sheet.xml")}),
            "xl\\other\\sheet.xml": sheet,
        },
    )
    assert texts(data) == [["1"]]
