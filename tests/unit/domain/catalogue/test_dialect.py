"""Decoding files and reading records."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue.dialect import decode
from catalight.domain.catalogue.files import TextFile
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.records import records
from catalight.domain.errors import CatalogueError, Problem

TEXT = "Serial Number,Product Name,Input Image Urls\r\n1,Čaj 一,http://a\r\n"


def refused(data: bytes) -> Problem:
    """The one problem that `decode` raises."""
    with pytest.raises(CatalogueError) as caught:
        decode(data)
    assert caught.value.total == 1
    return caught.value.problems[0]


@pytest.mark.parametrize(
    ("data", "bom"),
    [
        (TEXT.encode(), False),
        (TEXT.encode("utf-8-sig"), True),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), True),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), True),
        (TEXT.encode("utf-16-le"), True),
        (TEXT.encode("utf-16-be"), True),
    ],
)
def test_all_common_encodings_are_decoded(data: bytes, bom: bool) -> None:
    assert (decode(data).text, decode(data).marked) == (TEXT, bom)


def test_nul_characters_do_not_make_a_utf8_file_utf16() -> None:
    text = TEXT + "2,\x00\x00\x00\x00,http://b\r\n"
    assert decode(text.encode()) == TextFile(text)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04....", "xlsx"),
        (b"PK\x05\x06....", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", ".xls"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"7z\xbc\xaf\x27\x1c", "7z"),
        (b"Rar!\x1a\x07\x01\x00", "RAR"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"GIF87a", "GIF"),
        (b"GIF89a", "GIF"),
        (b"RIFF....WEBP", "WebP"),
    ],
)
def test_the_problem_with_a_non_csv_file_names_its_type(data: bytes, kind: str) -> None:
    problem = refused(data)
    assert problem.code == "not_a_csv"
    assert kind in problem.message


@pytest.mark.parametrize(
    "data", [b"", b" \r\n\t\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, 2 * codecs.BOM_UTF8]
)
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert refused(data).code == "empty_file"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_byte_that_cannot_be_decoded_is_reported_with_its_line(newline: str) -> None:
    """The message advises how to save the file."""
    start = f"Serial Number{newline}Tea{newline}Caf".encode()
    problem = refused(start + b"\xe9,x")
    assert (problem.code, problem.line, problem.found) == ("undecodable", 3, "0xE9")
    assert f"byte {len(start) + 1} of the file" in problem.message
    assert "CSV UTF-8" in problem.message


def test_a_byte_order_mark_counts_among_the_bytes() -> None:
    problem = refused(codecs.BOM_UTF16_LE + "a\n".encode("utf-16-le") + b"\x00\xd8")
    assert (problem.code, problem.line) == ("undecodable", 2)
    assert "byte 7 of the file" in problem.message


def test_records_have_the_numbers_of_their_physical_lines() -> None:
    read = list(records('a,b\n"c\n\nd",e\nf\n', ","))
    assert [(record.line, record.end, record.cells) for record in read] == [
        (1, 1, ["a", "b"]),
        (2, 4, ["c\n\nd", "e"]),
        (5, 5, ["f"]),
    ]


def test_reading_continues_after_a_broken_quote() -> None:
    lines = ["1,a", '2,"b"c', "3,d", '4,"e', 'f"g', "5,h", '6,"i', ""]
    read = list(records("\n".join(lines), ","))
    assert [record.line for record in read if record.problem is None] == [1, 3, 6]
    broken = [record.problem for record in read if record.problem]
    assert [(problem.code, problem.line, problem.found) for problem in broken] == [
        ("broken_quote", 2, '2,"b"c'),
        ("broken_quote", 4, '4,"e'),
        ("broken_quote", 7, '6,"i'),
    ]
    assert "seen on line 5" in broken[1].message


def test_a_cell_over_the_size_limit_is_a_problem_of_its_own() -> None:
    first, second = records("1," + "a" * 131_073 + "\n2,b\n", ",")
    problem = first.problem
    assert problem
    assert (problem.code, problem.line) == ("cell_too_long", 1)
    assert "131,072" in problem.message
    assert second.cells == ["2", "b"]


@pytest.mark.parametrize("marks", ["\ufeff", "\ufeff\ufeff", "\xef\xbb\xbf"])  # the last was encoded twice
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_repeated_byte_order_marks_are_dropped(marks: str, encoding: str) -> None:
    assert decode((marks + TEXT).encode(encoding)).text == TEXT


def test_a_web_page_in_another_encoding_is_named() -> None:
    problem = refused("<html><title>Zubehör</title>".encode("cp1252"))
    assert (problem.code, "HTML" in problem.message) == ("not_a_csv", True)


SPACES = st.text(" \t\u00a0\ufeff\u200b\u2060", max_size=3)
CELLS = st.tuples(SPACES, st.text('a ,;|\t"\r\n\ufeff') | st.text(), SPACES)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1), st.sampled_from([",", ";", "\t", "|"]))
def test_spaces_between_quotes_and_delimiters_are_dropped(
    rows: list[list[tuple[str, str, str]]], delimiter: str
) -> None:
    """What is within the quotes is kept as it is. (A line of one empty cell is blank.)"""
    text = "\n".join(
        delimiter.join(
            '{}"{}"{}'.format(
                before.replace(delimiter, ""), cell.replace('"', '""'), after.replace(delimiter, "")
            )
            for before, cell, after in row
        )
        for row in rows
    )
    read = list(records(text, delimiter))
    wanted = [[cell for _, cell, _ in row] for row in rows]
    assert [record.cells for record in read] == [
        cells for cells in wanted if len(cells) > 1 or bare(cells[0])
    ]


@given(st.lists(st.lists(st.text("a 5\u200b'"), min_size=1), min_size=1), st.booleans())
def test_spaces_in_cells_without_quotes_are_kept(rows: list[list[str]], quoted: bool) -> None:
    lines = ['"x" ,' if quoted else "x,", *(",".join(["y", *row]) for row in rows)]
    read = records("\n".join(lines), ",")
    next(read)
    assert [record.cells for record in read] == [["y", *row] for row in rows]


@pytest.mark.parametrize("cell", ['5" pipe', ' 5" pipe', 'the "big" one', ' "big" one'])
def test_quotes_within_a_cell_without_quotes_are_kept(cell: str) -> None:
    (record,) = records(f'1,{cell}, "x, y" \n', ",")
    assert record.cells == ["1", cell, "x, y"]
