"""The rows above a header, and where a job comes from."""

import pytest

from catalight.domain.catalogue import catalogue, preamble
from catalight.domain.catalogue.catalogue import Catalogue, parse
from catalight.domain.catalogue.files import Format, Row, Sheet, Table
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.catalogue.result_columns import RESULT_COLUMNS
from catalight.domain.job.origin import Origin

HEADER = "Serial Number,Product Name,Input Image Urls"
ROW = "1,Tea,http://a/x.jpg"


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ("", ()),
        ("Our list\n", (("Our list",),)),
        ("Our list,,\n\n\n,,\n", (("Our list", "", ""), (), (), ("", "", ""))),
        ('"a, ""b""\nc",d\n', (('a, "b"\nc', "d"),)),
        ('5" wide\n', (('5" wide',),)),
        ("\ufefftitle\n", (("title",),)),
    ],
)
def test_the_lines_above_the_header_are_kept(above: str, expected: tuple[tuple[str, ...], ...]) -> None:
    assert parse(f"{above}{HEADER}\n{ROW}\n".encode()).preamble == expected


def test_excels_line_with_the_separator_is_kept() -> None:
    text = f"sep=;\n{HEADER}\n{ROW}\n".replace(",", ";")
    assert parse(text.encode()).preamble == (("sep=", ""),)


def test_a_preamble_that_would_be_too_large_to_store_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preamble, "MAX_SIZE", 100)
    assert parse(f"{'a' * 60}\n{HEADER}\n{ROW}\n".encode()).preamble == (("a" * 60,),)
    assert parse(f"{'a' * 90}\n{HEADER}\n{ROW}\n".encode()).preamble == ()
    assert parse(f"{',' * 9}\n{HEADER}\n{ROW}\n".encode()).preamble == ()


def of_sheet(*rows: tuple[int, list[str]]) -> Catalogue:
    table = Table(
        Format.ODS, "Tea", (Sheet("Tea"),), [Row(line, cells, {}) for line, cells in rows], header=None
    )
    return catalogue.understand(table).catalogue()


def test_the_rows_above_the_header_of_a_sheet_keep_their_places() -> None:
    header, row = HEADER.split(","), ROW.split(",")
    found = of_sheet((2, ["Our list"]), (4, header), (5, row))
    assert found.preamble == ((), ("Our list",), ())
    assert of_sheet((1, header), (2, row)).preamble == ()
    far = of_sheet((1, ["Our list"]), (5_000, header), (5_001, row))
    assert far.preamble == (("Our list",),)


def test_the_origin_has_the_columns_of_the_jobs_own_header() -> None:
    header = ",".join(["SKU", "Output Photo", *RESULT_COLUMNS[1:], "Photo", "Title"])
    data = f"{header}\nT1,http://x/y.jpg,DONE,,1,1,,http://a/x.jpg,Tea\n".encode("utf-16")
    wanted = Wanted(Request(("Photo", "Output Photo"), "SKU", "Title"))
    parsed = parse(data, wanted)
    assert parsed.header == ("SKU", "Photo", "Title")
    assert Origin.of(parsed) == Origin((1, -1), 0, 2, Format.CSV, "utf-16-le")


def test_the_origin_of_a_workbook() -> None:
    origin = Origin.of(of_sheet((3, HEADER.split(",")), (4, ROW.split(","))))
    assert origin == Origin((2,), 0, 1, Format.ODS, sheet="Tea", preamble=((), ()))
    assert Origin.from_document(origin.to_document()) == origin


@pytest.mark.parametrize(
    ("header", "outputs", "images"),
    [
        (HEADER.split(","), ("Output Image Urls",), (2,)),
        (["SKU", "Photo", "Photo 2"], ("Output Photo", "Output Photo 2"), (1, 2)),
        (["Photo", "Photo"], ("Output Photo", "Output Photo"), (0, 1)),
        (["SKU"], ("Output Photo",), (-1,)),
    ],
)
def test_of_an_older_job_the_image_columns_are_found_by_their_outputs(
    header: list[str], outputs: tuple[str, ...], images: tuple[int, ...]
) -> None:
    assert Origin.of_header(header, outputs).images == images
