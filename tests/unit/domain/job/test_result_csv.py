"""Writing result CSVs, and reading them back."""

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from catalight.domain.catalogue.catalogue import parse
from catalight.domain.catalogue.files import Dialect
from catalight.domain.catalogue.result_columns import (
    RESULT_COLUMNS,
    names_beside,
    output_of,
    own_columns,
    result_columns_in,
)
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job.row import Image
from tests.results import COMMA, HEADER, a_job, a_row, written

DONE = Image("http://a").done("t/a.jpg", 1000, 300, 2, 1)
ALSO_DONE = Image("http://b").done("t/b.jpg", 500, 200, 2, 1)
KEPT = Image("http://k").done("t/k.jpg", 90, 80, 2, 1, kept=True)
MENDED = Image("https://m", written="//m", notes=("URL_SCHEME_ADDED", "URL_TRIMMED"))
LOST = Image("http://c").failed(ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404."))
CORRUPT = Image("http://d").failed(ImageError(ImageErrorCode.CORRUPT_IMAGE, "It ends half-way."))

DIALECTS = st.builds(
    Dialect, st.sampled_from([",", ";", "\t", "|", "~"]), st.sampled_from(["\n", "\r\n"]), st.booleans()
)
CELLS = st.text() | st.text('",;|~\t\r\n \x00\ufeff=')
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=5)
IMAGES = st.lists(st.sampled_from([DONE, ALSO_DONE, KEPT, LOST, CORRUPT]), max_size=4)


def head(dialect: Dialect, header: tuple[str, ...]) -> bytes:
    return written(a_job(dialect, header), [])


def line_of(dialect: Dialect, cells: tuple[str, ...], images: list[Image]) -> bytes:
    """The line of a row as wide as the header."""
    job = a_job(dialect, [f"column {index}" for index in range(len(cells))])
    return written(job, [a_row(cells, images)]).removeprefix(written(job, []))


def cells_of(data: bytes, dialect: Dialect) -> list[list[str]]:
    """The cells that another CSV reader sees."""
    text = data.decode("utf-8-sig" if dialect.bom else "utf-8")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, strict=True))


@pytest.mark.parametrize(
    ("images", "results"),
    [
        (
            [DONE, ALSO_DONE],
            ["https://l/images/t/a.jpg,https://l/images/t/b.jpg", "DONE", "", "1500", "500", ""],
        ),
        (
            [LOST, DONE, CORRUPT],
            [",https://l/images/t/a.jpg,", "PARTIAL", "not_found,,corrupt_image", "1000", "300", ""],
        ),
        ([LOST, CORRUPT], [",", "FAILED", "not_found,corrupt_image", "0", "0", ""]),
        ([LOST], ["", "FAILED", "not_found", "0", "0", ""]),
        ([], ["", "EMPTY", "", "0", "0", ""]),
        (
            [DONE, MENDED.done("t/m.jpg", 1, 1, 1, 1), MENDED.done("t/n.jpg", 1, 1, 1, 1, kept=True)],
            [
                "https://l/images/t/a.jpg,https://l/images/t/m.jpg,https://l/images/t/n.jpg",
                *("DONE", "", "1002", "302"),
                ",URL_SCHEME_ADDED+URL_TRIMMED,KEPT+URL_SCHEME_ADDED+URL_TRIMMED",
            ],
        ),
        ([KEPT], ["https://l/images/t/k.jpg", "DONE", "", "90", "80", "KEPT"]),
        (
            [LOST, KEPT, DONE],
            [
                ",https://l/images/t/k.jpg,https://l/images/t/a.jpg",
                *("PARTIAL", "not_found,,", "1090", "380", ",KEPT,"),
            ],
        ),
    ],
)
def test_a_line_lists_the_outcome_of_each_image_in_order(images: list[Image], results: list[str]) -> None:
    assert cells_of(line_of(COMMA, ("1", "Tea", "u"), images), COMMA) == [["1", "Tea", "u", *results]]


