"""Parsing catalogues: what is accepted, what is refused, and how precisely problems are reported."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue import catalogue, row_reader
from catalight.domain.catalogue.catalogue import (
    MAX_IMAGES_PER_ROW,
    MAX_PADDING,
    MAX_PROBLEMS,
    Catalogue,
    CatalogueRow,
    Source,
    parse,
)
from catalight.domain.catalogue.columns import Columns, Reason
from catalight.domain.catalogue.files import Dialect
from catalight.domain.catalogue.findings import Findings
from catalight.domain.catalogue.header import Header
from catalight.domain.catalogue.records import Record
from catalight.domain.catalogue.row_reader import RowReader
from catalight.domain.errors import CatalogueError, Problem

HEADER = "Serial Number,Product Name,Input Image Urls"
GOOD = "1,Tea,http://a/x.jpg"


def csv_of(*lines: str, header: str = HEADER, newline: str = "\n") -> bytes:
    """A catalogue with these lines below its header."""
    return newline.join((header, *lines, "")).encode()


def refused(data: bytes, *, strict: bool = False) -> CatalogueError:
    """The error that `parse` raises."""
    with pytest.raises(CatalogueError) as caught:
        parse(data, strict=strict)
    return caught.value


def found(error: CatalogueError) -> list[tuple[str, int | None, str | None]]:
    """Code, line and finding of each problem."""
    return [(problem.code, problem.line, problem.found) for problem in error.problems]


def test_a_catalogue_is_read() -> None:
    data = csv_of(
        '1,Tea,"https://cdn.x/w_400,h_300/a.jpg,https://cdn.x/b;v=1.jpg"', "2,Nothing,", newline="\r\n"
    )
    assert parse(data) == Catalogue(
        dialect=Dialect(",", "\r\n", bom=False),
        header=("Serial Number", "Product Name", "Input Image Urls"),
        rows=(
            CatalogueRow(
                2,
                ("1", "Tea", "https://cdn.x/w_400,h_300/a.jpg,https://cdn.x/b;v=1.jpg"),
                (
                    Source("https://cdn.x/w_400,h_300/a.jpg"),
                    Source("https://cdn.x/b;v=1.jpg"),
                ),
            ),
            CatalogueRow(3, ("2", "Nothing", ""), ()),
        ),
        warnings=(),
        warnings_total=0,
        columns=Columns((2,), 0, 1, Reason.CLASSIC),
        outputs=("Output Image Urls",),
        header_line=1,
        own_columns=Columns((2,), 0, 1, Reason.CLASSIC),
    )
    assert parse(data).images == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "~"])
def test_encoding_and_delimiter_make_no_difference(encoding: str, delimiter: str) -> None:
    text = f"{HEADER}\n1,Čaj,http://a/x.jpg\n".replace(",", delimiter)
    catalogue = parse(text.encode(encoding))
    assert catalogue.dialect == Dialect(delimiter, "\n", bom=encoding != "utf-8")
    assert catalogue.rows[0].cells == ("1", "Čaj", "http://a/x.jpg")


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        (f"{HEADER}\r\n{GOOD}\n", "\r\n"),
        (f"{HEADER}\n{GOOD}\r\n", "\n"),
        (f"{HEADER}\r{GOOD}\r", "\r\n"),
        (f'"Serial\nNumber",Product Name,Image URLs\r\n{GOOD}\r\n', "\r\n"),
    ],
)
def test_the_line_ending_of_the_header_is_used_for_the_result(text: str, newline: str) -> None:
    assert parse(text.encode()).dialect.newline == newline


def test_rows_have_the_number_of_their_first_physical_line() -> None:
    data = csv_of('1,"Tea\nand\ncups",http://a', "", "   ", '2,Pot,"http://b\nhttp://c"', "3,Cup,http://d")
    catalogue = parse(data)
    assert [row.line for row in catalogue.rows] == [2, 7, 9]
    assert [len(row.sources) for row in catalogue.rows] == [1, 2, 1]


def test_a_row_of_empty_cells_is_kept_and_an_empty_line_is_not() -> None:
    assert [row.cells for row in parse(csv_of(GOOD, ",,", "")).rows][1:] == [("", "", "")]


def test_a_short_row_is_padded() -> None:
    assert parse(csv_of(GOOD, "2")).rows[1] == CatalogueRow(3, ("2", "", ""), ())


def test_empty_cells_beyond_the_header_are_dropped() -> None:
    assert parse(csv_of(GOOD + ",, ,")).rows[0].cells == ("1", "Tea", "http://a/x.jpg")


def test_other_cells_beyond_the_header_are_a_problem() -> None:
    error = refused(csv_of(GOOD, "2,Pot,http://a/x.jpg,http://me:secret@b/y.jpg"))
    assert found(error) == [("extra_cells", 3, "http://…@b/y.jpg")]
    assert "double quotes" in error.problems[0].message


def test_other_columns_are_passed_through() -> None:
    catalogue = parse(csv_of("red,1,http://a, new ,Tea", header="Colour,Serial No,Images,Status,Name"))
    assert catalogue.header == ("Colour", "Serial No", "Images", "Status", "Name")
    assert catalogue.rows[0].cells == ("red", "1", "http://a", " new ", "Tea")


@pytest.mark.parametrize("before", ["", "Checked"])
@pytest.mark.parametrize("after", ["", "Checked", "Checked,Notes"])
@pytest.mark.parametrize("notes", ["", ",Notes"])
def test_result_columns_are_left_out_wherever_they_stand_together(
    before: str, after: str, notes: str
) -> None:
    own = [*filter(None, before.split(",")), *HEADER.split(",")]
    own_after = [*filter(None, after.split(","))] if notes or after != "Checked,Notes" else []
    ours = f"Output Image Urls,Catalight Status,Errors,Bytes In,Catalight Bytes Out 2{notes}".split(",")
    cells = [*(["b"] * (len(own) - 3)), *GOOD.split(",")]
    data = csv_of(
        ",".join([*cells, *["x"] * len(ours), *["a"] * len(own_after)]),
        header=",".join([*own, *ours, *own_after]),
    )
    catalogue = parse(data)
    assert catalogue.header == (*own, *own_after)
    assert catalogue.rows[0].cells == (*cells, *["a"] * len(own_after))
    assert [source.url for source in catalogue.rows[0].sources] == ["http://a/x.jpg"]


@pytest.mark.parametrize("notes", ["", ",Notes"])  # the first versions had no Notes column
def test_columns_of_an_earlier_run_are_left_out(notes: str) -> None:
    """Rows shorter than the header lose those of these cells that they have."""
    header = f"{HEADER},Status,Output Image Urls,Status,Errors,Bytes In,Bytes Out{notes}"
    catalogue = parse(csv_of(f"{GOOD},new,http://old,DONE,,1,2", f"{GOOD},new,http://old", header=header))
    assert catalogue.header == (*HEADER.split(","), "Status")
    assert [row.cells for row in catalogue.rows] == [(*GOOD.split(","), "new")] * 2


def test_a_users_own_column_named_like_a_result_column_is_kept() -> None:
    header = f"{HEADER},Status,Errors,Bytes In,Bytes Out"
    assert parse(csv_of(GOOD, header=header)).header == tuple(header.split(","))


def test_broken_quotes_are_reported_line_by_line() -> None:
    error = refused(csv_of('1,"Tea" pot,http://a', GOOD, '3,"Pot"" 5"x,http://b', '4,"Cup,http://c'))
    assert found(error) == [
        ("broken_quote", 2, '1,"Tea" pot,http://a'),
        ("broken_quote", 4, '3,"Pot"" 5"x,http://b'),
        ("broken_quote", 5, '4,"Cup,http://c'),
    ]


def test_a_cell_over_the_size_limit_is_a_problem() -> None:
    error = refused(csv_of("1," + "x" * 131_073 + ",http://a", GOOD))
    assert [(problem.code, problem.line) for problem in error.problems] == [("cell_too_long", 2)]


def test_a_file_without_rows_is_refused() -> None:
    error = refused(csv_of("", " "))
    assert found(error) == [("no_rows", None, None)]


def test_a_missing_column_is_refused() -> None:
    assert [problem.code for problem in refused(b"a,b\n1,2\n").problems] == ["missing_column"]


def test_an_unusable_source_fails_only_its_image() -> None:
    catalogue = parse(csv_of('1,Tea,"http://a/x.jpg, not a url"', header=HEADER.replace("Urls", "URL")))
    assert [source.usable for source in catalogue.rows[0].sources] == [True, False]
    (warning,) = catalogue.warnings
    assert (warning.code, warning.line, warning.column) == ("invalid_url", 2, "Input Image URL")
    assert (warning.found, catalogue.warnings_total, catalogue.images) == ("not a url", 1, 2)


def test_a_warning_is_short_and_shows_no_credentials() -> None:
    sources = f"http://a, http://me:secret@b/{'x' * 100}"
    (warning,) = parse(csv_of(f'1,Tea,"{sources}"')).warnings
    assert warning.found == "http://…@b/" + "x" * 68 + "…"
    assert "password" in warning.message


def test_strict_makes_an_unusable_source_a_problem() -> None:
    error = refused(csv_of(GOOD, "2,Pot,n/a", "3,Cup,http://a,x", "4,Jug,ftp://b"), strict=True)
    assert found(error) == [("invalid_url", 3, "n/a"), ("extra_cells", 4, "x"), ("invalid_url", 5, "ftp://b")]


def test_too_many_images_in_a_row_are_a_problem() -> None:
    allowed = ",".join(["http://a"] * MAX_IMAGES_PER_ROW)
    assert parse(csv_of(f'1,Tea,"{allowed}"')).images == MAX_IMAGES_PER_ROW
    error = refused(csv_of(f'1,Tea,"{allowed},http://b"'))
    assert found(error) == [("too_many_images", 2, "101 images")]
    assert "at most 100" in error.problems[0].message


def test_a_row_has_at_most_a_million_characters() -> None:
    header = f"{HEADER},{','.join(f'Note {number}' for number in range(9))},Errors"
    rest = 1_000_000 - len(GOOD.replace(",", "")) - 7 * 130_000
    texts = ",".join(["x" * 130_000] * 7)
    allowed = csv_of(f"{GOOD},{texts},{'é' * rest}", header=header)
    assert len(parse(allowed).rows) == 1
    error = refused(csv_of(GOOD, f"{GOOD},{texts},{'é' * rest},y", "3,Pot,,,,,,,,,,,,,z", header=header))
    assert found(error) == [("row_too_long", 3, "1,000,001 characters"), ("extra_cells", 4, "z")]
    assert "has 1,000,001 characters; at most 1,000,000 are allowed" in error.problems[0].message


def test_a_header_has_at_most_a_million_characters() -> None:
    names = ",".join(f"{number}{'x' * 124_990}" for number in range(8))
    assert len(parse(csv_of(GOOD, header=f"{HEADER},{names}")).rows) == 1
    error = refused(csv_of(GOOD, header=f"{HEADER},{names},{'y' * 100}"))
    assert [(problem.code, problem.line) for problem in error.problems] == [("row_too_long", 1)]


def test_the_links_of_a_row_and_the_texts_that_they_repeat_count_among_its_characters() -> None:
    """A link that holds many URLs would repeat the text of its cell with each."""
    header = Header(",", "\n", Record(1, 1, ["Image"]), Columns((0,), None, None, Reason.NAMES), iter(()))
    reader = RowReader(header, 0)
    link = " ".join(f"http://a/{number}.jpg" for number in range(10))
    reader.read(
        [Record(2, 2, ["x" * 90_000], links={0: link}), Record(3, 3, ["x" * 91_000], links={0: link})]
    )
    assert [row.line for row in reader.rows] == [2]
    assert [(problem.code, problem.line) for problem in reader.problems.kept] == [("row_too_long", 3)]


@pytest.mark.parametrize("strict", [False, True])
def test_a_file_without_a_usable_url_is_refused(strict: bool) -> None:
    """The problem shows the first text that was found instead of a URL."""
    problem = refused(csv_of("1,Tea,", "2,Pot,n/a"), strict=strict).problems[0]
    assert (problem.code, problem.column, problem.found) == ("no_usable_url", "Input Image Urls", "n/a")


def test_a_file_without_any_url_is_refused() -> None:
    assert found(refused(csv_of("1,Tea,"), strict=True)) == [("no_usable_url", None, None)]


def test_problems_and_warnings_are_listed_up_to_the_cap_but_all_counted() -> None:
    data = csv_of(GOOD, *["2,Pot,n/a"] * 150)
    catalogue = parse(data)
    assert (len(catalogue.warnings), catalogue.warnings_total) == (MAX_PROBLEMS, 150)
    error = refused(data, strict=True)
    assert (len(error.problems), error.total) == (MAX_PROBLEMS, 150)


def test_too_many_images_in_all_stop_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_reader, "MAX_IMAGES", 3)
    assert parse(csv_of(GOOD, GOOD, GOOD)).images == 3
    error = refused(csv_of(GOOD, GOOD, GOOD, GOOD, "5,Pot"))
    assert found(error) == [("too_many_images_in_all", 5, None)]
    assert "Split it into several files" in error.problems[0].message


def test_rows_with_problems_count_among_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a file of broken rows is not read to its end."""
    monkeypatch.setattr(row_reader, "MAX_ROWS", 3)
    error = refused(csv_of(GOOD, *['2,"a"b,http://a'] * 9))
    wanted = [("broken_quote", line, None) for line in (3, 4, 5)] + [("too_many_rows", 5, None)]
    assert [(code, line) for code, line, _ in found(error)] == [(code, line) for code, line, _ in wanted]


