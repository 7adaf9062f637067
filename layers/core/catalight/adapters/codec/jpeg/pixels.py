"""Encode pixels as a JPEG, with the search of requantised JPEGs."""

from ctypes import c_char_p, c_void_p
from functools import partial

from catalight.adapters.codec import native
from catalight.adapters.codec.jpeg import auto, coefficients, look, write
from catalight.adapters.codec.jpeg.auto import Made
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
    header = _header(size, grey=grey)
    steps, (price, _) = _plan(header, quality)
    header.steps = dict(enumerate(steps))
    with coefficients.from_pixels(library, address, header, price) as made:
        return write.written(header, steps, made, exif)


def settled(
    address: c_void_p | c_char_p, size: tuple[int, int], least: float, exif: bytes, *, grey: bool
) -> Made | None:
    """Encode like `encoded`, at the lowest quality whose estimated score is `least` or more."""
    library = native.library()
    if library is None:
        return None
    header = _header(size, grey=grey)
    with auto.from_pixels(library, address, header, partial(_plan, header), least) as made:
        written = write.written(header, made.steps, made.coefficients, exif) if made else None
        return Made(written, made.quality, made.score) if made and written else None


def _header(size: tuple[int, int], *, grey: bool) -> Header:
    blocks = write.GREY if grey else write.SUBSAMPLED
    components = [Component(index + 1, *block, index) for index, block in enumerate(blocks)]
    return Header(b"", width=size[0], height=size[1], components=components)


def _plan(header: Header, quality: int) -> tuple[list[bytes], tuple[int, int]]:
    asked = look.of_quality(quality)
    return [asked.luma, asked.chroma, asked.chroma][: len(header.components)], coefficients.both_prices(
        asked.price
    )
