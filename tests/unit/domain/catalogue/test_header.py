"""Finding the delimiter and the required columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue import header as header_module
from catalight.domain.catalogue.columns import Columns, Reason
from catalight.domain.catalogue.header import Header, read_header
from catalight.domain.catalogue.header_choice import key
from catalight.domain.catalogue.requested import NOTHING, Request, Wanted
from catalight.domain.catalogue.required_columns import MAX_COLUMNS
from catalight.domain.errors import CatalogueError, Problem

HEADER = "Serial Number,Product Name,Input Image Urls"
ROW = "1,Tea,http://a/x.jpg"


def header(*lines: str, wanted: Wanted = NOTHING) -> Header:
    """The header of these lines."""
    return read_header("".join(line + "\n" for line in lines), wanted)


def refused(*lines: str, wanted: Wanted = NOTHING) -> tuple[Problem, ...]:
    """The problems that `read_header` raises."""
    with pytest.raises(CatalogueError) as caught:
        header(*lines, wanted=wanted)
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
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "~"])
def test_usual_names_and_delimiters_are_recognised(cells: tuple[str, ...], delimiter: str) -> None:
    found = header(delimiter.join(cells))
    assert (found.delimiter, found.record.cells, found.columns.images) == (delimiter, list(cells), (2,))


def test_columns_may_be_in_any_order_among_others() -> None:
    found = header("Image URLs;Colour, size;Product Name;Serial Number")
    assert (found.delimiter, found.columns.images) == (";", (0,))


def test_delimiters_and_line_ends_in_quoted_cells_are_honoured() -> None:
    found = header('"a, b, c, d";"Serial', 'Number";"Product Name";Input Image Urls', "1;2;3;4")
    assert found.delimiter == ";"
    assert (found.record.line, found.record.end, found.columns.images) == (1, 2, (3,))
    assert [record.cells for record in found.rows] == [["1", "2", "3", "4"]]


def test_blank_lines_before_the_header_are_skipped() -> None:
    found = header("", ",,", "Serial Number,Product Name,Input Image Urls")
    assert found.record.line == 3


def test_the_exact_name_is_preferred_to_its_variants() -> None:
    found = header("Image URL,Serial Number,No,Product Name,Name,Input Image Urls")
    assert found.columns.images == (5,)


def test_a_missing_column_of_images_is_named_with_the_cells_that_were_found() -> None:
    (problem,) = refused("SKU,Product Name,Colour")
    assert (problem.code, problem.line, problem.column) == ("missing_column", 1, "Input Image Urls")
    assert '"SKU", "Product Name", "Colour"' in problem.message


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


TITLES = st.sampled_from(
    [
        "sep=;",
        '"sep=,"',
        "Supplier catalogue 2024,,",
        '"ACME" shop',
        "Name: ACME; all products",
        "",
        ",,",
        ROW,
    ]
)


@given(st.lists(TITLES, max_size=19), st.sampled_from([",", ";", "\t", "|", "~"]))
def test_lines_above_the_header_are_skipped(titles: list[str], delimiter: str) -> None:
    found = header(*titles, HEADER.replace(",", delimiter), ROW.replace(",", delimiter))
    assert (found.delimiter, found.record.line) == (delimiter, len(titles) + 1)
    assert [record.line for record in found.rows] == [len(titles) + 2]


def test_the_header_is_among_the_first_20_lines_that_are_not_blank() -> None:
    blank = ["", " ", ";;", ",,", "\ufeff"] * 10
    assert header(*["title"] * 19, *blank, HEADER, ROW).record.line == 70
    (problem,) = refused(*["title"] * 20, HEADER, ROW)
    assert (problem.code, problem.line, problem.found) == ("no_header", 1, "title")
    assert HEADER in problem.message


@given(st.sampled_from("\u200b\u200e\u2060\ufeff\u00ad\u202a\u200d"), st.integers(0, len(HEADER)))
def test_invisible_characters_in_names_do_not_matter(character: str, position: int) -> None:
    assert header(HEADER[:position] + character + HEADER[position:], ROW).columns.images == (2,)


def test_only_images_are_needed() -> None:
    found = header("Supplier catalogue,,", "", "SKU,Product Name,Input Image Urls", "1,Tea,http://a")
    assert (found.record.line, found.columns) == (3, Columns((2,), 0, 1, Reason.NAMES))
    found = header("Photo", "http://a")
    assert found.columns == Columns((0,), None, None, Reason.NAMES)


def test_a_missing_column_is_reported_for_the_fullest_line() -> None:
    (problem,) = refused("Supplier catalogue", "SKU,Title,Page", "1,Tea,n/a")
    assert (problem.code, problem.line) == ("missing_column", 2)


@pytest.mark.parametrize(
    ("names", "images"),
    [("Image 1,Image 2,Image 3", (2, 3, 4)), ("Bild,Ansicht,Image Alt", (2,)), ("Foto 1,x,Foto 2", (2, 4))],
)
def test_several_image_columns_are_read(names: str, images: tuple[int, ...]) -> None:
    found = header(f"Serial Number,Product Name,{names}", "1,Tea,http://a,http://b,")
    assert found.columns == Columns(images, 0, 1, Reason.NAMES)


def test_two_columns_with_the_classic_name_are_both_read() -> None:
    assert header(f"{HEADER},Input Image URLs").columns.images == (2, 3)


@pytest.mark.parametrize("column", ["Serial Number", "Product Name"])
def test_an_ambiguous_column_is_refused(column: str) -> None:
    (problem,) = refused(f"{HEADER},{column}")
    assert (problem.code, problem.column) == ("duplicate_column", column)


def test_the_header_of_a_known_program_is_found_below_labels() -> None:
    labels = "Seller SKU,Product Name,Main Image URL,Other Image URL1"
    found = header("TemplateType=fptcustom,Version=2024", labels, "item_sku,item_name,main_image_url")
    assert (found.record.line, found.columns.program) == (3, "Amazon")


def test_columns_are_guessed_by_their_content() -> None:
    found = header("Price list,,", "a,b,c", "1,http://x/p/1,http://x/1.jpg", "2,http://x/p/2,http://x/2.jpg")
    assert (found.record.line, found.columns) == (2, Columns((2,), None, None, Reason.CONTENT))


def test_the_result_columns_of_an_earlier_run_are_no_images() -> None:
    results = "Output b,Status,Errors,Bytes In,Bytes Out,Notes"
    found = header(f"a,b,{results}", "1,http://x/1.jpg,http://y/1.jpg,DONE,,1,1,")
    assert found.columns.images == (1,)


def test_columns_that_hold_urls_of_pages_are_named() -> None:
    (problem,) = refused("a,b", "http://x/1,http://y/1")
    assert problem.code == "missing_column"
    assert '{"images": ["a"]}' in problem.message


def test_requested_columns_choose_the_header() -> None:
    lines = ("Price list,Photo,", "Code,View,Page", "1,http://x/1,http://y/1")
    found = header(*lines, wanted=Wanted(columns=Request(images=("View",), serial="Code")))
    assert (found.record.line, found.columns) == (2, Columns((1,), 0, None, Reason.REQUESTED))


def test_requested_columns_that_do_not_exist_are_named() -> None:
    wanted = Wanted(columns=Request(images=("View", "Nope")))
    (problem,) = refused("Price list,,", "Code,View,Page", "1,http://x/1,http://y/1", wanted=wanted)
    assert (problem.code, problem.column) == ("missing_column", "Nope")


def test_a_header_row_is_taken_as_told() -> None:
    lines = ("Photo,Page", "Image 1,Image 2", "http://x/1,http://y/1")
    assert header(*lines, wanted=Wanted(header_row=1)).columns.images == (0,)
    assert header(*lines, wanted=Wanted(header_row=2)).columns.images == (0, 1)


@pytest.mark.parametrize("row", [2, 9])
def test_a_header_row_without_text_is_refused(row: int) -> None:
    (problem,) = refused("Photo", "", "http://x/1", wanted=Wanted(header_row=row))
    assert (problem.code, problem.line) == ("no_header", row)


def test_remembered_columns_are_used_for_their_header() -> None:
    cells = ["Code", "View", "Photo"]
    wanted = Wanted(remembered={key(cells): Request(images=("View",))})
    found = header("Code,View,Photo", "1,http://x/1,http://y/1", wanted=wanted)
    assert found.columns == Columns((1,), 0, None, Reason.REMEMBERED)
    assert header("Code,View,Photos", wanted=wanted).columns.reason is Reason.NAMES


@pytest.mark.parametrize("delimiter", [*"^:!*&%$@\x1f", "§", "¦"])
def test_a_delimiter_that_is_not_accepted_is_named(delimiter: str) -> None:
    (problem,) = refused("Title", *(line.replace(",", delimiter) for line in (HEADER, "1,Tea,http//a")))
    assert (problem.code, problem.line) == ("no_header", 2)
    assert ("U+001F" if delimiter == "\x1f" else f'"{delimiter}"') in problem.message


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["", ",,"])
def test_lines_that_are_in_quotes_as_a_whole_are_named(delimiter: str, end: str) -> None:
    lines = (HEADER, '1,""Tea"",http://a')
    (problem,) = refused(*(f'"{line.replace(",", delimiter)}"{end}' for line in lines))
    assert (problem.code, problem.line) == ("no_header", 1)
    assert "double quotes as a whole" in problem.message


def test_a_file_without_a_header_is_refused_once() -> None:
    (problem,) = refused(ROW, "2,Pot,http://b")
    assert (problem.code, problem.line, problem.found) == ("no_header", 1, ROW)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('<?xml version="1.0"?>\n<rss><channel><item/></channel></rss>', "XML"),
        ("<products>\n<product/></products>", "XML"),
        (
            '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>\n<Workbook>',
            "Excel workbook in XML",
        ),
        ("<html><body>\n<table>", "HTML"),
        ("  <!DOCTYPE HTML>\n<title>", "HTML"),
        ("<table border=1>\n<tr><td>Serial Number</td></tr>", "HTML"),
        ("<!-- made by X -->\n<TABLE>", "HTML"),
        ('<?xml version="1.0"?><!DOCTYPE html>', "HTML"),
        ('[{"Serial Number": 1, "Product Name": "Tea"}]', "JSON"),
        ('{\n  "products": [', "JSON"),
        ('{"a": 1}\n{"a": 2}', "JSON"),
        ("[1, 2]", "JSON"),
        ("{\\rtf1\\ansi", "RTF"),
        ("MIME-Version: 1.0\nX-Document-Type: Workbook", "MHTML"),
    ],
)
def test_other_formats_of_text_are_named_once(text: str, kind: str) -> None:
    (problem,) = refused(*text.split("\n"))
    assert problem.code == "not_a_csv"
    assert kind in problem.message


@pytest.mark.parametrize(
    "title", ["[2024] Price list", "<ACME> Catalogue", '{ "spring" }', "[1, 2]", "<b>Tea"]
)
def test_title_lines_may_begin_like_another_format(title: str) -> None:
    assert header(title, HEADER, ROW).columns.images == (2,)


def test_a_header_may_begin_like_another_format() -> None:
    assert header(f"<b>,{HEADER}").columns.images == (3,)
    assert header(f'"[""x""]",{HEADER}').columns.images == (3,)


def test_no_more_lines_are_tried_once_these_have_too_many_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = ["A title", "Another title"]
    assert header(*titles, HEADER).record.line == 3
    monkeypatch.setattr(header_module, "MAX_CHARACTERS_TRIED", 10)
    assert [problem.code for problem in refused(*titles, HEADER)] == ["no_header"]


def test_a_header_wider_than_a_spreadsheet_is_not_searched_to_its_end() -> None:
    problems = refused("Serial Number,Product Name" + ",x" * MAX_COLUMNS + ",Input Image Urls")
    assert [problem.code for problem in problems] == ["too_many_columns", "missing_column"]


def test_blank_lines_of_any_kind_are_passed_and_counted() -> None:
    assert header("", " ", "\u200b\t", " ,; ", '""', "\x0b", "Title", *[""] * 60, HEADER).record.line == 68


def test_remembered_columns_hold_for_a_result_and_for_trailing_delimiters() -> None:
    cells = ["Code", "View", "Photo"]
    result = [*cells, "Output View", "Status", "Errors", "Bytes In", "Bytes Out", "Notes"]
    assert key(cells) == key(result) == key([*cells, "", " "])
    assert key(cells) != key(["Code", "View", "Photo 2"])