def test_a_file_of_more_invalid_urls_than_could_be_kept_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_reader, "MAX_ODD_URLS", 6)
    assert parse(csv_of(GOOD, '2,Pot,"a\nb\nc"')).images == 4
    assert parse(csv_of(GOOD, *["3,Pan,www.a.example/1.jpg"] * 6)).images == 7
    (problem,) = refused(csv_of(GOOD, '2,Pot,"a\nb"', '3,Pan,"c\nd"')).problems
    assert (problem.code, problem.line, problem.found) == ("too_many_invalid_urls", 5, "d")


def test_problems_beyond_the_cap_are_not_described() -> None:
    """Their messages would take more time than reading the rows."""
    findings = Findings()
    described = list[int]()

    def describe(number: int) -> Problem:
        described.append(number)
        return Problem("a", "b")

    for number in range(150):
        findings.add(partial(describe, number))
    assert (len(described), findings.total) == (MAX_PROBLEMS, 150)


def test_a_wide_header_over_many_short_rows_is_refused_before_it_fills_the_memory() -> None:
    columns = 10_000
    rows = MAX_PADDING // columns
    error = refused(csv_of(*["1"] * rows, header=HEADER + ",x" * columns))
    assert found(error) == [("short_rows", rows + 1, "1 of 10,003 cells")]


