"""GIFs are composed as browsers do it: what no frame covers is transparent, and the canvas keeps its size."""

import struct
from itertools import batched
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.images.formats import gif
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.coding import recoded
from tests.unit.adapters.codec.looking import frames, opened

COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
TABLE = bytes(value for colour in COLOURS for value in colour).ljust(768, b"\x80")
CLEAR = (0, 0, 0, 0)


class Frame(NamedTuple):
    """A frame of a GIF. `indices` are its pixels."""

    left: int
    top: int
    width: int
    height: int
    indices: bytes
    disposal: int = 0
    transparent: int | None = None


def coded(indices: bytes) -> bytes:
    """LZW that compresses nothing: the table of codes is cleared before it grows."""
    codes = [code for some in batched(indices, 200, strict=False) for code in (256, *some)] + [257]
    bits = sum(code << 9 * at for at, code in enumerate(codes))
    data = bits.to_bytes((9 * len(codes) + 7) // 8, "little")
    blocks = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"\x08" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"


def written(canvas: tuple[int, int], drawn: list[Frame], background: int = 0) -> bytes:
    """A GIF with these frames, 100 ms each."""
    parts = [b"GIF89a" + struct.pack("<2H3B", *canvas, 0xF7, background, 0) + TABLE]
    for left, top, width, height, indices, disposal, transparent in drawn:
        flags = disposal << 2 | (transparent is not None)
        parts.append(b"!\xf9\x04" + struct.pack("<BHB", flags, 10, transparent or 0) + b"\0")
        parts.append(b"," + struct.pack("<4HB", left, top, width, height, 0) + coded(indices))
    return b"".join(parts) + b";"


def model(canvas: tuple[int, int], drawn: list[Frame]) -> list[list[tuple[int, ...]]]:
    """The pixels of each frame as the specification composes them."""
    pixels: list[tuple[int, ...]] = [CLEAR] * (canvas[0] * canvas[1])
    shown = []
    for frame in drawn:
        before = list(pixels)
        inside = []
        for at, index in enumerate(frame.indices):
            x, y = frame.left + at % frame.width, frame.top + at // frame.width
            if x < canvas[0] and y < canvas[1]:
                inside.append(x + y * canvas[0])
                if index != frame.transparent:
                    pixels[inside[-1]] = (*COLOURS[index], 255)
        shown.append(list(pixels))
        if frame.disposal == 2:
            for at in inside:
                pixels[at] = CLEAR
        if frame.disposal == 3:
            pixels = before
    return shown


@st.composite
def any_frame(draw: st.DrawFn) -> Frame:
    left, top, width, height = (draw(st.integers(low, 9)) for low in (0, 0, 1, 1))
    indices = draw(st.binary(min_size=width * height, max_size=width * height))
    return Frame(
        left,
        top,
        width,
        height,
        bytes(value % 4 for value in indices),
        draw(st.integers(0, 3)),
        draw(st.sampled_from([None, 0, 3])),
    )


@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), st.lists(any_frame(), min_size=1, max_size=5))
def test_frames_are_composed_as_the_specification_says(canvas: tuple[int, int], drawn: list[Frame]) -> None:
    shown = list(gif.shown(written(canvas, drawn), canvas, LIMITS))
    images = [each[0] for each in shown if each]
    assert [image.size for image in images] == [canvas] * len(drawn)
    pixels = [list(batched(image.convert("RGBA").tobytes(), 4, strict=True)) for image in images]
    visible = [[pixel if pixel[3] else CLEAR for pixel in each] for each in pixels]
    assert visible == model(canvas, drawn)


def square(index: int, left: int, side: int, disposal: int = 0) -> Frame:
    return Frame(left, left, side, side, bytes([index]) * side * side, disposal)


@pytest.mark.parametrize("background", range(4))
@pytest.mark.parametrize("target", [Target.PNG, Target.WEBP, Target.AVIF, Target.KEEP, Target.AUTO])
@pytest.mark.parametrize("width", [60, 30])
def test_what_no_frame_covers_is_transparent(target: Target, background: int, width: int) -> None:
    data = written((60, 60), [square(2, 20, 20)], background)
    result = compress(data, Rendition(format=target, quality=95, max_width=width))
    assert not result.kept  # browsers would show it right, but other decoders would not
    image = opened(result.data).convert("RGBA")
    assert image.getchannel("A").getpixel((2, 2)) == 0
    assert image.getpixel((width // 2, width // 2)) == pytest.approx((0, 0, 255, 255), abs=12)


@pytest.mark.parametrize("background", range(4))
def test_what_no_frame_covers_has_the_requested_background_in_a_jpeg(background: int) -> None:
    data = written((60, 60), [square(2, 20, 20)], background)
    image = recoded(data, Rendition(quality=95, background="#00ff00"))
    assert image.getpixel((2, 2)) == pytest.approx((0, 255, 0), abs=6)


@pytest.mark.parametrize("width", [100, 50])
@pytest.mark.parametrize("target", [Target.WEBP, Target.KEEP, Target.AUTO])
@pytest.mark.parametrize("later", [square(2, 0, 150), square(2, 60, 80)], ids=["larger", "beyond"])
def test_a_frame_beyond_the_canvas_is_clipped(later: Frame, target: Target, width: int) -> None:
    data = written((100, 100), [square(0, 0, 100), later, square(1, 0, 100)])
    result = compress(data, Rendition(format=target, quality=90, max_width=width))
    shown = frames(result.data)
    assert [frame.size for frame in shown] == [(width, width)] * 3
    corner = (width - 5, width - 5)
    assert [frame.getpixel(corner) for frame in shown] == [
        pytest.approx((*COLOURS[index], 255), abs=30) for index in (0, 2, 1)
    ]


def test_a_grey_table_of_its_own_may_have_a_transparent_colour() -> None:
    """Pillow refuses to convert such a frame."""
    later = written((4, 4), [square(3, 0, 4)._replace(transparent=3)])
    at = later.index(b",")
    ramp = bytes(value for value in range(256) for _ in range(3))
    frame = later[at : at + 9] + b"\x87" + ramp + later[at + 10 :]
    data = written((4, 4), [square(0, 0, 4)])[:-1] + later[at - 8 : at] + frame
    shown = [each[0] for each in gif.shown(data, (4, 4), LIMITS) if each]
    assert [image.getpixel((1, 1)) for image in shown] == [COLOURS[0], COLOURS[0]]


def test_a_frame_that_is_too_large_leaves_the_first_frame() -> None:
    data = written((100, 100), [square(0, 0, 100), square(2, 0, 300)])
    result = compress(data, Rendition(format=Target.WEBP), Limits(animation_pixels=2 * 300 * 300 - 1))
    assert [frame.size for frame in frames(result.data)] == [(100, 100)]


@pytest.mark.parametrize("first", [square(0, 0, 100), square(0, 0, 99)._replace(transparent=3)])
def test_an_animation_that_all_decoders_show_alike_is_kept(first: Frame) -> None:
    data = written((100, 100), [first, square(2, 60, 40)])
    result = compress(data, Rendition(format=Target.KEEP))
    assert result.kept
    assert opened(result.data).size == (100, 100)
