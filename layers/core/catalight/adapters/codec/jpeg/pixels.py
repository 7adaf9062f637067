"""Encode pixels as a JPEG, with the search of requantised JPEGs."""

from ctypes import c_char_p, c_void_p

from catalight.adapters.codec import native
from catalight.adapters.codec.jpeg import coefficients, look, write
from catalight.adapters.codec.jpeg.header import Component, Header


def encoded(
    address: c_void_p | c_char_p, size: tuple[int, int], quality: int, exif: bytes, *, grey: bool
) -> bytes | None:
    """Encode pixels: a byte each if they are grey, else red, green, blue and an unused byte, without gaps.

    Returns None without the native library, or if there are too many values for it, as in noise.
    """
    library = native.library()
    if library is None:
        return None
    asked = look.of_quality(quality)
    blocks = write.GREY if grey else write.SUBSAMPLED
    components = [Component(index + 1, *block, index) for index, block in enumerate(blocks)]
    steps = [asked.luma, asked.chroma, asked.chroma][: len(blocks)]
    header = Header(b"", width=size[0], height=size[1], components=components, steps=dict(enumerate(steps)))
    with coefficients.from_pixels(library, address, header, asked.price) as made:
        return write.written(header, steps, made, exif)
