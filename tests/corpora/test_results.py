"""Results of the corpus of catalogues, compared cell by cell with what was sent."""

import csv
import io
from collections.abc import Sequence
from functools import cache

import pytest

from catalight.adapters.tables.encodings import read_text
from catalight.adapters.tables.reader import TableReader
from catalight.domain.catalogue import catalogue, column_requests
from catalight.domain.catalogue.catalogue import Catalogue
from catalight.domain.catalogue.encodings import codec_of
from catalight.domain.catalogue.files import Format, Options
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.catalogue.url_repair import Repair
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job.job import Job
from catalight.domain.job.origin import Origin
from catalight.domain.job.result_form import FailedPlaces, Placement, ResultEncoding, ResultForm, ResultFormat
from catalight.domain.job.row import Image, ImageState, Row, without_empty_end
from tests.corpora.catalogues.case import Case
from tests.corpora.catalogues.corpus import CASES
from tests.results import a_job, sheets_of, written

ACCEPTED = [case for case in CASES if not case.problems]
REPLACE = ResultForm(placement=Placement.REPLACE)
LOST = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")


@cache
def read(number: int) -> Catalogue:
    """What the accepted case with this number is understood as: once, because that may start a process."""
    case = ACCEPTED[number]
    form = case.form
    request = column_requests.read_request(form.get("columns", ""))
    wanted = Wanted(request, int(form["header_row"]) if "header_row" in form else None)
    file = TableReader()(case.data, Options(form.get("encoding"), form.get("sheet")), wanted)
    return catalogue.understand(file, wanted).catalogue()


def job_of(parsed: Catalogue) -> Job:
    return a_job(parsed.dialect, parsed.header, outputs=parsed.outputs, origin=Origin.of(parsed))


def rows_of(parsed: Catalogue, *, all_failed: bool = False) -> list[Row]:
    """Rows in which every second image has failed, or all of them have."""
    number = 0
    rows = []
    for index, row in enumerate(parsed.rows):
        images = []
        for source in row.sources:
            image = Image(source.url, written=source.written, notes=source.notes, column=source.column)
            number += 1
            done = source.usable and number % 2 and not all_failed
            images.append(image.done(f"t/{number}.jpg", 9, 8, 2, 1) if done else image.failed(LOST))
        rows.append(Row("j", index, 1, None, without_empty_end(row.cells), tuple(images)))
    return rows


def link(image: Image) -> str:
    return f"https://l/images/{image.link}"


def read_again(parsed: Catalogue, data: bytes) -> Catalogue:
    """The result, in which the columns are named as they were found."""
    columns = parsed.own_columns
    header = parsed.header
    request = Request(tuple(header[index] for index in dict.fromkeys(columns.images)))
    wanted = Wanted(request, parsed.header_line if parsed.preamble else None)
    return catalogue.understand(read_text(data), wanted).catalogue()


def plain(data: bytes, parsed: Catalogue, encoding: str = "utf-8-sig") -> list[list[str]]:
    """The rows as Python's own reader sees them."""
    text = io.StringIO(data.decode(encoding), newline="")
    return list(csv.reader(text, delimiter=parsed.dialect.delimiter, strict=True))


def without(cells: Sequence[str], indexes: Sequence[int]) -> list[str]:
    return [cell for index, cell in enumerate(cells) if index not in indexes]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.file)