VALID = csv_of(GOOD, '2,"Pot ""big""\n",http://b|http://c', header=HEADER + ',"Čaj"')
EDITS = st.tuples(st.integers(0, len(VALID)), st.integers(0, 4), st.binary(max_size=4))
PIECES = st.sampled_from([HEADER, GOOD, *',;\t"\r\n\x00\ufeffé@', '""', "http://"])


@given(st.binary(), st.booleans())
def test_any_bytes_give_a_catalogue_or_a_catalogue_error(data: bytes, strict: bool) -> None:
    check(data, strict=strict)


@given(st.lists(EDITS, min_size=1), st.booleans())
def test_a_damaged_catalogue_gives_a_catalogue_or_a_catalogue_error(
    edits: list[tuple[int, int, bytes]], strict: bool
) -> None:
    data = VALID
    for position, length, inserted in edits:
        data = data[:position] + inserted + data[position + length :]
    check(data, strict=strict)


@given(st.lists(PIECES), st.sampled_from(["utf-8", "utf-16", "utf-16-le"]), st.booleans())
def test_any_text_below_a_header_gives_a_catalogue_or_a_catalogue_error(
    pieces: list[str], encoding: str, strict: bool
) -> None:
    check("\n".join((HEADER, "".join(pieces))).encode(encoding), strict=strict)


