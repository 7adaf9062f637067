"""A big upload that is read in steps, interrupted anywhere, gives what one request gives."""

import gzip
from io import BytesIO

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalight.domain.image.rendition import Rendition
from catalight.domain.job.upload import SaidOfFile
from tests.unit.usecases.uploads.big import same

SIZES = {"head": 400, "piece": 700, "margin": 250, "most": 5}
HEADER = "Serial Number,Product Name,Input Image Urls"
URLS = [f"http://h/{name}.jpg" for name in "abcdef"]
CELLS = st.sampled_from(
    [
        *URLS,
        f"{URLS[0]} {URLS[1]}",
        f'"{URLS[0]}, {URLS[2]}"',
        f' "{URLS[3]}" ',
        f'"{URLS[4]}\n{URLS[5]}"',
        "no URL",
        "",
        "htps://h/x.jpg",
    ]
)
NAMES = st.sampled_from(
    [
        "Tea",
        '"a ""quoted"" name"',
        '"two\r\nlines"',
        ' " spaces around " ',
        '5" disk',
        "Grün",
        "茶",
        "",
        '"a,b"',
    ]
)
ROWS = st.lists(st.tuples(NAMES, CELLS), max_size=40)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
ENCODINGS = [
    ("utf-8", None),
    ("utf-8-sig", None),
    ("utf-16", None),
    ("utf-16-le", None),
    ("utf-16-be", None),
    ("cp1252", "windows-1252"),
    ("cp932", "shift_jis"),
    ("gb18030", "gb18030"),
    ("big5hkscs", "big5"),
    ("euc_jp", "euc-jp"),
    ("cp437", "ibm437"),
]


def text_of(rows: list[tuple[str, str]], end: str, blank: int = 0) -> str:
    lines = [f"{number},{name},{cell}" for number, (name, cell) in enumerate(rows, 1)]
    if blank:
        lines = [part for line in lines for part in (line, *[""] * blank)]
    return end.join(["A title", HEADER, *lines, ""])


@pytest.mark.parametrize(("codec", "encoding"), ENCODINGS)
@settings(max_examples=25)
@given(rows=ROWS, end=ENDS, crash_at=st.integers(1, 60), piece=st.integers(300, 900), blank=st.integers(0, 2))
def test_steps_give_what_one_request_gives(
    codec: str,
    encoding: str | None,
    rows: list[tuple[str, str]],
    end: str,
    crash_at: int,
    piece: int,
    blank: int,
) -> None:
    data = text_of(rows, end, blank).encode(codec, errors="replace")
    same(data, crash_at, SaidOfFile(encoding=encoding), {**SIZES, "piece": piece})


@settings(max_examples=100)
@given(text=st.text(alphabet='a,"\r\n http://h/x.jpg', max_size=900), crash_at=st.integers(1, 30))
@example(text='1,a,"http://h/x.jpg\r\n', crash_at=60)
def test_any_text_gives_what_one_request_gives(text: str, crash_at: int) -> None:
    start = f"{HEADER}\r\n" + "1,Tea,http://h/a.jpg\r\n" * 20
    same((start + text).encode(), crash_at, SaidOfFile(), SIZES)


@pytest.mark.parametrize("crash_at", range(1, 60))
def test_every_place_of_interruption(crash_at: int) -> None:
    rows = [("Tea", f"{URLS[n % 6]} http://h/{n}.jpg") for n in range(60)]
    data = text_of(rows, "\r\n").encode()
    assert same(data, crash_at, SaidOfFile(), SIZES, (Rendition(), Rendition(name="b"))) == "SUBMITTED"


@pytest.mark.parametrize("crash_at", range(1, 12))
def test_gzip(crash_at: int) -> None:
    data = text_of([("Tea", f"http://h/{n}.jpg") for n in range(60)], "\n").encode()
    packed = gzip.compress(data[:500]) + gzip.compress(data[500:])
    assert same(packed, crash_at, SaidOfFile(), SIZES) == "SUBMITTED"


@pytest.mark.parametrize("crash_at", [1, 4, 7, 10])
def test_workbooks(crash_at: int) -> None:
    workbook = openpyxl.Workbook()
    assert workbook.active
    workbook.active.append(HEADER.split(","))
    for number in range(30):
        workbook.active.append([number, "Tea", f"http://h/{number % 7}.jpg"])
    file = BytesIO()
    workbook.save(file)
    assert same(file.getvalue(), crash_at, SaidOfFile(), {"head": 400, "most": 5}) == "SUBMITTED"


def test_an_encoding_that_only_a_late_row_shows() -> None:
    rows = [("Tea", f"http://h/{n}.jpg") for n in range(60)]
    rows += [("Grüner Tee für Größere, schön süß", "http://h/x.jpg")] * 20
    data = text_of([(f'"{name}"', cell) for name, cell in rows], "\n").encode("cp1252")
    assert same(data, 999, SaidOfFile(), SIZES) == "SUBMITTED"


def test_a_row_that_is_not_utf_8_after_rows_that_are() -> None:
    data = (
        text_of([("Grün", f"http://h/{n}.jpg") for n in range(60)], "\n").encode()
        + b"1,\xff,http://h/x.jpg\n"
    )
    assert same(data, 999, SaidOfFile(), SIZES) == "FAILED"
