"""OpenDocument spreadsheets."""

import re
from pathlib import Path

import pytest
from hypothesis import given

from catalight.domain.catalogue.files import Format, Row, Sheet
from catalight.domain.errors import CatalogueError
from tests.unit.adapters.tables.test_xlsx import TABLES, read_rows, without_empty
from tests.unit.adapters.tables.writing import spreadsheet, table, text_table, texts

SAMPLE = Path(__file__).parent / "samples/libreoffice.ods"
URL = "https://example.com/a.jpg"


TAGS = {"R": "table:table-row", "C": "table:table-cell", "G": "table:table-row-group"}


def long(xml: str) -> str:
    """XML with the tags of rows, cells and groups, which are written in short."""
    return re.sub(r"(</?)([RCG])\b", lambda tag: tag[1] + TAGS[tag[2]], xml)


def one_table(rows: str) -> bytes:
    """A spreadsheet whose only table has these rows."""
    return spreadsheet(f'<table:table table:name="Products">{long(rows)}</table:table>')


def one_row(*cells: str) -> bytes:
    """A spreadsheet whose only table has one row of these cells."""
    return one_table(f"<R>{''.join(cells)}</R>")


@given(TABLES)
def test_texts_come_back(rows: list[list[str]]) -> None:
    assert read_rows(spreadsheet(text_table(rows))) == without_empty(rows)


def test_a_workbook_of_libreoffice() -> None:
    found = table(SAMPLE.read_bytes())
    assert (found.format, found.sheet, found.header) == (Format.ODS, "Products", 0)
    assert found.sheets == (Sheet("Notes", hidden=True), Sheet("Products"), Sheet("Title only"))
    linked = {7: URL, 8: "https://example.com/b.jpg", 9: "https://example.com/c.jpg"}
    assert found.rows[1] == Row(
        4,
        [
            *("00126", "5901234123457", "1,234.50 EUR", "12.5%", "2024-05-01", "2024-05-01 13:45:00", "TRUE"),
            *("photo", "see", "https://example.com/c.jpg", "bold and  two spaces\nsecond line"),
        ],
        linked,
    )
    assert [row.cells for row in found.rows[3:]] == [
        ["hidden row"],
        ["merged", "", "x"],
        ["https://example.com/c.jpg"],
        ["", "100000000000000000000", "0.3", "#N/A", "commented"],
    ]
    assert [(one.code, one.line) for one in found.warnings] == [("embedded_picture", 8)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('office:value-type="float" office:value="5901234123457"><text:p>5.90E+12</text:p>', "5901234123457"),
        ('office:value-type="float" office:value="123"><text:p>00123</text:p>', "00123"),
        ('office:value-type="float" office:value="1.50">', "1.5"),
        ('office:value-type="percentage" office:value="0.125"><text:p>12,5%</text:p>', "12,5%"),
        ('office:value-type="date" office:date-value="2024-05-01"><text:p>1. Mai</text:p>', "2024-05-01"),
        (
            'office:value-type="date" office:date-value="2024-05-01T10:30:00.5"><text:p>x</text:p>',
            "2024-05-01 10:30:00",
        ),
        ('office:value-type="date" office:date-value="2024-05-01T00:00:00"><text:p>x</text:p>', "2024-05-01"),
        ('office:value-type="time" office:time-value="PT07H30M00S"><text:p>x</text:p>', "07:30:00"),
        ('office:value-type="boolean" office:boolean-value="false"><text:p>FALSCH</text:p>', "FALSE"),
        ('office:value-type="string"><text:p>a<text:s text:c="3"/>b<text:tab/>c</text:p>', "a   b\tc"),
        ('office:value-type="string"><text:p>a<text:line-break/>b</text:p><text:p>c</text:p>', "a\nb\nc"),
        (
            'office:value-type="string"><text:p>a <text:span>b<text:span>c</text:span></text:span>d</text:p>',
            "a bcd",
        ),
        ('office:value-type="string" office:string-value="said">', "said"),
        (
            'office:value-type="string"><office:annotation><text:p>no</text:p></office:annotation>'
            "<text:p>yes</text:p>",
            "yes",
        ),
    ],
)
def test_kinds_of_cells(cell: str, text: str) -> None:
    assert texts(one_row(f"<C {cell}</C>")) == [[text]]


def test_repeated_covered_and_empty_cells_and_rows() -> None:
    data = one_table(
        "<table:table-header-rows><R>"
        '<C table:number-columns-repeated="2"/>'
        '<C table:number-columns-repeated="2"><text:p>a</text:p></C>'
        "<table:covered-table-cell><text:p>hidden</text:p></table:covered-table-cell>"
        '<C><text:p>b</text:p></C><C table:number-columns-repeated="16000"/>'
        "</R></table:table-header-rows><G><G>"
        '<R table:number-rows-repeated="3"><C><text:p>c</text:p></C>'
        "</R></G></G>"
        '<R table:number-rows-repeated="1048570"><C/></R>'
    )
    assert table(data).rows == [
        Row(1, ["", "", "a", "a", "", "b"], {}),
        *(Row(line, ["c"], {}) for line in (2, 3, 4)),
    ]


def test_links_and_formulas() -> None:
    data = one_row(
        f'<C><text:p><text:a xlink:href="{URL}">photo</text:a></text:p></C>',
        '<C><text:p><text:a xlink:href="#Sheet2">top</text:a></text:p></C>',
        f'<C table:formula=\'of:=HYPERLINK("{URL}";"x")\'><text:p>x</text:p></C>',
        '<C table:formula="of:=HYPERLINK([.F1]&amp;&quot;b.jpg&quot;)"/>',
        '<C table:formula="of:=HYPERLINK(VLOOKUP([.A1];[.A1:.B9];2))"><text:p>y</text:p></C>',
        "<C><text:p>https://example.com/</text:p></C>",
    )
    found = table(data)
    assert found.rows[0].links == {0: URL, 2: URL, 3: "https://example.com/b.jpg"}
    assert [(one.code, one.line) for one in found.warnings] == [("formula_not_evaluated", 1)]


def test_images_in_cells_and_over_the_sheet_are_warnings() -> None:
    data = one_table(
        "<table:shapes><draw:frame><draw:image/></draw:frame></table:shapes>"
        "<R><C><text:p>a</text:p></C>"
        "<C><draw:frame><draw:image/></draw:frame></C></R>"
    )
    assert [(one.code, one.line) for one in table(data).warnings] == [
        ("embedded_picture", None),
        ("embedded_picture", 1),
    ]


def test_a_sheet_is_chosen_by_name_number_or_header() -> None:
    display = '<style:table-properties table:display="false"/>'
    hidden = f'<style:style style:name="h" style:family="table">{display}</style:style>'
    data = spreadsheet(
        text_table([["a", "b"]], "Hidden").replace(
            'table:name="Hidden"', 'table:name="Hidden" table:style-name="h"'
        )
        + text_table([["title"]], "Notes")
        + text_table([["c", "d"]], "1")
        + text_table([["e", "f"]], "Last"),
        styles=hidden,
    )
    assert table(data).sheet == "1"
    assert table(data).sheets[0] == Sheet("Hidden", hidden=True)
    assert texts(data, "1") == [["c", "d"]]
    assert texts(data, "2") == [["title"]]
    assert texts(data, "LAST") == [["e", "f"]]


def test_an_encrypted_spreadsheet() -> None:
    with pytest.raises(CatalogueError) as caught:
        table(spreadsheet(text_table([["a"]]), manifest="<encryption-data/>"))
    assert [problem.code for problem in caught.value.problems] == ["encrypted_workbook"]
