"""Repair sources whose metadata or end are at fault, and refuse those that lack pixels.

Pillow refuses the former. For the latter, libjpeg and Pillow show grey or black where there are no data.
"""

from PIL import Image, PngImagePlugin

from catalight.adapters.codec.images.formats import png_chunks
from catalight.adapters.codec.jpeg import complete, segments

# Pillow applies its limit for texts also to profiles. Of texts only those below a megabyte get here.
PngImagePlugin.MAX_TEXT_CHUNK = png_chunks.MAX_PROFILE

_GREY, _TOLERANCE = 128, 4


def repaired(data: bytes) -> tuple[bytes, bool]:
    """Return the source as Pillow can read it, and whether it had an end; other formats stay as they are."""
    if data.startswith(png_chunks.SIGNATURE):
        return png_chunks.repaired(data), True
    return segments.repaired(data) if data.startswith(segments.SOI) else (data, True)


def check_rows(image: Image.Image, data: bytes) -> None:
    """Raise OSError if a loaded PNG lacks rows.

    Pillow leaves rows without data at zero, from the last one upwards; so the data need only be inflated
    again, which takes a third of the time of decoding, if the last row has nothing else.
    """
    if image.format != "PNG":
        return
    last = image.crop((0, image.height - 1, *image.size))
    if image.mode.endswith("A"):  # alpha may be made from a transparent colour
        last = last.convert(image.mode[:-1])
    if (image.info.get("interlace") or not last.getbbox()) and not png_chunks.has_all_rows(data):
        raise OSError("the PNG lacks rows")


def check_coded_data(image: Image.Image, data: bytes, *, ended: bool) -> None:
    """Raise OSError if a loaded JPEG lacks coded data, or may lack them and had no end of its own."""
    whole = complete.is_complete(data, ended=ended, reached=ended and not _ends_grey(image))
    if whole is False or not (whole or ended):
        raise OSError("the JPEG lacks coded data")


def _ends_grey(image: Image.Image) -> bool:
    """Whether the last pixel is as grey as libjpeg makes it if its MCU has no data.

    Only its luma is, because upsampling mixes its chroma with that of other MCUs.
    """
    last = image.crop((image.width - 1, image.height - 1, *image.size)).convert("L").tobytes()[0]
    return image.mode == "CMYK" or abs(last - _GREY) <= _TOLERANCE
