"""Files are read as in this process, but by one that may do nothing else and is killed by its limits."""

import gzip
import json
import logging
from io import BytesIO
from pathlib import Path

import pytest
import xlsxwriter

from catalight.adapters.tables import reader as module
from catalight.adapters.tables.read import read
from catalight.adapters.tables.reader import ReaderError, TableReader
from catalight.domain.catalogue.catalogue import understand
from catalight.domain.catalogue.files import Format, Options, Table, TextFile
from catalight.domain.catalogue.header_choice import key
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.errors import CatalogueError, OptionError
from tests.unit.adapters.tables import nosy

SAMPLES = Path(__file__).parent / "samples"
CSV = b"Serial Number,Product Name,Input Image Urls\r\n1,Tea,https://cdn.example/a.jpg\r\n"


def workbook(**sheets: list[list[str]]) -> bytes:
    """An XLSX file with these sheets."""
    output = BytesIO()
    with xlsxwriter.Workbook(output) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                sheet.write_row(number, 0, cells)
    return output.getvalue()


@pytest.mark.parametrize("name", ["products.xls", "products.xlsb", "libreoffice.ods"])
def test_a_workbook_is_read_as_in_this_process(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    found, here = TableReader()(data, Options()), read(data)
    assert isinstance(found, Table)
    assert isinstance(here, Table)
    assert (found.format, found.rows, found.warnings) == (here.format, here.rows, here.warnings)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_packed_text_is_read_as_unpacked(encoding: str) -> None:
    data = (CSV.decode() + "2,Größe,https://cdn.example/b.jpg\r\n").encode(encoding)
    found = TableReader()(gzip.compress(data), Options())
    plain = TableReader()(data, Options())
    assert isinstance(found, TextFile)
    assert isinstance(plain, TextFile)
    assert (found.text, found.encoding, found.gzipped) == (plain.text, plain.encoding, True)


def test_the_first_sheet_with_a_header_is_read_below_its_title() -> None:
    header, row = ["SKU", "Title", "Bild 1"], ["00123", "Tee", "https://cdn.example/a.jpg"]
    data = workbook(Notes=[["Read me first"]], Data=[["Price list"], header, row])
    file = TableReader()(data, Options())
    assert isinstance(file, Table)
    assert (file.format, file.sheet) == (Format.XLSX, "Data")
    catalogue = understand(file).catalogue()
    assert (catalogue.header_line, catalogue.header, catalogue.outputs) == (
        2,
        tuple(header),
        ("Output Bild 1",),
    )
    assert [(one.line, one.cells) for one in catalogue.rows] == [(3, tuple(row))]


def test_what_is_wanted_reaches_the_process() -> None:
    cells = ["Code", "View"]
    data = workbook(First=[["Notes"], ["none"]], Second=[["x", "y"], cells, ["1", "on request"]])
    request = Request(images=("View",))
    for wanted in (Wanted(request), Wanted(remembered={key(cells): request})):
        file = TableReader()(data, Options(), wanted)
        assert isinstance(file, Table)
        assert file.sheet == "Second"
    file = TableReader()(data, Options())
    assert isinstance(file, Table)
    assert file.sheet == "First"


def test_links_behind_cells_are_images() -> None:
    output = BytesIO()
    with xlsxwriter.Workbook(output) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["SKU", "Photo", "Second photo"])
        sheet.write_url(1, 1, "https://cdn.example/a.jpg", string="front")
        sheet.write_formula(1, 2, '=IMAGE("https://cdn.example/b.jpg")', value="")
    catalogue = understand(TableReader()(output.getvalue(), Options())).catalogue()
    (row,) = catalogue.rows
    assert [(one.url, one.written, one.column) for one in row.sources] == [
        ("https://cdn.example/a.jpg", "front", 0),
        ("https://cdn.example/b.jpg", None, 1),
    ]
    assert all("URL_LINKED" in one.notes for one in row.sources)
    assert row.cells[1] == "front"


def test_errors_come_back_as_they_were_raised() -> None:
    data = workbook(Data=[["SKU"]])
    with pytest.raises(CatalogueError) as caught:
        TableReader()(data, Options(sheet="Nope"))
    assert caught.value.problems[0].code == "sheet_not_found"
    with pytest.raises(OptionError):
        TableReader()(gzip.compress(b"a,b\n\xe4,2\n"), Options(encoding="klingon"))


def test_the_process_can_do_nothing_but_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MODULE", nosy.__name__)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    found = TableReader()(gzip.compress(CSV), Options())
    assert isinstance(found, TextFile)
    assert found.text == ""


def test_a_process_that_takes_too_long_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(CatalogueError) as caught:
        TableReader(wall_seconds=0.01)(gzip.compress(CSV), Options())
    assert caught.value.problems[0].code == "workbook_too_large"
    assert "killed" in caplog.text


def test_a_bug_is_no_problem_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MODULE", "tests.unit.adapters.tables.broken")
    with pytest.raises(ReaderError, match="ZeroDivisionError"):
        TableReader()(gzip.compress(CSV), Options())


def test_text_is_read_without_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.Popen", json.loads)  # which would fail
    found = TableReader()(CSV, Options())
    assert found == TextFile(CSV.decode())


def test_fields_without_a_meaning_for_the_format_are_warnings() -> None:
    of_text = TableReader()(CSV, Options(sheet="1"))
    of_workbook = TableReader()(workbook(A=[["Photo", "b"]]), Options(encoding="utf-8"))
    for file in (of_text, of_workbook):
        assert [warning.code for warning in file.warnings] == ["ignored_field"]