def test_the_result_has_the_dialect_of_its_input() -> None:
    dialect = Dialect(";", "\r\n", bom=True)
    assert head(dialect, HEADER) == (
        b"\xef\xbb\xbfSerial Number;Product Name;Input Image Urls;"
        b"Output Image Urls;Status;Errors;Bytes In;Bytes Out;Notes\r\n"
    )
    assert line_of(dialect, ("1", "a,b", 'c"d'), [DONE]) == (
        b'1;a,b;"c""d";https://l/images/t/a.jpg;DONE;;1000;300;\r\n'
    )


@given(DIALECTS, ROWS, IMAGES)
def test_any_cell_survives_writing_and_parsing_the_result(
    dialect: Dialect, rows: list[tuple[str, ...]], images: list[Image]
) -> None:
    """Another reader sees the cells and then the results; parsed again, the result is the same catalogue."""
    header = ("Serial Number", "Product Name", "Status", "Input Image Urls")
    written = [("1", "Tea", "new", "http://a"), *rows]
    results = cells_of(line_of(dialect, (), images), dialect)[0]
    data = head(dialect, header) + b"".join(line_of(dialect, cells, images) for cells in written)

    assert cells_of(data, dialect) == [
        [*header, "Output Image Urls", "Catalight Status", "Errors", "Bytes In", "Bytes Out", "Notes"],
        *([*cells, *results] for cells in written),
    ]

    again = parse(data)
    assert (again.dialect, again.header) == (dialect, header)
    assert [row.cells for row in again.rows] == written


def test_a_result_submitted_again_gets_new_result_columns() -> None:
    first = head(COMMA, HEADER) + line_of(COMMA, ("1", "Tea", "http://a"), [LOST])
    catalogue = parse(first)
    second = head(catalogue.dialect, catalogue.header) + line_of(COMMA, catalogue.rows[0].cells, [DONE])
    assert second == head(COMMA, HEADER) + line_of(COMMA, ("1", "Tea", "http://a"), [DONE])


NAMES = st.sampled_from([*RESULT_COLUMNS, "status", " Notes ", "Catalight Status", "Catalight Notes 2", "x"])


@given(st.lists(NAMES, max_size=8), st.integers(0, 8), st.lists(st.sampled_from(["Checked", "By"])))
def test_result_columns_share_no_name_with_the_users_and_can_be_sent_again(
    own: list[str], position: int, added: list[str]
) -> None:
    """Also if somebody moves all of them together, or adds columns behind them."""
    header = (*HEADER, *own)
    ours = cells_of(head(COMMA, header), COMMA)[0][len(header) :]
    assume(result_columns_in(header) == [])
    assert len(ours) == len({name.casefold() for name in ours}) == len(RESULT_COLUMNS)
    assert not {name.casefold() for name in ours} & {name.strip().casefold() for name in header}

    moved = [*header[:position], *ours, *header[position:], *added]
    assume(result_columns_in(moved) == [slice(position, position + len(ours))])
    data = io.StringIO(newline="")
    row = [name and f"http://{index}" for index, name in enumerate(moved)]
    csv.writer(data).writerows([moved, row])
    again = parse(data.getvalue().encode())
    assert again.header == (*header, *added)
    assert again.rows[0].cells == tuple(row[:position] + row[position + len(ours) :])


@pytest.mark.parametrize(
    ("own", "outputs"),
    [
        (["SKU", "Photo"], ["Output Photo"]),
        (["SKU", "Photo", "Photo"], ["Output Photo", "Output Photo"]),
        (["SKU", "Photo", "Output Photo"], ["Output Photo"]),  # a column of the user's own
        (["Serial Number", "Product Name", "Input Image Urls", "Output Image Urls"], ["Output Image Urls"]),
        (["SKU", "", "Price"], ["Output Image Urls"]),
        (["SKU", "Photo" * 100], [f"Output {'Photo' * 100}"[:207]]),
        (["Image 1", "Image 2", "Output Image 2"], ["Output Image 1", "Output Image 2"]),
    ],
)
def test_results_sent_again_lose_our_columns_alone(own: list[str], outputs: list[str]) -> None:
    sent_again = [*own, *names_beside(own, outputs)]
    assert own_columns(sent_again) == own
    assert own_columns([*own, *names_beside(own, outputs), "More"]) == [*own, "More"]


def test_an_unnamed_image_column_has_an_output_with_a_name() -> None:
    assert output_of(" \u200b") == "Output Image Urls"
