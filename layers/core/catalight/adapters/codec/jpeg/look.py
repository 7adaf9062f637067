"""What a quality means: Pillow's look at that number, with other quantisation tables that take fewer bytes.

The tables are those of N. Robidoux, which ImageMagick's forum discussed and mozjpeg uses: for luma and
chroma alike, and coarser at high frequencies than those of T.81, annex K, which libjpeg uses. The lowest
frequencies are finer, DC most: its bits are few, and without them smooth areas get bands. `python -m
bench.shape` changes them further, apart for luma and chroma and for low and high qualities (shape.py). The
search in native/search.c makes an image coarser too. So at the same look another nominal quality is
needed: `python -m bench.curve` measures that.
"""

import struct
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache, partial
from itertools import pairwise
from operator import eq, ge
from statistics import fmean
from typing import NamedTuple

from catalight.adapters.codec.jpeg import shape

# Quantisation tables of quality 50, in zigzag order. T.81, annex K: for luma and chroma.
_LUMA = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_CHROMA = bytes.fromhex("1112121815182f1a1a2f6342384263") + bytes([99] * 49)
_ROBIDOUX = struct.unpack(
    ">64H",
    bytes.fromhex(
        "000a000c000c000f0010000f00120014001400120019001b0018001b001900250022001f001f002200250038"
        "0028002b0028002b0028003800550035003e00350035003e00350055004b005b004a0045004a005b004b0087"
        "006a005e005e006a0087009c0083007c0083009c00bd00a900a900bd00ee00e200ee0137013701a2"
    ),
)

# Of qualities: the nominal quality of the tables, and what a bit may cost, in squared quantisation steps.
_CURVE = (
    (1, 1.0, 0.07),
    (30, 29.5, 0.07),
    (50, 52.8, 0.07),
    (75, 73.2, 0.07),
    (90, 89.2, 0.07),
    (100, 100.0, 0.0),
)
_LOW, _HIGH = 50, 90  # nominal qualities of the changes in shape.py: between them a part of both
_WHOLE = 65536  # of a squared step, in native/search.c
_QUALITIES = range(20, 96)  # that an output is told by: those of `quality=auto`
_OUTPUT = 0.45  # of an output's steps are at least those of its quality
_WORTH = 5  # what halving chroma may lose, in prices of all bits: more makes images larger at the same look


class Look(NamedTuple):
    """Quantisation steps for luma and for chroma, in zigzag order, and the price of a bit in the search."""

    luma: bytes
    chroma: bytes
    price: int

    def full_chroma(self) -> bytes:
        """Return the steps of chroma of full resolution.

        They are twice as large, since a coefficient of halved chroma stands for four times as many samples.
        """
        return _scaled(self.chroma, 2 * 100)

    def loses(self, lost: float, made: int) -> bool:
        """Whether halving chroma's resolution loses too much for the bits that it saves.

        `lost` is the sum of the squared differences, and the output has `made` bytes.
        """
        return lost * _WHOLE > _WORTH * 8 * made * self.price * fmean(
            step * step for step in self.chroma[1:15]
        )


@cache
def of_quality(quality: int) -> Look:
    """Return the look of a quality from 1 to 100."""
    return at(*_on_curve(quality))


def at(nominal: float, price: float) -> Look:
    """Return the look with the tables of a nominal quality and a price of a bit, in squared steps."""
    percent = 5000 / nominal if nominal < 50 else 200 - 2 * nominal
    share = min(1.0, max(0.0, (nominal - _LOW) / (_HIGH - _LOW)))
    luma, chroma = (
        _scaled(_shaped(starts, low, high, share), percent)
        for starts, low, high in zip((shape.LUMA_FROM, shape.CHROMA_FROM), shape.LOW, shape.HIGH, strict=True)
    )
    return Look(luma, chroma, round(price * _WHOLE))


def _shaped(starts: Sequence[int], low: Sequence[int], high: Sequence[int], share: float) -> Iterator[float]:
    """Yield the steps of quality 50 with `share` of the changes of high qualities, the rest of low ones."""
    for (start, end), few, many in zip(pairwise((*starts, len(_ROBIDOUX))), low, high, strict=True):
        for step in _ROBIDOUX[start:end]:
            yield step * (few + (many - few) * share) / 100


def price_at(nominal: float) -> float:
    """Return the price of a bit that goes with the tables of about this nominal quality."""
    return _on_curve(round(nominal))[1]


@cache
def of_pillow(quality: int) -> tuple[bytes, bytes]:
    """Return libjpeg's quantisation tables of a quality, in zigzag order: luma, chroma."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return _scaled(_LUMA, percent), _scaled(_CHROMA, percent)


def _on_curve(quality: int) -> tuple[float, float]:
    for (low, *before), (high, *after) in pairwise(_CURVE):
        if quality <= high:
            part = (quality - low) / (high - low)
            nominal, price = (a + part * (b - a) for a, b in zip(before, after, strict=True))
            return nominal, price
    raise ValueError(f"there is no quality {quality}")


def _scaled(steps: Iterable[float], percent: float) -> bytes:
    return bytes(min(255, max(1, int((step * percent + 50) / 100))) for step in steps)


@lru_cache(maxsize=512)
def quality_of(steps: tuple[bytes, ...]) -> int | None:
    """Return the quality at which these steps, luma first, were made; None if they are of no output.

    An output has no finer steps than the quality, most of them are the quality's own, and the others are
    those of its source. Tables of libjpeg and mozjpeg have finer ones, or few in common with a quality.
    """
    for full in (False, True):
        equal = partial(_equal, steps, full=full)
        # Higher qualities have no larger steps, so those of which none of `steps` is finer come last.
        first = bisect_left(_QUALITIES, 0, key=equal)
        if first < len(_QUALITIES) and equal(_QUALITIES[first]) >= _OUTPUT * sum(map(len, steps[:2])):
            return _QUALITIES[first]
    return None


def _equal(steps: Sequence[bytes], quality: int, *, full: bool) -> int:
    """Return how many steps of luma, and of one chroma component, are the quality's; -1 if one is finer."""
    asked = of_quality(quality)
    tables = list(zip(steps, (asked.luma, asked.full_chroma() if full else asked.chroma), strict=False))
    if not all(all(map(ge, own, table)) for own, table in tables):
        return -1
    return sum(sum(map(eq, own, table)) for own, table in tables)


def already(steps: Sequence[bytes], quality: int) -> bool:
    """Whether an image with these steps, luma first, is at this quality or below, as Pillow measures it."""
    asked = of_pillow(quality)
    return all(
        own >= least
        for index, table in enumerate(steps)
        for own, least in zip(table, asked[min(index, 1)], strict=True)
    )