def check(data: bytes, *, strict: bool) -> None:
    """Parse, and check that the result or the error is consistent."""
    try:
        catalogue = parse(data, strict=strict)
    except CatalogueError as error:
        refusal = error
    else:
        check_catalogue(catalogue)
        return
    assert 0 < len(refusal.problems) <= min(refusal.total, MAX_PROBLEMS)


def check_catalogue(catalogue: Catalogue) -> None:
    """Lines ascend, rows are as wide as the header, and each unusable source has a warning."""
    sources = [source for row in catalogue.rows for source in row.sources]
    assert any(source.usable for source in sources)
    invalid = sum(not source.usable for source in sources)
    assert catalogue.warnings_total >= invalid
    if catalogue.warnings_total <= MAX_PROBLEMS:
        assert [warning.code for warning in catalogue.warnings].count("invalid_url") == invalid
    known = {"invalid_url", "short_row", "misplaced_url", "guessed_columns"}
    assert {warning.code for warning in catalogue.warnings} <= known
    assert all(len(row.cells) == len(catalogue.header) for row in catalogue.rows)
    assert [row.line for row in catalogue.rows] == sorted({row.line for row in catalogue.rows})


def test_more_rows_than_a_job_may_have_are_refused_at_the_first_one_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(row_reader, "MAX_ROWS", 2)
    row = b"1,a,http://h/a.jpg\n"
    head = b"Serial Number,Product Name,Input Image Urls\n"
    assert len(catalogue.parse(head + 2 * row).rows) == 2
    with pytest.raises(CatalogueError, match="more than 2 rows") as caught:
        catalogue.parse(head + 9 * row)
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [("too_many_rows", 4)]
