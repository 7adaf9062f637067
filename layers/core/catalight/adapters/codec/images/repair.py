"""Repair sources whose metadata or end are at fault, and refuse those that lack pixels.

Pillow refuses the former. For the latter, libjpeg and Pillow show grey or black where there are no data.
"""

from PIL import Image, PngImagePlugin

from catalight.adapters.codec.images import png_chunks
from catalight.adapters.codec.jpeg import complete, segments

# Pillow applies its limit for texts also to profiles. Of texts only those below a megabyte get here.
PngImagePlugin.MAX_TEXT_CHUNK = png_chunks.MAX_PROFILE


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
    if (image.info.get("interlace") or not last.getbbox(alpha_only=False)) and not png_chunks.has_all_rows(
        data
    ):
        raise OSError("the PNG lacks rows")


def check_coded_data(data: bytes, *, ended: bool) -> None:
    """Raise OSError if a JPEG lacks coded data; without its own end, only if it surely has all of them."""
    whole = complete.is_complete(data, ended=ended)
    if whole is False or not (whole or ended):
        raise OSError("the JPEG lacks coded data")
