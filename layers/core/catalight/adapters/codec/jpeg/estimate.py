"""The score of an output against its source, estimated from its coefficients: native/estimate.c and choose.c.

SSIMULACRA2 (100 is equal, 90 cannot be told apart side by side, 70 is high quality, 50 medium) is a function
of a weighted sum of errors. The sum here is calibrated on photographs: `python -m bench.calibrate`.
"""

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import CDLL, Structure, byref, c_double, c_uint32, c_void_p
from enum import IntFlag
from functools import cache, lru_cache
from math import sqrt

from catalight.adapters.codec.jpeg import calibrated, look
from catalight.adapters.codec.jpeg.coefficients import Image, Output, both_prices

QUALITIES = (20, 29, 39, 48, 57, 67, 76, 86, 95)
"""Between which the quality is interpolated, so they are the lowest and the highest."""
NEAR = 0.4  # of distances between which the look is even enough: about nine points of SSIMULACRA2

_POOLS = 6
_MOST_ERRORS = 100.0  # beyond the worst score


class Halved(IntFlag):
    """Where chroma lost half of its resolution, in native/estimate.h."""

    ACROSS = 1
    DOWN = 2


class Choice(Structure):
    """See native/choose.c."""

    _fields_ = (
        ("sample", c_void_p),
        ("features", c_double * _POOLS),
        ("errors", c_double),
        ("far", c_double),
        ("close", c_double),
        ("quality", c_uint32),
        ("estimates", c_uint32),
        ("below", c_uint32),
    )


def scaled(errors: float) -> float:
    """Return the SSIMULACRA2 of a weighted sum of errors, by the metric's own function."""
    errors *= 0.9562382616834844
    errors = 2.326765642916932 * errors - 0.020884521182843837 * errors**2 + 6.248496625763138e-05 * errors**3
    return max(0.0, 100 - 10 * errors**0.6276336467831387) if errors > 0 else 100.0


@lru_cache(maxsize=16)
def distance(score: float) -> float:
    """Return the square root of the errors of a score; less than any if there is none."""
    low, high = 0.0, _MOST_ERRORS
    if score > scaled(low):
        return -1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if scaled(middle) >= score else (low, middle)
    return sqrt(low)


@contextmanager
def chosen(
    library: CDLL, fine: Image, output: Output, halved: Halved, curve: bytes, score: float
) -> Iterator[Choice]:
    """Choose the quality with a score, for an output with the steps of `fine`. Raises MemoryError."""
    choice = Choice()
    arguments = byref(fine), byref(output), int(halved), curve, c_double(distance(score)), byref(choice)
    if not library.choose(*arguments):
        raise MemoryError("not enough memory to estimate the look of a JPEG")
    try:
        yield choice
    finally:
        library.forget(byref(choice))


def curve_of(qualities: Sequence[int], *, full: bool = False) -> bytes:
    """Return native/choose.c's curve of some qualities."""
    head = struct.pack("=8dI", *calibrated.WEIGHTS, calibrated.DEAD_ZONE, NEAR, len(qualities))
    return head + b"".join([_asked(quality, full=full) for quality in qualities])


@cache
def curve(*, full: bool) -> bytes:
    """Return the curve of all qualities that are tried, with chroma of full resolution or halved."""
    return curve_of(QUALITIES, full=full)


def _asked(quality: int, *, full: bool) -> bytes:
    asked = look.of_quality(quality)
    tables = asked.luma, asked.full_chroma() if full else asked.chroma, *look.of_pillow(quality)
    return struct.pack("=3I", quality, *both_prices(asked.price)) + b"".join(tables)
