"""Workbooks that are damaged, hostile, or none at all: each with its problem."""

import gzip
from collections.abc import Iterator
from typing import Any

from tests.corpora.catalogues.case import A, Case
from tests.corpora.catalogues.sheets import xlsx
from tests.corpora.catalogues.workbooks import HEADER, case_of, xlsx_case
from tests.unit.adapters.tables.writing import LINKS, MAIN, ODF, archive, spreadsheet, workbook


def cases() -> Iterator[Case]:
    """Yield all of them."""

    def case(file: str, data: bytes, problem: str, **fields: Any) -> Case:
        expected: dict[str, Any] = {
            "format": None,
            "sheet": None,
            "images": (),
            "problems": [problem],
            **fields,
        }
        return case_of(file, data, **expected)

    good = xlsx({"Products": [HEADER, ("1", "Tea", A)]})
    yield case("truncated.xlsx", good[: len(good) // 2], "corrupt_workbook")
    yield case("a-word-document.xlsx", archive({"word/document.xml": "<w/>"}), "not_a_workbook")
    yield case("a-zip-of-a-csv.xlsx", archive({"products.csv": "SKU,Photo"}), "not_a_workbook")
    encryption = f'<manifest xmlns="{ODF}:manifest:1.0"><encryption-data/></manifest>'
    yield case("encrypted.ods", spreadsheet("", manifest=encryption), "encrypted_workbook")
    yield case("an-empty-sheet.xlsx", xlsx({"Products": []}), "empty_file")
    listed = '<sheets><sheet name="Old" state="hidden" r:id="s1"/></sheets>'
    hidden = f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{listed}</workbook>'
    yield case("only-a-hidden-sheet.xlsx", workbook("", parts={"xl/workbook.xml": hidden}), "no_sheet")
    far = (
        '<sheetData><row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    )

    yield case("a-far-corner.xlsx", workbook(far), "too_many_columns@1048576")
    entity = '<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'
    yield case("entities.xlsx", workbook("", parts={"xl/worksheets/sheet1.xml": entity}), "unsafe_workbook")
    yield case("truncated.xlsx.gz", gzip.compress(good, mtime=0)[:-9], "corrupt_gzip")
    yield case("packed-twice.xlsx.gz", gzip.compress(gzip.compress(good, mtime=0), mtime=0), "gzip_twice")
    yield case("far-too-large.csv.gz", gzip.compress(bytes(50_000_001), mtime=0), "gzip_too_large")
    no_images = [("SKU", "Title"), ("1", "Tea")]
    yield xlsx_case("no-images", no_images, [], images=(), problems=["missing_column@1"])
