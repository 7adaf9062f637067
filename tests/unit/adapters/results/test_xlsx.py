"""Results as workbooks, opened by software of others."""

import gc
import os
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from xlsxwriter.exceptions import FileCreateError

from catalight.adapters.results import xlsx
from catalight.adapters.results.write import write_result
from catalight.adapters.tables.read import read
from catalight.domain.catalogue.files import Format, Table
from catalight.domain.errors import ImageError, ImageErrorCode, ResultError
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times
from catalight.domain.job.advice import ADVICE
from catalight.domain.job.origin import Origin
from catalight.domain.job.result_form import ResultForm, ResultFormat
from catalight.domain.job.row import Image, Row
from tests.results import HEADER, a_job, a_row, sheets_of, written

XLSX = ResultForm(ResultFormat.XLSX)
FAILED = replace(XLSX, only_failed=True)
DONE = Image("http://a").done("t/a.jpg", 1000, 300, 2, 1, times=Times(fetch=1500))
LOST = Image("http://c", written="//c").failed(ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404."))
ATTACKS = [
    *(
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        '=HYPERLINK("http://x")',
        "{=1}",
        "http://x.test/a",
        "mailto:a@b.c",
        "0012",
        "1e5",
    ),
    *(
        "2024-05-01",
        "TRUE",
        "#N/A",
        "<r>&</r>",
        "<r></t></is></c>x</r>",
        "]]>",
        "&amp;",
        "<b>",
        " x ",
        "a\nb",
        "\ttab",
    ),
    *("é😀\u202e", "_x0041_", "'quoted", '"'),
]


def test_the_sheets_of_a_result() -> None:
    origin = Origin((2,), 0, 1, Format.XLSX, sheet="Tea & more")
    job = a_job(origin=origin, rows=3, images=4)
    rows = [
        a_row(("007", "Tea", "http://a //c"), [DONE, LOST], 0),
        a_row(("008", "Pot", ""), [], 1),
        a_row(("009", "Cup", "http://a //c"), [LOST, DONE], 2),
    ]
    sheets = sheets_of(written(job, rows, XLSX))
    link = "https://l/images/t/a.jpg"
    assert sheets["Tea & more"] == [
        [*HEADER, "Output Image Urls", "Status", "Errors", "Bytes In", "Bytes Out", "Notes"],
        ["007", "Tea", "http://a //c", f"{link},", "PARTIAL", ",not_found", "1000", "300", ""],
        ["008", "Pot", "", "", "EMPTY", "", "0", "0", ""],
        ["009", "Cup", "http://a //c", f",{link}", "PARTIAL", "not_found,", "1000", "300", ""],
    ]
    advice = ADVICE[ImageErrorCode.NOT_FOUND]
    shared = ["", "//c", "not_found", "The host answered 404.", advice]
    assert sheets["Failures"] == [
        ["Row", "Serial", "Name", "Column", "Image", "Rendition", "URL", "Error", "Detail", "What To Do"],
        ["2", "007", "Tea", "Input Image Urls", "2", *shared],
        ["4", "009", "Cup", "Input Image Urls", "1", *shared],
    ]
    sums = {line[0]: line[1] for line in sheets["Summary"]}
    assert (sums["Images"], sums["Done"], sums["Failed"], sums["Failed: not_found"]) == ("4", "2", "2", "2")
    assert (sums["Bytes Before"], sums["Bytes After"], sums["Saved"]) == ("2000", "600", "70.0%")
    assert sums["Seconds: fetch"] == "3.0"

    failed = sheets_of(written(job, rows, FAILED))
    assert list(failed) == ["Tea & more", "Failures"]
    assert failed["Tea & more"] == [
        list(HEADER),
        ["007", "Tea", "http://a //c"],
        ["009", "Cup", "http://a //c"],
    ]
    assert [line[0] for line in failed["Failures"][1:]] == ["2", "3"]


def test_a_failed_rendition_is_named_and_an_image_has_a_line_for_each_code() -> None:
    job = a_job(renditions=(Rendition(), Rendition(name="thumb"), Rendition(name="zoom")))
    slow = ImageError(ImageErrorCode.GAVE_UP, "It took 20 s.")
    images = [
        DONE,
        *(replace(LOST, rendition=1), replace(Image("//c").failed(slow), rendition=2)),
        *(LOST, replace(LOST, rendition=1), replace(LOST, rendition=2)),
    ]
    sheets = sheets_of(written(job, [a_row(("1", "Tea", "x"), images)], XLSX))
    assert [(line[4], line[5], line[7]) for line in sheets["Failures"][1:]] == [
        ("1", "thumb", "not_found"),
        ("1", "zoom", "gave_up"),
        ("2", "thumb, zoom", "not_found"),
    ]


def test_of_a_cell_that_links_to_its_image_the_url_is_shown() -> None:
    lost = replace(LOST, written="photo", notes=("URL_LINKED",))
    assert (
        sheets_of(written(a_job(), [a_row(("1", "Tea", "photo"), [lost])], XLSX))["Failures"][1][6]
        == "http://c"
    )


def test_every_code_has_its_advice() -> None:
    assert set(ADVICE) == set(ImageErrorCode)
    assert len(set(ADVICE.values())) == len(ADVICE)


@pytest.mark.parametrize("text", ATTACKS)
def test_a_text_stays_a_text(text: str) -> None:
    data = written(a_job(), [a_row((text, "Tea", "http://a"), [DONE])], XLSX)
    found = sheets_of(data)["Products"][1][0]
    assert found == text.replace("_x0041_", "_x005F_x0041_")  # openpyxl leaves this escape as it is
    table = read(data)
    assert isinstance(table, Table)
    assert (table.rows[1].cells[0], table.rows[1].links) == (text, {})


def test_what_xml_cannot_hold_is_escaped() -> None:
    data = written(a_job(), [a_row(("\x00\x1b\x7f\ufffe\r", "Tea", ""), [])], XLSX)
    assert sheets_of(data)["Products"][1][0] == "_x0000__x001B_\x7f_xFFFE__x000D_"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Products", "Products"),
        ("", "Products"),
        ("a/b:c[d]", "a-b-c-d-"),
        ("'x'", "-x-"),
        ("é" * 40, "é" * 31),
        ("😀" * 20, "😀" * 15),
        ("History", "Products"),
        ("  ", "Products"),
    ],
)
def test_any_name_of_a_sheet_becomes_one_of_excels(name: str, expected: str) -> None:
    assert xlsx.sheet_name(name) == expected
    job = a_job(origin=Origin((2,), sheet=name))
    assert next(iter(sheets_of(written(job, [], XLSX)))) == expected


