"""The quick way's outputs beside those of the way through pixels."""

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


def light(data: bytes, quality: int = 50, orientation: int = 1) -> bytes:
    result = requantised(data, quality, orientation=orientation)
    assert result is not None, "there is no quick way"
    return result


def ssim(one: Image.Image, other: Image.Image) -> float:
    """Structural similarity of two pictures' brightness, over windows that do not overlap."""
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
    """Brightness and colours as they stand there, upright."""
    image = Image.open(BytesIO(data))
    if image.mode != "L":
        image.draft("YCbCr", image.size)
    return [plane.tobytes() for plane in ImageOps.exif_transpose(image).split()]


def assert_as_near(source: bytes, quick: bytes, slow: bytes, factor: float, levels: float) -> None:
    """Whether the quick way's planes are about as near to the source's as the slow way's."""
    for before, ours, theirs in zip(*map(planes, (source, quick, slow)), strict=True):
        assert error(before, ours) <= factor * error(before, theirs) + levels


def error(one: bytes, other: bytes) -> float:
    return math.sqrt(fmean((a - b) ** 2 for a, b in zip(one, other, strict=True)))
