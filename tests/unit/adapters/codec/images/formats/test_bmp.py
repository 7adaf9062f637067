"""BMPs with colour masks: all masks are read, and alpha is kept."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.errors import ImageErrorCode
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.coding import recoded, refused

PLAIN, MASKED, MASKED_WITH_ALPHA = 0, 3, 6
INFO, V2, V3, V4, V5 = 40, 52, 56, 108, 124
USUAL = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)

type Masks = tuple[int, int, int, int]


def bmp(
    bits: int,
    masks: Masks,
    rows: list[list[int]],
    *,
    length: int = V3,
    compression: int = MASKED,
    top_down: bool = False,
) -> bytes:
    """A BMP with these pixels, and masks in its header or after it."""
    height = -len(rows) if top_down else len(rows)
    head = struct.pack("<I2i2HI", length, len(rows[0]), height, 1, bits, compression) + bytes(20)
    packed = struct.pack("<4I", *masks)
    if length == INFO:
        head += {PLAIN: b"", MASKED: packed[:12], MASKED_WITH_ALPHA: packed}[compression]
    else:
        head = (head + packed)[:length].ljust(length, b"\0")
    lines = [b"".join(pixel.to_bytes(bits // 8, "little") for pixel in row) for row in rows]
    pixels = b"".join(line + bytes(-len(line) % 4) for line in (lines if top_down else reversed(lines)))
    offset = 14 + len(head)
    return b"BM" + struct.pack("<I4xI", offset + len(pixels), offset) + head + pixels


def channel(pixel: int, mask: int) -> float:
    """What a mask takes out of a pixel, from 0 to 255."""
    return (pixel & mask) * 255 / mask if mask else 0


def check(data: bytes, masks: Masks, rows: list[list[int]]) -> None:
    image = recoded(data)
    assert image.mode == ("RGBA" if masks[3] else "RGB")
    for y, row in enumerate(rows):
        for x, pixel in enumerate(row):
            expected = [channel(pixel, mask) for mask in masks[: len(image.mode)]]
            assert image.getpixel((x, y)) == pytest.approx(expected, abs=1.01)


@st.composite
def layouts(draw: st.DrawFn, bits: int) -> Masks:
    """Four masks that adjoin and do not overlap, in any order; at least one colour has bits."""
    edges = sorted(draw(st.lists(st.integers(0, bits), min_size=5, max_size=5)))
    fields = [(1 << high) - (1 << low) for low, high in pairwise(edges)]
    red, green, blue, alpha = draw(st.permutations(fields))
    return (
        red | (1 if not red | green | blue else 0),
        green,
        blue,
        alpha & ~1 if not red | green | blue else alpha,
    )


@pytest.mark.parametrize("length", [V3, V4, V5])
@pytest.mark.parametrize("bits", [16, 32])
@given(data=st.data(), width=st.integers(1, 5), height=st.integers(1, 4), top_down=st.booleans())
def test_any_masks_are_read(
    bits: int, length: int, data: st.DataObject, width: int, height: int, top_down: bool
) -> None:
    masks = data.draw(layouts(bits))
    pixels = st.integers(0, (1 << bits) - 1)
    rows = [[data.draw(pixels) for _ in range(width)] for _ in range(height)]
    check(bmp(bits, masks, rows, length=length, top_down=top_down), masks, rows)


ROWS = [[0x80FF8040, 0x00123456, 0xFFFFFFFF], [0x01000000, 0xC0C0C0C0, 0x7FFF7FFF]]


@pytest.mark.parametrize(
    ("length", "compression", "has_alpha"),
    [
        (INFO, MASKED, False),
        (INFO, MASKED_WITH_ALPHA, True),
        (V2, MASKED, False),
        (V3, MASKED, True),
        (V4, MASKED, True),
        (V5, MASKED, True),
        (INFO, PLAIN, False),
        (V3, PLAIN, False),
        (V4, PLAIN, True),
        (V5, PLAIN, True),
    ],
)
@pytest.mark.parametrize("masks", [USUAL, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)], ids=["bgra", "rgba"])
def test_which_headers_have_alpha(masks: Masks, length: int, compression: int, has_alpha: bool) -> None:
    """As Chromium decides it."""
    data = bmp(32, masks, ROWS, length=length, compression=compression)
    red, green, blue, alpha = USUAL if compression == PLAIN else masks
    check(data, (red, green, blue, alpha if has_alpha else 0), ROWS)


def test_alpha_of_0_everywhere_is_alpha_only_if_there_are_masks() -> None:
    rows = [[0x00FF8040, 0x00123456]]
    assert recoded(bmp(32, USUAL, rows)).getchannel("A").getextrema() == (0, 0)
    assert recoded(bmp(32, USUAL, rows, length=V5, compression=PLAIN)).mode == "RGB"


def test_a_transparent_bmp_shows_the_background() -> None:
    rows = [[0x7FFF] * 16] * 16
    data = bmp(16, (0x7C00, 0x3E0, 0x1F, 0x8000), rows)
    assert recoded(data, Rendition(quality=95, background="#0000ff")).getpixel((8, 8)) == pytest.approx(
        (0, 0, 255), abs=4
    )


@pytest.mark.parametrize(
    ("bits", "masks", "compression", "named"),
    [
        (16, (0x7401, 0x3E0, 0x1E, 0), MASKED, "the colour masks 7401, 3e0, 1e, 0"),
        (16, USUAL, MASKED, "the colour masks ff0000, ff00, ff, ff000000"),
        (16, (0, 0, 0, 0), MASKED, "16 bits a pixel and compression 3"),
        (64, (0, 0, 0, 0), PLAIN, "64 bits a pixel and compression 0"),
        (32, (0, 0, 0, 0), 4, "32 bits a pixel and compression 4"),
    ],
)
def test_what_cannot_be_read_is_named(bits: int, masks: Masks, compression: int, named: str) -> None:
    error = refused(bmp(bits, masks, [[1, 2]], compression=compression))
    assert error.code is ImageErrorCode.CORRUPT_IMAGE
    assert error.detail == f"The image is a BMP with {named}, which is not supported."


def test_a_truncated_one_is_corrupt() -> None:
    data = bmp(32, USUAL, ROWS)
    for end in range(14, len(data)):
        assert refused(data[:end]).code is ImageErrorCode.CORRUPT_IMAGE