def test_a_sheet_named_like_one_of_ours_keeps_its_name() -> None:
    job = a_job(origin=Origin((2,), sheet="failures"))
    assert list(sheets_of(written(job, [], XLSX))) == ["failures", "Catalight Failures", "Summary"]


LIMIT = 32_767


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (("a" * LIMIT, "", ""), None),
        (("a" * (LIMIT + 1), "", ""), "cell_too_long"),
        (("", "😀" * 16_384, ""), "cell_too_long"),  # two characters each, as Excel counts
        (("", "😀" * 16_383, ""), None),
    ],
)
def test_a_cell_that_excel_would_cut_is_refused(cells: Sequence[str], code: str | None) -> None:
    assert refused([a_row(cells)]) == code


def test_too_many_rows_and_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = a_job(header=[f"c{index}" for index in range(16_379)])
    assert refused([], wide) == "too_many_columns"
    assert refused([], a_job(header=[f"c{index}" for index in range(16_378)])) is None
    monkeypatch.setattr(xlsx, "MAX_ROWS", 30)
    rows = [a_row(("1", "Tea", ""), [], number) for number in range(30)]
    assert refused(rows[:29]) is None
    assert refused(rows) == "too_many_rows"


def test_a_workbook_that_would_fill_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_DISK", 200_000)
    monkeypatch.setattr(xlsx, "CHECKED_EACH", 50_000)
    rows = [a_row(("1" * 1000, "Tea", ""), [], number) for number in range(500)]
    assert refused(rows[:100]) is None
    assert refused(rows) == "result_too_large"


def test_a_workbook_that_is_refused_is_not_packed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(xlsx, "MAX_DISK", 200_000)
    monkeypatch.setattr(xlsx, "CHECKED_EACH", 50_000)
    without_space(monkeypatch, tmp_path)
    rows = [a_row(("1" * 1000, "Tea", ""), [], number) for number in range(500)]
    with pytest.raises(ResultError, match="more than 200,000 bytes"):
        written(a_job(), rows, XLSX)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of XlsxWriter's ZipFile
def test_a_workbook_that_fills_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """While it is packed, and while its rows are written."""
    with monkeypatch.context() as packed:
        without_space(packed, tmp_path)
        assert refused([a_row(("1", "Tea", ""))]) == "result_too_large"
        gc.collect()
    monkeypatch.setattr(tempfile, "mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), "/dev/full"))
    rows = (a_row(("1" * 30_000, "Tea", ""), [], number) for number in range(5))
    assert refused(list(rows)) == "result_too_large"


def test_another_error_of_the_disk_stays_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without_space(monkeypatch, tmp_path, "/dev/nothing/there")
    with pytest.raises(FileCreateError):
        written(a_job(), [], XLSX)


def without_space(monkeypatch: pytest.MonkeyPatch, folder: Path, device: str = "/dev/full") -> None:
    """Let the workbook be packed into a device that has no space left."""
    (folder / "result.xlsx").symlink_to(device)
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda: nullcontext(str(folder)))


def refused(rows: Sequence[Row], job: object = None) -> str | None:
    try:
        written(job or a_job(), rows, XLSX)  # type: ignore[arg-type]
    except ResultError as error:
        return error.code if error.detail.endswith("Ask for CSV.") else error.detail
    return None


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    parts = iter(write_result(a_job(), XLSX, [a_row(("1", "Tea", ""))]))
    assert next(iter(parts)).startswith(b"PK")
    assert list(tmp_path.iterdir())
    assert list(parts) == []
    assert refused([a_row(("a" * 40_000, "", ""))]) == "cell_too_long"
    assert list(tmp_path.iterdir()) == []


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [a_row(("1", "Tea", "http://a"), [DONE])]
    assert written(a_job(), rows, XLSX) == written(a_job(), rows, XLSX)
