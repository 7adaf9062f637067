"""Convert grey of more than 8 bits a pixel, integers or floating point, to 8 bits. Pillow would clip it."""

import math
from functools import lru_cache

from PIL import Image, ImageChops

from catalight.adapters.codec.images.formats import tiff
from catalight.domain.errors import ImageError, ImageErrorCode

MODES = frozenset({"I", "I;16", "I;16B", "I;16L", "F"})

_VALUES = 65_536
_USED = 4  # an image whose largest value is less than white by more than this factor has a white of its own


def eight_bits(source: Image.Image) -> Image.Image:
    """Convert to L, or to LA if one value is transparent (PNG specification, 11.3.2.1).

    The range of 32-bit and signed values is not stored. White is 1, 255, 65,535 or the largest possible
    value, whichever fits; otherwise the range is what occurs. Raises ImageError if a value is not finite.
    """
    grey = _scaled(source) if source.mode in ("I", "F") else _through_table(source)
    if tiff.white_is_zero(source):
        grey = ImageChops.invert(grey)
    grey.info = {}
    return grey


def _through_table(source: Image.Image) -> Image.Image:
    """Convert unsigned integers of up to 16 bits."""
    values, key = source.convert("I"), source.info.get("transparency")
    grey = values.point(_table((1 << tiff.bits(source, 16)) - 1), "L")
    if key is not None:
        grey.putalpha(values.point(_opacity(key), "L"))
    return grey


@lru_cache(maxsize=2)
def _table(white: int) -> list[int]:
    return [min(255, (value * 255 + white // 2) // white) for value in range(_VALUES)]


def _opacity(key: int) -> list[int]:
    table = [255] * _VALUES
    table[key] = 0
    return table


def _scaled(source: Image.Image) -> Image.Image:
    """Convert integers of 32 bits or with a sign, and floating point."""
    low, high = source.getextrema()
    if not (isinstance(low, int | float) and isinstance(high, int | float) and math.isfinite(high - low)):
        detail = "A floating-point image with values that are not finite is not supported."
        raise ImageError(ImageErrorCode.CORRUPT_IMAGE, detail)
    if (
        source.mode == "I" and low < 0 and not tiff.signed(source)
    ):  # Pillow takes the highest bit for the sign
        return Image.frombytes("RGBA", source.size, source.tobytes()).getchannel("A")
    black, white = _range(low, high, _whites(source))
    scale = 255 / (white - black)
    offset = 0.5 - black * scale
    return source.convert("F").point(lambda value: value * scale + offset).convert("L")


def _range(low: float, high: float, whites: tuple[int, ...]) -> tuple[float, float]:
    """Return the values to show as black and as white."""
    for white in whites:
        if low >= 0 and high <= white and (white == 1 or high * _USED >= white):
            return 0, white
    return (low, high) if low < high else (min(low, 0), max(high, 1))


def _whites(source: Image.Image) -> tuple[int, ...]:
    """Return the values that are usually white, in ascending order."""
    if source.mode == "F":
        return (1, 255, 65_535)
    largest = (1 << tiff.bits(source, 32) - tiff.signed(source)) - 1
    return (255, largest) if largest <= _VALUES else (255, _VALUES - 1, largest)