@pytest.mark.parametrize("failed", FailedPlaces)
def test_a_result_in_the_place_of_the_urls_differs_in_them_alone(case: Case, failed: FailedPlaces) -> None:
    parsed = read(ACCEPTED.index(case))
    rows = rows_of(parsed)
    data = written(job_of(parsed), rows, ResultForm(placement=Placement.REPLACE, failed=failed))
    lines = plain(data, parsed)
    assert [tuple(line) for line in lines[: len(parsed.preamble)]] == list(parsed.preamble)
    header, *found = lines[len(parsed.preamble) :]
    assert tuple(header) == parsed.header
    images = parsed.own_columns.images
    for own, cells, row in zip(parsed.rows, found, rows, strict=True):
        assert without(cells, images) == without(own.cells, images)
        for column, index in enumerate(images):
            of_cell = [image for image in row.images if image.column == column]
            if index >= 0 and not of_cell:
                assert cells[index] == own.cells[index]
            links = [link(image) for image in of_cell if image.link]
            assert index < 0 or [part for part in links if part in cells[index]] == links
            if failed is FailedPlaces.EMPTY and index >= 0 and of_cell and not links:
                assert cells[index] == ""


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.file)
def test_a_result_that_replaces_all_urls_is_read_as_the_same_catalogue(case: Case) -> None:
    parsed = read(ACCEPTED.index(case))
    if -1 in parsed.own_columns.images or len(set(parsed.header)) < len(parsed.header):
        pytest.skip("its image columns have no names by which they can be asked for again")
    rows = rows_of(parsed)
    done = [
        Row(
            "j",
            row.number,
            1,
            None,
            row.cells,
            tuple(
                image
                if image.state is ImageState.DONE
                else Image(image.url, written=image.written, notes=image.notes, column=image.column).done(
                    f"u/{row.number}-{place}.jpg", 9, 8, 2, 1
                )
                for place, image in enumerate(row.images)
            ),
        )
        for row in rows
    ]
    again = read_again(parsed, written(job_of(parsed), done, REPLACE))
    assert again.header == parsed.header
    assert again.preamble == parsed.preamble
    assert [[source.url for source in row.sources] for row in again.rows] == [
        [link(image) for image in row.images] for row in done
    ]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.file)
def test_the_rows_that_failed_can_be_sent_again(case: Case) -> None:
    """Those with an image: all images have failed."""
    parsed = read(ACCEPTED.index(case))
    if -1 in parsed.own_columns.images or len(set(parsed.header)) < len(parsed.header):
        pytest.skip("its image columns have no names by which they can be asked for again")
    data = written(job_of(parsed), rows_of(parsed, all_failed=True), ResultForm(only_failed=True))
    sources = [[source.url for source in row.sources] for row in parsed.rows if row.sources]
    again = read_again(parsed, data)
    assert [[source.url for source in row.sources] for row in again.rows] == sources
    assert again.header == parsed.header


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.file)
def test_a_workbook_has_the_same_cells_as_the_csv(case: Case) -> None:
    parsed = read(ACCEPTED.index(case))
    job, rows = job_of(parsed), rows_of(parsed)
    sheets = sheets_of(written(job, rows, ResultForm(ResultFormat.XLSX)))
    assert list(sheets)[1:] == ["Failures", "Summary"]
    first = next(iter(sheets.values()))
    lines = plain(written(job, rows), parsed)
    assert [without_empty_end(cells) for cells in first] == [
        without_empty_end([spelled(cell) for cell in line]) for line in lines
    ]
    failures = [image for row in rows for image in row.images if image.error]
    assert [line[6] for line in sheets["Failures"][1:]] == [
        image.url if Repair.LINK in image.notes else image.written or image.url for image in failures
    ]


def spelled(cell: str) -> str:
    """How openpyxl spells a text: it leaves the escapes of control characters as they are."""
    return "".join(f"_x{ord(c):04X}_" if c < " " and c not in "\t\n" else c for c in cell)


@pytest.mark.parametrize(
    "case", [case for case in ACCEPTED if case.format == "csv"], ids=lambda case: case.file
)
def test_the_encoding_of_the_input_can_be_given_back(case: Case) -> None:
    parsed = read(ACCEPTED.index(case))
    assert parsed.format is Format.CSV
    job, rows = job_of(parsed), rows_of(parsed)
    data = written(job, rows, ResultForm(encoding=ResultEncoding.INPUT))
    codec = codec_of(parsed.encoding)
    text = written(job, rows).decode("utf-8-sig")
    assert data.decode(codec).removeprefix("\ufeff") == text
    assert data.startswith((b"\xff\xfe", b"\xfe\xff")) == codec.startswith("utf-16")
