"""Hostile and unsuitable files: each is a coded problem, within limited memory and time."""

import gzip
import resource
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.limits import Limits
from catalight.adapters.tables.read import read
from catalight.adapters.tables.reader import TableReader
from catalight.domain.catalogue.files import Options, Table
from catalight.domain.errors import CatalogueError
from tests.unit.adapters.tables.test_ods import one_row
from tests.unit.adapters.tables.writing import (
    MAIN,
    archive,
    by_openpyxl,
    cells,
    relationships,
    spreadsheet,
    text_table,
    workbook,
)

MOST_TIME = 2  # times the CPU time of the largest workbook that is read
XLSB = (Path(__file__).parent / "samples/products.xlsb").read_bytes()

ONE = "<c><v>1</v></c>"
SHARED = '<c t="s"><v>0</v></c>'
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(10))


def rows(count: int, content: str) -> bytes:
    """The data of a sheet with many equal rows."""
    return b"<sheetData>" + f"<row>{content}</row>".encode() * count + b"</sheetData>"


def strings(content: str) -> dict[str, str | bytes]:
    """The part with the shared strings."""
    return {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{content}</sst>'}


def sheet(content: str | bytes) -> bytes:
    """A workbook whose sheet has this content without the root that others have."""
    return workbook("", parts={"xl/worksheets/sheet1.xml": content})


def overlapping() -> bytes:
    """An archive in which two entries share their data."""
    data = bytearray(workbook(cells(ONE)))
    places = [place for place in range(len(data)) if data[place : place + 4] == b"PK\x01\x02"]
    for place in places[1:]:
        data[place + 42 : place + 46] = data[places[0] + 42 : places[0] + 46]
    return bytes(data)


def with_password() -> bytes:
    """An archive whose entries are marked as encrypted."""
    data = bytearray(workbook(cells(ONE)))
    for place in range(len(data)):
        if data[place : place + 4] == b"PK\x01\x02":
            data[place + 8] |= 1
    return bytes(data)


def far_xlsb() -> bytes:
    """An .xlsb workbook with a cell in the last row and column."""
    changed = BytesIO()
    with zipfile.ZipFile(BytesIO(XLSB)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet2.bin"):
                row = content.index(b"\x00\x19\x01\x00\x00\x00")  # the header of the second row
                content = content[: row + 2] + struct.pack("<I", 1_048_575) + content[row + 6 :]
                cell = content.index(b"\x07\x0c\x05\x00\x00\x00\x00\x00\x00\x00\x09")  # its last cell
                content = content[: cell + 2] + struct.pack("<I", 16_383) + content[cell + 6 :]
            target.writestr(name, content)
    return changed.getvalue()


def ole(*names: str) -> bytes:
    """The start of an OLE container with these streams."""
    start = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
    return start + b"".join(name.encode("utf-16-le") + bytes(16) for name in names)


def hyperlinks(count: int, area: str) -> bytes:
    """A workbook with many links."""
    link = f'<hyperlink ref="{area}" r:id="l"/>' * count
    content = rows(20_000, ONE) + f"<hyperlinks>{link}</hyperlinks>".encode()
    return workbook(content, {"l": ("hyperlink", "https://example.com/")})


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "a cell in the last row and column": (
        lambda: workbook('<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
        "too_many_columns",
    ),
    "a row beyond the last one": (
        lambda: workbook('<sheetData><row r="1048577"><c><v>1</v></c></row></sheetData>'),
        "corrupt_workbook",
    ),
    "a row number of a million digits": (
        lambda: workbook(f'<sheetData><row r="{"9" * 1_000_000}">{ONE}</row></sheetData>'),
        "corrupt_workbook",
    ),
    "rows in the wrong order": (
        lambda: workbook(f'<sheetData><row r="2">{ONE}</row><row r="1">{ONE}</row></sheetData>'),
        "corrupt_workbook",
    ),
    "a column of four letters": (
        lambda: workbook(cells('<c r="AAAA1"><v>1</v></c>')),
        "corrupt_workbook",
    ),
    "a million columns": (lambda: workbook(cells(ONE * 1_000_000)), "corrupt_workbook"),
    "100,000 columns": (lambda: workbook(cells(ONE * 100_000)), "too_many_columns"),
    "a million empty cells": (lambda: workbook(cells("<c/>" * 1_100_000)), "corrupt_workbook"),
    "2^20 rows": (lambda: workbook(rows(1 << 20, ONE)), "too_many_rows"),
    "2^20 empty rows": (lambda: workbook(rows(1 << 20, "<c/>")), "empty_file"),
    "2.1 million cells": (lambda: workbook(rows(100_000, ONE * 21)), "workbook_too_large"),
    "cells far to the right": (
        lambda: workbook(b"<sheetData>" + b'<row><c r="BXX1"><v>1</v></c></row>' * 99_999 + b"</sheetData>"),
        "workbook_too_large",
    ),
    "an unknown part with many elements": (
        lambda: workbook(b"<ignored>" + b"<a>some text</a>" * 400_000 + b"</ignored>"),
        "corrupt_workbook",
    ),
    "many containers": (lambda: workbook(b"<cols/>" * 200_000), "corrupt_workbook"),
    "three million other elements": (lambda: workbook(b"<a>some text</a>" * 3_100_000), "corrupt_workbook"),
    "a drawing with three million anchors": (
        lambda: workbook(
            cells(ONE) + '<drawing r:id="d"/>',
            {"d": ("drawing", "../drawings/drawing1.xml")},
            {"xl/drawings/drawing1.xml": b"<d>" + b"<a/>" * 3_100_000},
        ),
        "corrupt_workbook",
    ),
    "a sheet of 10 MB of spaces": (lambda: workbook(b" " * 10_000_000), "corrupt_workbook"),
    "an attribute of 10 MB": (
        lambda: workbook(b'<sheetData a="' + b"x" * 10_000_000 + b'"/>'),
        "corrupt_workbook",
    ),
    "a text of 10 MB": (
        lambda: workbook(cells(SHARED), parts=strings(f"<si><t>{'x' * 10_000_000}</t></si>")),
        "corrupt_workbook",
    ),
    "elements in elements": (
        lambda: workbook(cells("<a>" * 5_000 + "</a>" * 5_000)),
        "corrupt_workbook",
    ),
    "a million elements in elements": (lambda: workbook(cells("<a>" * 1_000_000)), "corrupt_workbook"),
    "two million shared strings": (
        lambda: workbook(cells(SHARED), parts=strings("<si><t/></si>" * 2_000_001)),
        "workbook_too_large",
    ),
    "51 million characters of shared strings": (
        lambda: workbook(cells(SHARED), parts=strings(f"<si><t>{'€' * 30_000}</t></si>" * 1_700)),
        "workbook_too_large",
    ),
    "a long text in many cells": (
        lambda: workbook(rows(50_000, SHARED), parts=strings(f"<si><t>{'x' * 30_000}</t></si>")),
        "workbook_too_large",
    ),
    "a text that is missing": (lambda: workbook(cells(SHARED)), "corrupt_workbook"),
    "a text before the first": (
        lambda: workbook(cells(SHARED.replace("0", "-1")), parts=strings("<si><t>a</t></si>")),
        "corrupt_workbook",
    ),
    "a number of a million digits": (lambda: workbook(cells(f"<c><v>{'9' * 999_999}.5</v></c>")), "read"),
    "a million styles": (
        lambda: workbook(
            cells(ONE),
            parts={"xl/styles.xml": f'<s xmlns="{MAIN}"><cellXfs>{"<xf/>" * 1_000_000}</cellXfs></s>'},
        ),
        "corrupt_workbook",
    ),
    "entities that become a billion": (
        lambda: sheet(f"<!DOCTYPE worksheet [{ENTITIES}]><worksheet>&e9;</worksheet>"),
        "unsafe_workbook",
    ),
    "an external document type": (
        lambda: sheet('<!DOCTYPE worksheet SYSTEM "file:///etc/passwd"><worksheet/>'),
        "unsafe_workbook",
    ),
    "a document type in UTF-16": (
        lambda: sheet('<?xml version="1.0"?><!DOCTYPE a><worksheet/>'.encode("utf-16")),
        "unsafe_workbook",
    ),
    "a document type after a long comment": (
        lambda: sheet(b"<!--" + b"x" * 200_000 + b"--><!DOCTYPE a><worksheet/>"),
        "unsafe_workbook",
    ),
    "an unknown entity": (lambda: workbook(cells("<c><v>&amp;&x;</v></c>")), "corrupt_workbook"),
    "XML without an end": (lambda: sheet(f'<worksheet xmlns="{MAIN}"><sheetData><row>'), "corrupt_workbook"),
    "an unknown encoding of XML": (
        lambda: sheet('<?xml version="1.0" encoding="utf-7"?><worksheet/>'),
        "corrupt_workbook",
    ),
    "a sheet outside the workbook": (
        lambda: workbook(
            "",
            parts={"xl/_rels/workbook.xml.rels": relationships({"s1": ("worksheet", "http://example.com/")})},
        ),
        "corrupt_workbook",
    ),
    "a sheet that is the list of sheets": (
        lambda: workbook(
            "",
            parts={"xl/_rels/workbook.xml.rels": relationships({"s1": ("worksheet", "../xl/workbook.xml")})},
        ),
        "empty_file",
    ),
    "200,001 links": (lambda: hyperlinks(200_001, "A1"), "workbook_too_large"),
    "links of all cells": (lambda: hyperlinks(1_000, "A1:XFD1048576"), "workbook_too_large"),
    "a link of no cell": (lambda: hyperlinks(1, "Z"), "corrupt_workbook"),
    "10,001 files": (
        lambda: archive({f"{number}.xml": "" for number in range(10_001)}, zipfile.ZIP_STORED),
        "workbook_too_large",
    ),
    "overlapping entries": (overlapping, "corrupt_workbook"),
    "a truncated archive": (lambda: workbook(cells(ONE))[:-30], "corrupt_workbook"),
    "a half archive": (lambda: by_openpyxl([["a"]])[:2_000], "corrupt_workbook"),
    "a damaged part": (
        lambda: workbook(cells(ONE * 99)).replace(
            b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet2.xml", 1
        ),
        "corrupt_workbook",
    ),
    "an unusual compression": (
        lambda: archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, zipfile.ZIP_LZMA),
        "corrupt_workbook",
    ),
    "encrypted entries": (with_password, "encrypted_workbook"),
    "an encrypted workbook": (lambda: ole("EncryptionInfo", "EncryptedPackage"), "encrypted_workbook"),
    "an encrypted workbook of LibreOffice": (
        lambda: archive({"mimetype": "", "encrypted-package": b"x"}),
        "encrypted_workbook",
    ),
    "a Word document of 2003": (lambda: ole("WordDocument"), "not_a_workbook"),
    "a container without sectors": (lambda: ole("Workbook"), "corrupt_workbook"),
    "a workbook of 1992": (lambda: b"\x09\x04\x06\x00" + bytes(20), "not_a_workbook"),
    "a Word document": (
        lambda: archive(
            {
                "[Content_Types].xml": "<Types/>",
                "_rels/.rels": relationships({"w": ("officeDocument", "word/document.xml")}),
                "word/document.xml": "<w/>",
            }
        ),
        "not_a_workbook",
    ),
    "a Numbers document": (lambda: archive({"Index/Document.iwa": b"x"}), "not_a_workbook"),
    "a workbook in an archive": (lambda: archive({"a.xlsx": by_openpyxl([["a"]])}), "not_a_workbook"),
    "an empty archive": (lambda: archive({}), "not_a_workbook"),
    "an archive of images": (lambda: archive({"a.jpg": b"x"}), "not_a_workbook"),
    "an OpenDocument text": (
        lambda: archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<a/>"}),
        "not_a_workbook",
    ),
    "a table of 2^20 equal rows": (
        lambda: spreadsheet(
            text_table([["a"]]).replace(
                "<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">'
            )
        ),
        "too_many_rows",
    ),
    "a row of 16,384 equal cells": (
        lambda: one_row(
            '<table:table-cell table:number-columns-repeated="16384"><text:p>a</text:p></table:table-cell>'
        ),
        "too_many_columns",
    ),
    "a cell repeated a trillion times": (
        lambda: one_row('<table:table-cell table:number-columns-repeated="1000000000000"/>'),
        "corrupt_workbook",
    ),
    "a billion spaces": (
        lambda: one_row('<table:table-cell><text:p><text:s text:c="999999999"/></text:p></table:table-cell>'),
        "workbook_too_large",
    ),
    "groups in groups": (
        lambda: spreadsheet(
            "<table:table>"
            + "<table:table-row-group>" * 1_000
            + "</table:table-row-group>" * 1_000
            + "</table:table>"
        ),
        "corrupt_workbook",
    ),
    "texts in texts": (
        lambda: one_row(
            "<table:table-cell><text:p>"
            + "<text:span>" * 1_000
            + "</text:span>" * 1_000
            + "</text:p></table:table-cell>"
        ),
        "corrupt_workbook",
    ),
    "an .xlsb cell in the last row and column": (far_xlsb, "workbook_too_large"),
    "an .xlsb part of 60 MB": (
        lambda: archive(
            {
                "[Content_Types].xml": "<Types/>",
                "_rels/.rels": relationships({"w": ("officeDocument", "xl/workbook.bin")}),
                "xl/workbook.bin": bytes(60_000_000),
            }
        ),
        "workbook_too_large",
    ),
    "gzip of 60 MB": (lambda: gzip.compress(bytes(60_000_000)), "gzip_too_large"),
    "gzip of a bomb": (lambda: gzip.compress(workbook(rows(1 << 20, ONE))), "too_many_rows"),
}


def children_cpu() -> float:
    """The CPU seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def largest_seconds() -> float:
    """The CPU time that the largest workbook takes that is read, of 100,000 rows and two million cells."""
    data, before = workbook(rows(100_000, ONE * 20)), children_cpu()
    assert isinstance(TableReader()(data, Options()), Table)
    return children_cpu() - before


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_a_coded_problem(kind: str, largest_seconds: float) -> None:
    make, code = HOSTILE[kind]
    data, before = make(), children_cpu()
    try:
        TableReader()(data, Options())
        found, message = "read", ""
    except CatalogueError as error:
        found, message = error.problems[0].code, error.problems[0].message
    assert (found, "memory" in message) == (code, False)
    assert children_cpu() - before < MOST_TIME * largest_seconds


def test_all_parts_together_are_unpacked_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    data = workbook(cells(ONE))
    size = sum(info.file_size for info in zipfile.ZipFile(BytesIO(data)).infolist())
    limits = Limits(unpacked=size // 2)
    monkeypatch.setattr("catalight.adapters.tables.read.Archive", lambda data: Archive(data, limits))
    with pytest.raises(CatalogueError) as caught:
        read(data)
    assert caught.value.problems[0].code == "workbook_too_large"


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body><table><tr><td>SKU</td></tr></table></body></html>",
        b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>',
        b"SKU,Title\r\n1,a\r\n",
    ],
)
def test_texts_with_the_name_of_a_workbook_are_read_as_texts(data: bytes) -> None:
    """The catalogue's own reader says what they are."""
    assert read(data).text == data.decode()  # type: ignore[union-attr]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_files_that_are_no_tables(data: bytes) -> None:
    with pytest.raises(CatalogueError) as caught:
        read(data)
    assert caught.value.problems[0].code in ("empty_file", "not_a_csv")


def test_lack_of_memory_is_a_coded_problem() -> None:
    code = """
import resource, sys
from catalight.adapters.tables.read import read
from catalight.adapters.tables.reader import TableReader
from catalight.domain.catalogue.files import Options
from catalight.domain.errors import CatalogueError
pages = int(open("/proc/self/statm").read().split()[0])
MOST = pages * resource.getpagesize() + 20_000_000
data = sys.stdin.buffer.read()
resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
try:
    read(data)
except CatalogueError as error:
    print(error.problems[0].code)
"""
    child = subprocess.run(
        [sys.executable, "-c", code],
        input=workbook(rows(100_000, ONE * 15)),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert child.stdout == b"workbook_too_large\n"
