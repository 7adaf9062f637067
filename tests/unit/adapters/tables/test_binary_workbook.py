"""Workbooks of Excel in binary formats: .xls and .xlsb."""

import struct
from pathlib import Path

import pytest

from catalight.adapters.tables.ole import stream_of
from catalight.domain.catalogue.files import Format, Row, Sheet
from catalight.domain.errors import CatalogueError
from tests.unit.adapters.tables.writing import table

SAMPLES = Path(__file__).parent / "samples"
XLS, XLSB = (SAMPLES / "products.xls").read_bytes(), (SAMPLES / "products.xlsb").read_bytes()


def refused(data: bytes) -> str:
    """The code of the one problem of a file."""
    with pytest.raises(CatalogueError) as caught:
        table(data)
    (problem,) = caught.value.problems
    return problem.code


def test_an_xls_workbook() -> None:
    found = table(XLS)
    assert (found.format, found.sheet, found.header) == (Format.XLS, "Products", 0)
    assert found.sheets == (Sheet("Hidden", hidden=True), Sheet("Notes"), Sheet("Products"))
    assert found.rows == [
        Row(3, ["SKU", "Title", "EAN", "Price", "Since", "Active", "Image"], {}),
        Row(
            4,
            [
                "123",
                "Größe ½ 椅子",
                "5901234123457",
                "19.9",
                "2024-05-01",
                "TRUE",
                "https://example.com/a.jpg",
            ],
            {},
        ),
        Row(6, ["A-2"], {}),
    ]
    assert [one.code for one in found.warnings] == ["formats_not_read"]


def test_an_xlsb_workbook() -> None:
    found = table(XLSB)
    assert (found.format, found.sheet, found.header) == (Format.XLSB, "Products", 0)
    assert found.sheets == (Sheet("Hidden", hidden=True), Sheet("Products"))
    assert found.rows[1] == Row(
        2, ["123", "Größe ½ 椅子", "5901234123457", "19.9", "2024-05-01", "https://example.com/a.jpg"], {}
    )
    assert [one.code for one in found.warnings] == ["formats_not_read"]


def test_sheets_by_name_and_number() -> None:
    assert table(XLS, "notes").rows == [Row(1, ["Price list"], {})]
    assert table(XLS, "1").rows == [Row(1, ["x", "y"], {})]
    assert table(XLSB, "Hidden").rows == [Row(1, ["x", "y"], {})]


@pytest.mark.parametrize("end", [1, 2, 4])
def test_a_truncated_workbook(end: int) -> None:
    assert refused(XLS[: len(XLS) * end // 5]) in ("corrupt_workbook", "not_a_workbook")
    assert refused(XLSB[: len(XLSB) * end // 5]) == "corrupt_workbook"


def test_an_xls_workbook_that_is_too_wide() -> None:
    """A record with the number 123 of the last sheet is moved to the last row and column."""
    place = XLS.index(struct.pack("<HHHH", 0x27E, 10, 3, 0))
    data = XLS[: place + 4] + struct.pack("<HH", 65_535, 255) + XLS[place + 8 :]
    assert refused(data) == "workbook_too_large"


def test_an_xls_workbook_that_says_it_is_too_large() -> None:
    place = XLS.index(struct.pack("<HH", 0x200, 14))
    data = XLS[: place + 4] + struct.pack("<IIHH", 0, 0xFFFFFFFF, 0, 0xFFFF) + XLS[place + 16 :]
    assert refused(data) == "workbook_too_large"


def test_an_encrypted_xls_workbook() -> None:
    """The record that follows the start of the workbook becomes FILEPASS."""
    start = XLS.index(struct.pack("<HH", 0x809, 16))
    place = start + 20
    assert refused(XLS[:place] + struct.pack("<H", 0x2F) + XLS[place + 2 :]) == "encrypted_workbook"


def test_a_container_that_refers_to_itself() -> None:
    table_sector = struct.unpack_from("<I", XLS, 76)[0]
    place = (table_sector + 1) * 512
    loop = b"".join(struct.pack("<I", 0) for _ in range(128))
    with pytest.raises(CatalogueError):
        stream_of(XLS[:place] + loop + XLS[place + 512 :], ("Workbook",))


def test_mutations_are_read_or_refused() -> None:
    """Whatever byte is changed, nothing else is raised."""
    for data in (XLS, XLSB):
        for place in range(0, len(data), 23):
            changed = data[:place] + bytes((data[place] ^ 0xFF,)) + data[place + 1 :]
            try:
                table(changed)
            except CatalogueError as error:
                assert error.problems[0].message  # noqa: PT017 - most are refused, but some are not
