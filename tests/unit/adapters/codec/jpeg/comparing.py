"""Comparing outputs of the fast path (requantised) with those of the slow path (through pixels)."""

import math
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from itertools import product
from statistics import fmean

from PIL import Image, ImageOps

from catalight.adapters.codec.jpeg.requantise import requantised
from local.hosts.images import draw
from tests.unit.adapters.codec.looking import opened

WINDOW = 8


@cache
def drawn(width: int = 320, height: int = 240) -> Image.Image:
    return opened(draw(1, width, height, format="PNG")).convert("RGB")


def fast_path(data: bytes, quality: int = 50, orientation: int = 1) -> bytes:
    result = requantised(data, quality, orientation=orientation)
    assert result is not None, "there is no fast path"
    return result


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity (SSIM) of two images' luma, over windows that do not overlap."""
    assert one.size == other.size
    return fmean(_window_ssim(a, b) for a, b in zip(_windows(one), _windows(other), strict=True))


def _windows(image: Image.Image) -> Iterator[bytes]:
    grey = image.convert("L")
    for x, y in product(range(0, grey.width, WINDOW), range(0, grey.height, WINDOW)):
        yield grey.crop((x, y, min(x + WINDOW, grey.width), min(y + WINDOW, grey.height))).tobytes()


def _window_ssim(one: bytes, other: bytes) -> float:
    mean, mean_other = fmean(one), fmean(other)
    variance, variance_other = (
        fmean(v * v for v in one) - mean**2,
        fmean(v * v for v in other) - mean_other**2,
    )
    shared = fmean(a * b for a, b in zip(one, other, strict=True)) - mean * mean_other
    near, wide = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return ((2 * mean * mean_other + near) * (2 * shared + wide)) / (
        (mean**2 + mean_other**2 + near) * (variance + variance_other + wide)
    )


def planes(data: bytes) -> list[bytes]:
    """The luma and chroma planes at full size, set upright."""
    image = Image.open(BytesIO(data))
    if image.mode != "L":
        image.draft("YCbCr", image.size)
    return [plane.tobytes() for plane in ImageOps.exif_transpose(image).split()]


def assert_as_close(source: bytes, fast: bytes, slow: bytes, factor: float, levels: float) -> None:
    """Assert that the fast path's planes are about as close to the source's as the slow path's."""
    for before, from_fast, from_slow in zip(*map(planes, (source, fast, slow)), strict=True):
        assert error(before, from_fast) <= factor * error(before, from_slow) + levels


def error(one: bytes, other: bytes) -> float:
    """The root mean square error."""
    return math.sqrt(fmean((a - b) ** 2 for a, b in zip(one, other, strict=True)))
