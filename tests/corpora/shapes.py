"""Catalogues that are made to be expensive: repeated pieces, filled to the size that an upload may have.

Time is compared with that of an ordinary catalogue of the same size in the same process, so that the speed of
the machine and its other work cancel out.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.domain.catalogue import catalogue
from catalight.domain.errors import CatalogueError

SIZE = 4_400_000  # bytes
HEADER = "Serial Number,Product Name,Input Image Urls"
GOOD = "1,Tea,https://example.com/images/1.jpg"
MOST_TIME = 6  # times that of an ordinary catalogue of the same size, which takes 0.3 s
MOST_MEMORY = 140_000_000  # bytes
TRIES = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """A catalogue of `before`, `unit` as often as it fits, and `after`."""

    unit: str
    before: str = ""
    after: str = ""
    encoding: str = "utf-8"

    def of(self, size: int) -> bytes:
        """Return the catalogue with at most `size` bytes."""
        before, unit, after = (text.encode(self.encoding) for text in (self.before, self.unit, self.after))
        return (before + unit * max(1, (size - len(before) - len(after)) // len(unit)) + after)[:size]


ORDINARY = Shape(GOOD + "\n", HEADER + "\n")
BELOW, ABOVE = f"{HEADER}\n{GOOD}\n", f"\n{HEADER}\n{GOOD}\n"
CELL = '1,Tea,"{}"\n'
# Each of these took too much before reading was linear.
KNOWN = {
    "blank lines below the header": Shape("\n", BELOW),
    "carriage returns below the header": Shape("\r", BELOW),
    "lines of a space in an open cell": Shape(" \n", BELOW + '2,Pot,"'),
    "blank lines above titles": Shape("\n", after="title\n" * 20),
    "broken quotes": Shape('"a"b\n', BELOW),
    "long titles": Shape(" " * 100_000 + 'x"\n'),
    "long titles with quotes": Shape('"a" ,' * 20_000 + 'x"\n'),
    "long titles of delimiters": Shape(";" * 100_000 + 'x"\n'),
    "titles over several lines": Shape(' "a",' * 16_000 + '"\n'),
    "columns for each delimiter": Shape(",;\t|~", "t", ABOVE),
    "a wide header": Shape("aa,", HEADER + ",", ABOVE),
    "cells of 99 lines": Shape(CELL.format("a\n" * 99), BELOW),
    "cells of 99 URLs that are none": Shape(CELL.format("http://@\n" * 99), BELOW),
    "cells of 99 international hosts": Shape(CELL.format("http://é\n" * 99), BELOW),
    "parts of a row with a long number": Shape("x\n", BELOW + "a" * 130_000 + "1\n"),
    "other delimiters": Shape('"' + "".join(map(chr, range(0x2190, 0x2250))) + "a " * 60_000 + '"\n'),
    "byte order marks": Shape("\ufeff"),
    "URLs in broken markup": Shape("<://\u2028<Photo\x001<\n", after=ABOVE),
}

ATOMS = st.sampled_from(
    [
        *("\n", "\r\n", "\r", " ", "\t", ",", ";", "|", "~", '"', '""', '" ,', ' "', "a", "1", "é", "\0"),
        *("\u200b", "\ufeff", "\u2028", "\U0001f600", ".", "-", "#", "no", "@", ":", "<", "[", "{", "Photo"),
        *("//a", "www.a", "://", "http://a", "http://@", "Status", "Serial Number"),
        "Output Image Urls,Status,Errors,Bytes In,Bytes Out",
    ]
)
COUNTS = st.sampled_from([1, 2, 20, 49, 99, 1_000, 16_000, 60_000, 130_000])
STARTS = [
    *("", "title\n", "Serial Number,Product Name,Photo\n", '"Serial Number" ,Product Name,Images\r\n'),
    *(BELOW, BELOW + '1,2,"', HEADER + ",x" * 16_000 + "\n", HEADER.replace(",", ";") + "\n"),
]


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """Draw a shape: a piece is repeated, put between two others, and all of it is repeated."""
    texts = st.lists(ATOMS, min_size=1, max_size=4).map("".join)
    inner = draw(texts)
    inner *= min(draw(COUNTS), 1 + SIZE // 8 // len(inner))
    unit = (
        draw(st.sampled_from(["", "1,Tea,", '1,Tea,"']))
        + draw(texts)
        + inner
        + draw(st.sampled_from(["", "\n", '"\n']))
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-16-le"]))
    return Shape(unit, draw(st.sampled_from(STARTS)), draw(st.sampled_from(["", ABOVE])), encoding)


def seconds(data: bytes) -> float:
    """Return the CPU time that reading `data` takes."""
    began = time.process_time()
    with suppress(CatalogueError):
        catalogue.parse(data)
    return time.process_time() - began


def peak(data: bytes) -> int:
    """Return the bytes of memory that a process of its own takes to read `data`."""
    child = [sys.executable, "-m", "tests.corpora.reading"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return int(subprocess.run(child, input=data, stdout=subprocess.PIPE, check=True, env=environment).stdout)


def fault(shape: Shape, time_of: Callable[[bytes], float] = seconds) -> str | None:
    """Return what reading a shape takes too much of. A time counts only if it is too long at every try."""
    data, ordinary = shape.of(SIZE), ORDINARY.of(SIZE)
    ratio = min(_ratios(data, ordinary, time_of))
    if ratio > MOST_TIME:
        return f"{ratio:.1f} times the time of an ordinary catalogue"
    memory = peak(data)
    return f"{memory / 1e6:.0f} MB of memory" if memory > MOST_MEMORY else None


def _ratios(data: bytes, ordinary: bytes, time_of: Callable[[bytes], float]) -> Iterator[float]:
    for _ in range(TRIES):
        ratio = time_of(data) / time_of(ordinary)
        yield ratio
        if ratio <= MOST_TIME:
            return


def search(examples: int, *, always_the_same: bool = False) -> None:
    """Look for a shape that takes too much; raise AssertionError with it."""

    @settings(max_examples=examples, deadline=None, database=None, derandomize=always_the_same)
    @given(shapes())
    def is_cheap(shape: Shape) -> None:
        assert fault(shape) is None

    is_cheap()
