"""Workbooks: sheets, links, images, number formats, and what no workbook is."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from PIL import Image
from xlsxwriter.worksheet import Worksheet

from tests.corpora.catalogues.case import CLASSIC, HOST, A, B, C, Case
from tests.corpora.catalogues.sheets import Rows, ods, xlsx
from tests.unit.adapters.tables.writing import (
    by_openpyxl,
    cells,
    spreadsheet,
    workbook,
)

SAMPLES = Path(__file__).parents[2] / "unit" / "adapters" / "tables" / "samples"
_SAMPLE_URL = "https://example.com/a.jpg"
HEADER = ("SKU", "Title", "Photo")
_PHOTOS: dict[str, Any] = {"images": ("Photo",), "serial": "SKU", "name": "Title", "reason": "names"}
_TWELVE = tuple(f"Image {number}" for number in range(1, 13))

type Finish = Callable[[xlsxwriter.Workbook, dict[str, Worksheet]], None]


def cases() -> Iterator[Case]:
    """Yield all of them."""
    yield from _formats()
    yield from _sheets()
    yield from _links()
    yield from _images()
    yield from _numbers()
    yield from _many_columns()


def case_of(file: str, data: bytes, rows: Sequence[str] = (), **fields: Any) -> Case:
    """Return a case of a workbook; `file` ends with its format."""
    expected: dict[str, Any] = {
        "format": file.removesuffix(".gz").rpartition(".")[2],
        "encoding": None,
        "delimiter": None,
        "sheet": "Products",
        **_PHOTOS,
        **fields,
    }
    return Case(f"workbooks/{file}", data, rows, **expected)


def xlsx_case(
    file: str, rows: Rows, urls: Sequence[str], finish: Finish | None = None, **fields: Any
) -> Case:
    return case_of(f"{file}.xlsx", xlsx({"Products": rows}, finish), urls, **fields)


def _formats() -> Iterator[Case]:
    lines = [HEADER, ("007", "Tea", A), ("008", "Pot", f"{B}, {C}")]
    urls = [A, f"{B}, {C}"]
    plain, open_document = xlsx({"Products": lines}), ods({"Products": lines})
    yield case_of("photos.xlsx", plain, urls)
    yield case_of("photos.ods", open_document, urls)
    yield case_of("photos.xlsx.gz", gzip.compress(plain, mtime=0), urls, gzipped=True)
    yield case_of("photos.ods.gz", gzip.compress(open_document, mtime=0), urls, gzipped=True)
    classic = xlsx({"Products": [CLASSIC, ("1", "Tea", A)]})
    yield case_of(
        "classic.xlsx", classic, [A], images=CLASSIC[2:], serial=CLASSIC[0], name=CLASSIC[1], reason="classic"
    )
    yield case_of("by-openpyxl.xlsx", by_openpyxl(lines), urls)
    inline = cells(*(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in HEADER))
    row = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ("1", "Tea", A))
    sheet = inline.replace("</sheetData>", f"<row>{row}</row></sheetData>")
    macro = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    macros: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types><Default ContentType="{macro}"/></Types>'
    }
    yield case_of("with-macros.xlsm", workbook(sheet, parts=macros), [A])
    yield from _binary("products.xls", [_SAMPLE_URL, ""], header_row=3)
    yield from _binary("products.xlsb", [_SAMPLE_URL])


def _binary(name: str, rows: Sequence[str], **fields: Any) -> Iterator[Case]:
    data, expected = (SAMPLES / name).read_bytes(), {"images": ("Image",), "warnings": ["formats_not_read"]}
    yield case_of(name, data, rows, **expected | fields)
    yield case_of(f"{name}.gz", gzip.compress(data, mtime=0), rows, gzipped=True, **expected | fields)


def _sheets() -> Iterator[Case]:
    lines = [HEADER, ("1", "Tea", A)]
    other = [HEADER, ("2", "Pot", B)]
    notes = [("Price list",), ("of", "May")]

    def hide(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        next(iter(made.values())).hide()
        list(made.values())[1].activate()

    yield case_of("sheet-after-notes.xlsx", xlsx({"Notes": notes, "Products": lines}), [A])
    yield case_of("hidden-sheet.xlsx", xlsx({"Old": other, "Products": lines}, hide), [A])
    yield case_of(
        "hidden-sheet-named.xlsx",
        xlsx({"Old": other, "Products": lines}, hide),
        [B],
        form={"sheet": "Old"},
        sheet="Old",
    )
    yield case_of("first-of-two-sheets.xlsx", xlsx({"Products": lines, "More": other}), [A])
    yield case_of(
        "sheet-by-name.xlsx",
        xlsx({"Products": lines, "More": other}),
        [B],
        form={"sheet": "more"},
        sheet="More",
    )
    yield case_of(
        "sheet-by-number.xlsx",
        xlsx({"Products": lines, "More": other}),
        [B],
        form={"sheet": "2"},
        sheet="More",
    )
    yield case_of(
        "sheet-by-name.ods",
        ods({"Products": lines, "More": other}),
        [B],
        form={"sheet": "More"},
        sheet="More",
    )
    titles = [("Supplier", "catalogue"), (), ("of May",), *lines]
    yield xlsx_case("titles-above", titles, [A], header_row=4)
    yield xlsx_case("header-row", [("Photo", "by us"), *lines], [A], form={"header_row": "2"}, header_row=2)
    yield case_of(
        "sheet-that-is-missing.xlsx",
        xlsx({"Products": lines}),
        form={"sheet": "Three"},
        format=None,
        sheet=None,
        images=(),
        problems=["sheet_not_found"],
    )
    yield xlsx_case(
        "header-row-that-is-missing", lines, [], form={"header_row": "9"}, images=(), problems=["no_header@9"]
    )
    wanted = {"columns": '{"images": ["Front"]}'}
    front = [("Code", "Front"), ("1", C)]
    yield case_of(
        "sheet-with-the-named-columns.xlsx",
        xlsx({"Products": lines, "Fronts": front}),
        [C],
        form=wanted,
        sheet="Fronts",
        images=("Front",),
        serial="Code",
        name=None,
        reason="requested",
    )


def _links() -> Iterator[Case]:
    lines = [HEADER, ("1", "Tea", "front"), ("2", "Pot", ""), ("3", "Cup", C)]

    def linked(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].write_url("C2", A, string="front")
        made["Products"].write_url("C3", B, string="https://…/b.jpg")

    yield xlsx_case("hyperlinks", lines, [f"{A} URL_LINKED", f"{B} URL_LINKED", C], linked)

    def linked_elsewhere(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].write_url("B4", "https://shop.example/cup", string="Cup")

    yield xlsx_case(
        "a-name-that-is-linked", [HEADER, *lines[3:], *lines[3:], *lines[3:]], [C, C, C], linked_elsewhere
    )

    def formulas(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        sheet = made["Products"]
        sheet.write_formula("C2", f'=HYPERLINK("{A}","front")', None, "front")
        sheet.write_formula("C3", f'=_xlfn.IMAGE("{B}")', None, "#VALUE!")
        sheet.write_formula("C4", f'=IMAGE("{HOST}/"&A4&".jpg")', None, "")

    made = [f"{A} URL_LINKED", f"{B} URL_LINKED", f"{HOST}/3.jpg URL_LINKED"]
    yield xlsx_case("link-formulas", [HEADER, *((str(n), "Tea", "") for n in (1, 2, 3))], made, formulas)

    def unknown(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].write_formula("C3", "=IMAGE(VLOOKUP(A3,Other!A:B,2,0))", None, "")

    yield xlsx_case(
        "a-formula-that-is-not-known",
        [HEADER, ("1", "Tea", A), ("2", "Pot", "")],
        [A, ""],
        unknown,
        warnings=["formula_not_evaluated@3"],
    )
    drive = "https://drive.google.com/file/d/1AbC_d-E/view"

    def shared(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].write_url("C2", drive, string="photo on Drive")

    download = "https://drive.google.com/uc?export=download&id=1AbC_d-E"
    yield xlsx_case(
        "a-share-link-behind-a-text",
        [HEADER, ("1", "Tea", "")],
        [f"{download} URL_DOWNLOAD URL_LINKED"],
        shared,
    )
    link = f'<text:a xlink:href="{A}">front</text:a>'
    yield case_of("hyperlinks.ods", _open_document([HEADER, ("1", "Tea", link)]), [f"{A} URL_LINKED"])


def _open_document(rows: Rows) -> bytes:
    """Return a spreadsheet whose cells have this XML in their paragraphs."""
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = ["".join(map(cell.format, row)) for row in rows]
    written = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    return spreadsheet(f'<table:table table:name="Products">{written}</table:table>')


def _images() -> Iterator[Case]:
    picture = BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    lines = [HEADER, ("1", "Tea", A), ("2", "Pot", "")]

    def over(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].insert_image("C3", "p.png", {"image_data": BytesIO(picture.getvalue())})

    def within(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].embed_image("C3", "p.png", {"image_data": BytesIO(picture.getvalue())})

    found: dict[str, Any] = {"warnings": ["embedded_picture@3"]}
    yield xlsx_case("an-image-over-a-cell", lines, [A, ""], over, **found)
    yield xlsx_case("an-image-in-a-cell", lines, [A, ""], within, **found)
    yield xlsx_case(
        "images-only",
        [HEADER, ("1", "Tea", ""), ("2", "Pot", "")],
        ["", ""],
        over,
        problems=["no_usable_url"],
        **found,
    )


def _numbers() -> Iterator[Case]:
    day = datetime(2026, 5, 1, tzinfo=UTC).replace(tzinfo=None)

    def numbers(book: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        sheet = made["Products"]
        sheet.write_number("A2", 123, book.add_format({"num_format": "00000"}))
        sheet.write_number("A3", 5901234123457)
        sheet.write_datetime("B2", day, book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_number("B3", 1234.5, book.add_format({"num_format": "#,##0.00"}))

    header = ("EAN", "Since", "Photo")
    yield xlsx_case(
        "number-formats", [header, ("", "", A), ("", "", B)], [A, B], numbers, serial="EAN", name=None
    )

    def fraction(book: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].write_number("B2", 0.5, book.add_format({"num_format": "# ?/?"}))

    yield xlsx_case(
        "a-number-format-that-is-not-known",
        [HEADER, ("1", "", A)],
        [A],
        fraction,
        warnings=["number_format@2"],
    )

    def merged(_: xlsxwriter.Workbook, made: dict[str, Worksheet]) -> None:
        made["Products"].merge_range("A1:C1", "Catalogue of May")
        made["Products"].set_row(3, None, None, {"hidden": True})

    lines = [("", "", ""), HEADER, ("1", "Tea", A), ("2", "Pot", B)]
    yield xlsx_case("merged-title-and-hidden-row", lines, [A, B], merged, header_row=2)


def _many_columns() -> Iterator[Case]:
    urls = [f"{HOST}/{number}.jpg" for number in range(12)]
    header = ("SKU", "Title", *_TWELVE)
    rows = [header, ("1", "Tea", *urls), ("2", "Pot", *urls[:3])]
    expected = [" | ".join(urls), " | ".join([*urls[:3], *[""] * 9])]
    yield xlsx_case("twelve-image-columns", rows, expected, images=_TWELVE)
    guessed = [("Code", "Front", "Back"), ("1", A, B)]
    yield xlsx_case(
        "columns-by-content",
        guessed,
        [f"{A} | {B}"],
        images=("Front", "Back"),
        serial="Code",
        name=None,
        reason="content",
        warnings=["guessed_columns@1"],
    )
