"""Load a PNG that has a transparent colour (tRNS chunk; PNG specification, 11.3.2.1).

Pillow compares the colour's 16 bits with pixels that it has reduced or expanded to 8 bits.
"""

from typing import IO, cast

from PIL import Image, ImageChops
from PIL.PngImagePlugin import PngImageFile

_EXPANDED = {"1": (1, 255), "L;2": (3, 85), "L;4": (15, 17), "L": (255, 1), "RGB": (255, 1)}
_DEEP, _LOW_BYTES = "RGB;16B", "RGB;16L"  # the second unpacks the low byte of each big-endian value


def load(image: Image.Image) -> None:
    """Load an opened image of any format; where a PNG has its transparent colour, alpha becomes 0."""
    key = image.info.get("transparency")
    if key is None or not isinstance(image, PngImageFile) or not image.tile:
        image.load()
        return
    kind = str(image.tile[0].args)
    if kind == _DEEP:
        opaque = _differs(_low_bytes(image), [value & 0xFF for value in key])
        image.load()
        image.putalpha(ImageChops.lighter(opaque, _differs(image, [value >> 8 for value in key])))
        del image.info["transparency"]
        return
    if kind in _EXPANDED:
        bits, factor = _EXPANDED[kind]
        image.info["transparency"] = (
            (key & bits) * factor if isinstance(key, int) else tuple(value & bits for value in key)
        )
    image.load()


def _low_bytes(image: PngImageFile) -> Image.Image:
    """Decode the less significant bytes of an opened PNG of 16 bits a channel."""
    file = cast("IO[bytes]", image.fp)
    at = file.tell()
    file.seek(0)
    low = PngImageFile(file)
    low.tile = [low.tile[0]._replace(args=_LOW_BYTES)]
    low.load()
    file.seek(at)
    return low


def _differs(image: Image.Image, key: list[int]) -> Image.Image:
    """Return 255 for each pixel that does not have this colour, otherwise 0."""
    red, green, blue = (
        band.point([255 * (value != wanted) for value in range(256)])
        for band, wanted in zip(image.split(), key, strict=True)
    )
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)
