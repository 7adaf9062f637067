"""Finding the delimiter and the required columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue.header import MAX_COLUMNS, Header, read_header
from catalight.domain.errors import CatalogueError, Problem


def header(*lines: str) -> Header:
    """The header of these lines."""
    return read_header([line + "\n" for line in lines])


def refused(*lines: str) -> tuple[Problem, ...]:
    """The problems that `read_header` raises."""
    with pytest.raises(CatalogueError) as caught:
        header(*lines)
    assert caught.value.total == len(caught.value.problems)
    return caught.value.problems


@pytest.mark.parametrize(
    "cells",
    [
        ("Serial Number", "Product Name", "Input Image Urls"),
        ("S. No.", "product_name", "input image urls"),
        ("S.No", "PRODUCT-NAME", "Image URLs"),
        ("Sr No", "Product", "Input Image URL"),
        ("Sr. No.", "Name", "INPUT_IMAGE_URLS"),
        ("Serial No", " Product  Name ", "image-url"),
        ("#", "Item", "Images"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_usual_names_and_delimiters_are_recognised(cells: tuple[str, ...], delimiter: str) -> None:
    found = header(delimiter.join(cells))
    assert (found.delimiter, found.record.cells, found.images) == (delimiter, list(cells), 2)


def test_columns_may_be_in_any_order_among_others() -> None:
    found = header("Image URLs;Colour, size;Product Name;Serial Number")
    assert (found.delimiter, found.images) == (";", 0)


def test_delimiters_and_line_ends_in_quoted_cells_are_honoured() -> None:
    found = header('"a, b, c, d";"Serial', 'Number";"Product Name";Input Image Urls', "1;2;3;4")
    assert found.delimiter == ";"
    assert (found.record.line, found.record.end, found.images) == (1, 2, 3)
    assert [record.cells for record in found.rows] == [["1", "2", "3", "4"]]


def test_blank_lines_before_the_header_are_skipped() -> None:
    found = header("", ",,", "Serial Number,Product Name,Input Image Urls")
    assert found.record.line == 3


def test_the_exact_name_is_preferred_to_its_variants() -> None:
    found = header("Image URL,Serial Number,No,Product Name,Name,Input Image Urls")
    assert found.images == 5


def test_each_missing_column_is_named_with_the_cells_that_were_found() -> None:
    problems = refused("SKU,Product Name,Photo")
    assert [(problem.code, problem.line, problem.column) for problem in problems] == [
        ("missing_column", 1, "Serial Number"),
        ("missing_column", 1, "Input Image Urls"),
    ]
    assert all('"SKU", "Product Name", "Photo"' in problem.message for problem in problems)


def test_a_long_header_is_listed_shortened() -> None:
    problem = refused(",".join(f"c{number}" for number in range(25)))[0]
    assert '"c19" and 5 more' in problem.message
    assert len(problem.found or "") == 80


def test_problems_of_a_missing_header_show_no_credentials() -> None:
    assert not any("secret" in f"{problem}" for problem in refused("1,Tea,http://me:secret@a/x.jpg"))


def test_only_empty_cells_are_no_header() -> None:
    assert "only empty cells" in refused('""')[0].message


@pytest.mark.parametrize("duplicate", ["Product Name", "product_name"])
def test_a_duplicate_required_column_is_refused(duplicate: str) -> None:
    (problem,) = refused(f"Serial Number,Product Name,Input Image Urls,{duplicate}")
    assert (problem.code, problem.line, problem.column) == ("duplicate_column", 1, "Product Name")
    assert f'"Product Name", "{duplicate}"' in problem.message


def test_two_variants_of_one_name_are_refused() -> None:
    (problem,) = refused("Serial Number,Product,Name,Input Image Urls")
    assert (problem.code, problem.found) == ("duplicate_column", '"Product", "Name"')


@pytest.mark.parametrize(
    "line", ['Serial Number,"Product Name"x,Input Image Urls', '"Serial Number,Product Name,Input Image Urls']
)
def test_a_broken_quote_in_the_header_is_reported(line: str) -> None:
    (problem,) = refused("", line, "1,a,http://a")
    assert (problem.code, problem.line, problem.found) == ("broken_quote", 2, line)


def test_more_columns_than_a_spreadsheet_has_are_refused() -> None:
    (problem,) = refused("Serial Number,Product Name,Input Image Urls" + ",x" * MAX_COLUMNS)
    assert problem.code == "too_many_columns"
    assert "16,387 cells; at most 16,384" in problem.message


@given(st.lists(st.text('Serial Number",;\t'), min_size=1))
def test_any_first_lines_give_a_header_or_a_catalogue_error(lines: list[str]) -> None:
    with pytest.raises(CatalogueError):
        header(*lines)
