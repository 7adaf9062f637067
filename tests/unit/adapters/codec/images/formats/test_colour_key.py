"""The transparent colour of a PNG: compared in the bits that the file has."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.coding import PNG, recoded

GREY, RGB = 0, 2
WIDTH = 4


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(colours: int, depth: int, values: list[int], key: list[int]) -> bytes:
    """A PNG with one row of these values and a transparent colour."""
    bits = 0
    for value in values:
        bits = bits << depth | value
    size = len(values) * depth
    row = b"\0" + (bits << -size % 8).to_bytes((size + 7) // 8)
    width = len(values) // (3 if colours == RGB else 1)
    head = struct.pack(">2I5B", width, 1, depth, colours, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"tRNS", struct.pack(f">{len(key)}H", *key))]
    parts += [chunk(b"IDAT", zlib.compress(row)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def near(key: int, depth: int) -> st.SearchStrategy[int]:
    """The key, its neighbours, and values that share one of its bytes."""
    top = (1 << depth) - 1
    close = [
        key,
        key ^ 1,
        max(0, key - 1),
        min(top, key + 1),
        key ^ 0x100,
        key & 0xFF,
        key & 0xFF00,
        key >> 8,
    ]
    return st.one_of(st.sampled_from([value & top for value in close]), st.integers(0, top))


@pytest.mark.parametrize(
    ("colours", "depth"), [(GREY, depth) for depth in (1, 2, 4, 8, 16)] + [(RGB, 8), (RGB, 16)]
)
@given(data=st.data())
def test_exactly_the_transparent_colour_vanishes(colours: int, depth: int, data: st.DataObject) -> None:
    channels = 3 if colours == RGB else 1
    top = (1 << depth) - 1
    key = [data.draw(st.integers(0, top)) for _ in range(channels)]
    values = [data.draw(near(key[at % channels], depth)) for at in range(WIDTH * channels)]
    image = recoded(png(colours, depth, values, key), PNG).convert("RGBA")
    seen = [image.getpixel((x, 0)) for x in range(WIDTH)]
    for x, pixel in enumerate(seen):
        colour = values[x * channels : (x + 1) * channels]
        assert isinstance(pixel, tuple)
        assert (pixel[3] == 0) == (colour == key)
        exact = [value * 255 / top for value in (colour * 3)[:3]]
        assert pixel[:3] == pytest.approx(exact, abs=1)


@pytest.mark.parametrize("target", [Target.PNG, Target.WEBP, Target.AVIF])
def test_a_dark_gradient_loses_its_transparent_pixel_only(target: Target) -> None:
    data = png(GREY, 16, list(range(256)), [7])
    alpha = recoded(data, Rendition(format=target, quality=100)).getchannel("A")
    assert [x for x in range(256) if alpha.getpixel((x, 0)) == 0] == [7]
