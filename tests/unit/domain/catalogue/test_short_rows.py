"""Short rows: which of them lose something, and which are as spreadsheet programs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue.catalogue import parse
from catalight.domain.errors import CatalogueError

NAMES = ("Serial Number", "Product Name", "Input Image Urls", "Colour", "Size")
VALUES = {
    "Serial Number": "7",
    "Product Name": "Pot with lid",
    "Input Image Urls": "http://a/b.jpg",
    "Colour": "dark red",
    "Size": "very large",
}
HEADER = "Serial Number,Product Name,Input Image Urls"
GOOD = "1,Tea,http://a/x.jpg"
ORDERS = st.integers(3, 5).flatmap(lambda width: st.permutations(NAMES[:width]))


def warned(*lines: str, header: str = HEADER) -> list[tuple[str, int | None]]:
    """Code and line of each warning, which are the problems if `strict` is true."""
    data = "\n".join((header, *lines, "")).encode()
    warnings = parse(data).warnings
    if warnings:
        with pytest.raises(CatalogueError) as caught:
            parse(data, strict=True)
        assert caught.value.problems == warnings
    return [(warning.code, warning.line) for warning in warnings]


def row_of(names: list[str], serial: int = 1) -> list[str]:
    """The cells of a row with a URL in its image column."""
    values = VALUES | {"Serial Number": str(serial), "Input Image Urls": f"http://a/{serial}.jpg"}
    return [values[name] for name in names]


@given(ORDERS, st.sampled_from([";", "\t", "|", "~"]))
def test_a_row_with_another_delimiter_is_named(names: list[str], delimiter: str) -> None:
    lines = (",".join(row_of(names)), delimiter.join(row_of(names, 2)), ",".join(row_of(names, 3)))
    found = parse("\n".join((",".join(names), *lines)).encode()).warnings
    named = [warning for warning in found if warning.code == "short_row"]
    assert [warning.line for warning in named] == [3]
    assert ("a tab" if delimiter == "\t" else f'"{delimiter}"') in named[0].message


@given(st.data(), ORDERS)
def test_a_row_whose_url_moved_because_a_cell_is_missing_is_named(
    data: st.DataObject, names: list[str]
) -> None:
    cells = row_of(names, 2)
    del cells[data.draw(st.integers(0, len(names) - 1).filter(lambda i: names[i] != "Input Image Urls"))]
    image = names.index("Input Image Urls")
    named = ("short_row", 3) in warned(",".join(row_of(names)), ",".join(cells), header=",".join(names))
    required = max(names.index(name) for name in NAMES[:3])
    assert named == (cells[image : image + 1] != ["http://a/2.jpg"] or len(cells) <= required)


@given(st.data(), ORDERS, st.sampled_from(["\n", "\n\n", " \n"]))
def test_a_line_break_without_quotes_is_named_wherever_it_leaves_two_short_rows(
    data: st.DataObject, names: list[str], line_break: str
) -> None:
    """Both lines are named if the serial number stands before the break, so that the rest has none."""
    column = data.draw(st.integers(1, len(names) - 2).filter(lambda index: names[index] != "Serial Number"))
    rows = [row_of(names, serial) for serial in (1, 2, 3)]
    start, rest = ("http://a/2.jpg",) * 2 if names[column] == "Input Image Urls" else ("nice", "lid")
    rows[1][column] = f"{start}{line_break}{rest}"
    found = warned(*(",".join(row) for row in rows), header=",".join(names))
    lines = [line for code, line in found if code == "short_row"]
    both = [3, 3 + line_break.count("\n")]
    assert lines
    assert lines == both or names.index("Serial Number") > column
    assert set(lines) <= set(both)


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["2,Pot", "with lid,http://b"], [3, 4]),
        (["2,Pot", "5 litres,http://b"], [3, 4]),
        (["2,Pot", "with", "lid,http://b"], [3, 4, 5]),
        (["2,Cup", "3,Pot", "with lid,http://b", "4,Jug"], [4, 5]),
        (["2,Pot", "with lid,"], [3, 4]),
        (["2,Pot,http://b", "http://c", "http://d", "3,Cup,http://e"], [4, 5]),
        (["2,http://b"], [3]),
        (["http://b"], [3]),
        (["2;Pot;http://b", "3;Cup;http://c"], [3, 4]),
        (["2;Pot;http://b;http://c"], [3]),
        (["2"], []),
        (["2,Pot", "3,Cup", "4", "5,Jug,", ""], []),
        (["2,Pot", "Drinks", "3,Cup"], []),
        (["Drinks", "2,Pot,http://b", "Total: 3 products"], []),
        (["SKU-2,Pot", "SKU-3,Cup"], []),
        (["2", "with lid,Pot,http://b"], [3]),
        (["1,A,http://a/1.jpg", "Kitchen,", "2,Pot,http://b/2.jpg"], []),
    ],
)
def test_short_rows_are_named_if_they_lose_something(lines: list[str], named: list[int]) -> None:
    assert warned(GOOD, *lines) == [("short_row", line) for line in named]


@given(st.lists(st.integers(0, 2), max_size=8), st.integers(3, 5))
def test_rows_without_their_empty_last_cells_are_sound(left_out: list[int], width: int) -> None:
    names = list(NAMES[:width])
    rows = [row_of(names, serial) for serial in range(len(left_out) + 1)]
    lines = [",".join(row[: 5 - count]) for row, count in zip(rows, [0, *left_out], strict=True)]
    assert warned(*lines, header=",".join(names)) == []
    without_urls = [f"{serial},Pot" for serial in range(8)]
    assert warned(*lines, *without_urls, header=",".join(names)) == []


def test_rows_of_a_result_without_their_empty_notes_are_sound() -> None:
    header = f"{HEADER},Output Image Urls,Status,Errors,Bytes In,Bytes Out,Notes"
    assert warned(f"{GOOD},http://l/images/a.jpg,DONE,,2,1", GOOD, header=header) == []


def test_a_warning_shows_the_url_that_is_lost() -> None:
    (warning,) = parse(f"{HEADER}\n{GOOD}\n2,http://me:secret@b/x.jpg\n".encode()).warnings
    assert warning.found == "http://…@b/x.jpg"
    assert warning.message.startswith("The row has 2 cells, but the header has 3. ")


def test_a_file_of_short_rows_only_is_refused_with_their_lines() -> None:
    with pytest.raises(CatalogueError) as caught:
        parse(f"{HEADER}\n1;Tea;http://a\n2;Pot;http://b\n".encode())
    assert [(problem.code, problem.line) for problem in caught.value.problems] == [
        ("no_usable_url", None),
        ("short_row", 2),
        ("short_row", 3),
    ]


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        (["2;Pot;http://b,,"], [("misplaced_url", 3)]),
        (['"2,Pot,http://b",,'], [("misplaced_url", 3)]),
        (["2,http://b,"], [("misplaced_url", 3)]),
        (["2,//b.com/1.jpg,"], [("misplaced_url", 3)]),
        (["http://b,Pot,"], [("misplaced_url", 3)]),
        (["2;Pot;http://b,http://c,http://d"], [("misplaced_url", 3)]),
        (["2", "with lid,http://b,"], [("short_row", 3), ("misplaced_url", 4)]),
        (["2", "3,http://b,"], [("misplaced_url", 4)]),
        (['"2,Pot,http://b"'], [("short_row", 3)]),
        (["2;Pot;//b.com/1.jpg"], [("short_row", 3)]),
        (["2,www.b.com/1.jpg"], [("short_row", 3)]),
    ],
)
def test_urls_outside_their_column_are_named(lines: list[str], named: list[tuple[str, int]]) -> None:
    assert warned(GOOD, *lines) == named


def test_a_section_after_trimmed_rows_is_not_named() -> None:
    lines = ("1,A,http://a/1.jpg", "Kitchen,", "2,B,http://a/2.jpg", ",colour: red", "3,C,http://a/3.jpg")
    assert warned(*lines, header=f"{HEADER},Price") == []
