"""Results in other forms than the classic CSV."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.catalogue.catalogue import parse
from catalight.domain.catalogue.files import Dialect
from catalight.domain.catalogue.result_columns import names_beside, outputs_of, own_columns
from catalight.domain.errors import ImageError, ImageErrorCode, ResultError
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Chosen
from catalight.domain.job.origin import Origin
from catalight.domain.job.result_csv import media_type
from catalight.domain.job.result_form import (
    CLASSIC,
    FailedPlaces,
    Placement,
    ResultEncoding,
    ResultForm,
    ResultFormat,
)
from catalight.domain.job.result_jsonl import unique_names
from catalight.domain.job.row import Image
from tests.results import a_job, a_row, written

DONE = Image("http://a").done("t/a.jpg", 1000, 300, 2, 1)
NOT_FOUND = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")
LOST = Image("http://c").failed(NOT_FOUND)
GAVE_UP = ImageError(ImageErrorCode.GAVE_UP, "It took 20 s.")
REPLACE = ResultForm(placement=Placement.REPLACE)
EMPTY = replace(REPLACE, failed=FailedPlaces.EMPTY)
JSONL = ResultForm(ResultFormat.JSONL)
ONLY_FAILED = ResultForm(only_failed=True)
INPUT = ResultForm(encoding=ResultEncoding.INPUT)
LINK = "https://l/images/t/a.jpg"


def in_rendition(image: Image, number: int, **fields: object) -> Image:
    return replace(image, rendition=number, **fields)  # type: ignore[arg-type]


def test_each_rendition_has_a_column_and_each_image_one_field() -> None:
    names = ("", "thumb", "zoom")
    job = a_job(
        header=["SKU", "Photo", "Side"],
        outputs=("Output Photo", "Output Side"),
        renditions=tuple(Rendition(name=name) for name in names),
    )
    small = in_rendition(DONE, 1, link="t/s.jpg", small=True, bytes_in=0, bytes_out=20)
    kept = in_rendition(DONE, 2, link="t/k.jpg", kept=True, bytes_in=0, bytes_out=100)
    first = [replace(DONE, notes=("URL_TRIMMED",)), small, kept]
    second = [in_rendition(LOST, 0), in_rendition(Image("x").failed(GAVE_UP), 1), in_rendition(LOST, 2)]
    third = [replace(one, column=1) for one in (DONE, in_rendition(LOST, 1), in_rendition(DONE, 2))]
    [header, line] = written(job, [a_row(("1", "x", "y"), [*first, *second, *third])]).decode().splitlines()
    assert header == (
        "SKU,Photo,Side,Output Photo,Output Photo (thumb),Output Photo (zoom),"
        "Output Side,Output Side (thumb),Output Side (zoom),Status,Errors,Bytes In,Bytes Out,Notes"
    )
    base = "https://l/images/t"
    assert line == (
        f'1,x,y,"{base}/a.jpg,","{base}/s.jpg,","{base}/k.jpg,",{base}/a.jpg,,{base}/a.jpg,PARTIAL,'
        '",not_found+gave_up,not_found",3000,1020,"KEPT+SMALL+URL_TRIMMED,,"'
    )


NAMES = st.sampled_from(["Output Photo", "Output Photo (thumb)", "Output Photo (x)", "Status", "Notes"])
RENDITIONS = st.lists(st.sampled_from(["thumb", "zoom", "a_B-1"]), max_size=3, unique=True)


@given(st.lists(NAMES, max_size=5), RENDITIONS)
def test_results_with_renditions_lose_our_columns_alone(own: list[str], names: list[str]) -> None:
    header = ["SKU", "Photo", *own]
    if own_columns(header) != header:
        return  # its own columns look like ours
    added = names_beside(header, outputs_of(["Output Photo"], ["", *names]))
    assert len({name.casefold() for name in added}) == len(names) + 6
    assert own_columns([*header, *added]) == header
    assert own_columns([*header, *added, "More"]) == [*header, "More"]


def test_the_lines_above_the_header_stay_if_urls_are_replaced() -> None:
    origin = Origin((2,), preamble=(("sep=", ""), (), ("Our list",)))
    job = a_job(Dialect(";", "\r\n", bom=True), origin=origin)
    rows = [a_row(("1", "Tea", "[http://a|http://c]"), [DONE, LOST]), a_row(("2", "", ""), [], 1)]
    above = "\ufeffsep=;\r\n\r\nOur list\r\nSerial Number;Product Name;Input Image Urls\r\n"
    assert written(job, rows, REPLACE).decode() == f"{above}1;Tea;[{LINK}|http://c]\r\n2;;\r\n"
    assert written(job, rows, EMPTY).decode() == f"{above}1;Tea;[{LINK}]\r\n2;;\r\n"
    assert written(job, rows, ONLY_FAILED).decode() == f"{above}1;Tea;[http://a|http://c]\r\n"
    assert not written(job, rows).decode().startswith("\ufeffsep")


def test_the_first_rendition_replaces_the_url() -> None:
    job = a_job(renditions=(Rendition(), Rendition(name="thumb")))
    lost = Image("http://b").failed(NOT_FOUND)
    images = [
        DONE,
        in_rendition(DONE, 1, link="t/s.jpg"),
        lost,
        in_rendition(replace(DONE, url="http://b"), 1),
    ]
    row = a_row(("1", "Tea", "http://a, http://b"), images)
    assert written(job, [row], REPLACE).decode().splitlines()[1] == f'1,Tea,"{LINK}, http://b"'


def test_behind_a_link_of_a_workbook_the_url_becomes_a_text() -> None:
    """Links are not carried, so the rows that failed could not be sent again with the texts before them."""
    notes = ("URL_LINKED",)
    done, lost = (replace(image, written="photo", notes=notes) for image in (DONE, LOST))
    rows = [a_row(("1", "", "photo"), [done]), a_row(("2", "", "photo"), [lost], 1)]
    lines = ["1,,photo", "2,,http://c"]
    assert written(a_job(), rows, REPLACE).decode().splitlines()[1:] == [f"1,,{LINK}", "2,,http://c"]
    assert written(a_job(), rows, EMPTY).decode().splitlines()[1:] == [f"1,,{LINK}", "2,,"]
    assert written(a_job(), rows, ONLY_FAILED).decode().splitlines()[1:] == lines[1:]


def test_a_job_that_is_older_than_its_origin_can_be_written_in_any_form() -> None:
    job = a_job(header=["SKU", "Photo", "Side"], outputs=("Output Photo", "Output Side"))
    row = a_row(("1", "http://a", "http://a"), [DONE, replace(LOST, url="http://a", column=1)])
    assert written(job, [row], EMPTY).decode().splitlines()[1] == f"1,{LINK},"
    assert written(job, [row], INPUT) == written(job, [row])


def test_json_lines() -> None:
    job = a_job(header=["SKU", "Photo", "Photo", ""], outputs=("Output Photo", "Output Photo"))
    images = [
        replace(DONE, chosen=Chosen(62, 70.4)),
        replace(LOST, column=1, written="//c", notes=("URL_SCHEME_ADDED",)),
    ]
    row = a_row(("é", "http://a", "//c"), images, 7)
    data = written(job, [row], JSONL)
    assert data.count(b"\n") == 1
    document = json.loads(data)
    nothing = {"format": None, "width": 0, "height": 0, "kept": False, "small": False, "unchanged": False}
    nothing |= {"quality": None, "score": None}
    assert document == {
        "row": 8,
        "state": "PARTIAL",
        "cells": {"SKU": "é", "Photo": "http://a", "Photo (2)": "//c", "Column 4": ""},
        "images": [
            {
                "column": "Photo",
                "url": "http://a",
                "written": None,
                "notes": [],
                "renditions": [
                    {
                        "name": "",
                        "state": "DONE",
                        "error": None,
                        "detail": None,
                        "output_url": LINK,
                        "bytes_in": 1000,
                        "bytes_out": 300,
                        "format": "jpeg",
                        "width": 2,
                        "height": 1,
                        "kept": False,
                        "small": False,
                        "quality": 62,
                        "score": 70.4,
                        "unchanged": False,
                    }
                ],
            },
            {
                "column": "Photo (2)",
                "url": "http://c",
                "written": "//c",
                "notes": ["URL_SCHEME_ADDED"],
                "renditions": [
                    {
                        "name": "",
                        "state": "FAILED",
                        "error": "not_found",
                        "detail": NOT_FOUND.detail,
                        "output_url": None,
                        "bytes_in": 0,
                        "bytes_out": 0,
                        **nothing,
                    }
                ],
            },
        ],
    }
    replaced = json.loads(written(job, [row], replace(JSONL, placement=Placement.REPLACE)))
    assert replaced["cells"]["Photo"] == LINK
    assert written(job, [a_row(("1",), [DONE])], replace(JSONL, only_failed=True)) == b""


@given(st.lists(st.sampled_from(["a", "a (2)", "a (3)", "", "Column 1", "Column 2", " a"]), max_size=8))
def test_names_of_cells_are_unique_and_those_that_are_keep_theirs(header: list[str]) -> None:
    names = unique_names(header)
    assert len(set(names)) == len(header)
    bare = [own.strip() for own in header]
    assert all(name == own for name, own in zip(names, bare, strict=True) if own and bare.count(own) == 1)


@pytest.mark.parametrize(
    ("encoding", "bom", "begin"),
    [
        ("windows-1252", True, "Größe".encode("cp1252")),
        ("shift_jis", True, None),
        ("utf-16-le", True, b"\xff\xfeG\0"),
        ("utf-16-be", True, b"\xfe\xff\0G"),
        ("utf-16", True, b"\xff\xfeG\0"),
        ("utf-8", True, b"\xef\xbb\xbfGr"),
        ("utf-8", False, b"Gr"),
    ],
)
def test_a_file_gets_its_own_encoding_back(encoding: str, bom: bool, begin: bytes | None) -> None:
    name = "Größe" if encoding != "shift_jis" else "寸法"
    job = a_job(
        Dialect(",", "\n", bom),
        [name, "Photo"],
        outputs=("Output Photo",),
        origin=Origin((1,), encoding=encoding),
    )
    data = written(job, [a_row(("1", "http://a"), [DONE])], INPUT)
    assert data.startswith(name.encode("cp932") if begin is None else begin)
    assert media_type(job, INPUT) == f"text/csv; charset={encoding}"
    assert media_type(job, CLASSIC) == "text/csv; charset=utf-8"
    if encoding != "utf-16":
        assert parse(written(job, [a_row(("1", "http://a"), [DONE])])).header == (name, "Photo")


def test_the_first_character_that_an_encoding_lacks_is_named() -> None:
    job = a_job(header=["A", "B"], origin=Origin((1,), encoding="windows-1252", preamble=(("x",),)))
    rows = [a_row(("1", "é")), a_row(("2", "aę"), [], 1)]
    with pytest.raises(ResultError) as error:
        written(job, rows, INPUT)
    assert error.value.code == "not_in_encoding"
    assert error.value.detail == (
        'windows-1252 has no U+0119, which is in row 3 of the result, column "B". Ask for utf-8.'
    )
    assert written(job, rows, INPUT.plain).decode().splitlines()[2].startswith("2,aę,")


def test_classic_results_of_a_job_with_an_origin_are_the_same() -> None:
    rows = [a_row(("1", "Tea", "http://a http://c"), [DONE, LOST])]
    of_file = a_job(origin=Origin((2,), 0, 1, preamble=(("Our list",),)))
    assert written(of_file, rows) == written(a_job(), rows)
