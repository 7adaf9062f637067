"""Shrinking: exact up to rounding, in the native library if possible, otherwise in Pillow."""

import os
import subprocess
import sys
from array import array
from functools import cache
from itertools import batched

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.candidates import deployed_tuning
from catalight.adapters.codec import native
from catalight.adapters.codec.images.fitting import Box
from catalight.adapters.codec.images.shrink import shrink_natively, shrunk
from local.hosts.images import draw
from tests.unit.adapters.codec.looking import opened

linux = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

sides = st.integers(4, 90)


@cache
def noise(mode: str) -> Image.Image:
    """The hardest image to shrink: neighbouring pixels are unrelated."""
    bands = [
        Image.effect_noise((90, 90), 200 + band) for band in range(len(mode.strip("a")) + mode.count("a"))
    ]
    return Image.merge(mode, bands)


def exact(image: Image.Image, size: tuple[int, int], box: Box | None = None) -> list[float]:
    """Pillow's result for one channel in floating point, without intermediate rounding."""
    made = image.convert("F").resize(size, Image.Resampling.BICUBIC, box)
    return [min(255.0, max(0.0, value)) for value in array("f", made.tobytes())]


def seen(image: Image.Image) -> bytes:
    """The visible colours: premultiplied by alpha."""
    return image.convert("RGBA").convert("RGBa").tobytes()


@linux
@given(st.sampled_from(["RGB", "RGBa"]), sides, sides, st.data())
def test_shrinking_is_exact_up_to_rounding(mode: str, width: int, height: int, data: st.DataObject) -> None:
    image = noise(mode).crop((0, 0, width, height))
    size = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    made = shrink_natively(image, size)
    assert made
    for before, after in zip(image.split(), made.split(), strict=True):
        errors = [abs(a - b) for a, b in zip(exact(before, size), after.tobytes(), strict=True)]
        assert max(errors) < 0.6


@linux
@given(sides, sides, st.data())
def test_shrinking_a_box_is_exact_up_to_rounding(width: int, height: int, data: st.DataObject) -> None:
    image = noise("RGB").crop((0, 0, width, height))
    left, top = (data.draw(st.floats(0, side - 2)) for side in (width, height))
    right, bottom = data.draw(st.floats(left + 1.5, width)), data.draw(st.floats(top + 1.5, height))
    size = data.draw(st.integers(1, int(right - left))), data.draw(st.integers(1, int(bottom - top)))
    made = shrink_natively(image, size, (left, top, right, bottom))
    assert made
    for before, after in zip(image.split(), made.split(), strict=True):
        expected = exact(before, size, (left, top, right, bottom))
        assert max(abs(a - b) for a, b in zip(expected, after.tobytes(), strict=True)) < 0.6


@linux
@given(st.binary(min_size=3, max_size=3), sides, sides, st.data())
def test_a_flat_image_keeps_its_colour(colour: bytes, width: int, height: int, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, width)), data.draw(st.integers(1, height))
    red, green, blue = colour
    made = shrink_natively(Image.new("RGB", (width, height), (red, green, blue)), size)
    assert made
    assert made.tobytes() == colour * (size[0] * size[1])


@linux
def test_an_image_shrunk_to_one_pixel_becomes_its_mean() -> None:
    image = Image.new("RGB", (20_000, 4), (0, 100, 200))
    image.paste((200, 0, 100), (0, 0, 10_000, 4))
    made = shrink_natively(image, (1, 1))
    assert made
    assert made.getpixel((0, 0)) == (100, 50, 150)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(200, 150), (319, 1), (1, 239)])
def test_the_result_is_close_to_pillows(mode: str, size: tuple[int, int]) -> None:
    image = opened(draw(1, 320, 240, format="PNG")).convert(mode)
    if mode.endswith("A"):
        image.putalpha(opened(draw(2, 320, 240, format="PNG")).convert("L"))
    made, expected = shrunk(image, size), image.resize(size, Image.Resampling.BICUBIC)
    assert (made.mode, made.size) == (mode, size)
    pairs = zip(seen(made), seen(expected), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 2


def test_transparent_pixels_do_not_bleed_into_others() -> None:
    image = Image.new("RGBA", (100, 100), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (50, 0, 100, 100))
    made = shrunk(image, (33, 33))
    assert {pixel[:3] for pixel in batched(made.tobytes(), 4, strict=True) if pixel[3]} == {(0, 0, 255)}


def test_without_the_library_pillow_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    image = noise("RGB")
    monkeypatch.setattr(native, "library", lambda: None)
    assert shrunk(image, (30, 20)) == image.resize((30, 20), Image.Resampling.BICUBIC)


def test_pillow_shrinks_an_image_that_is_too_narrow_for_the_library() -> None:
    image = noise("RGB").crop((0, 0, 3, 90))
    assert shrunk(image, (2, 20)) == image.resize((2, 20), Image.Resampling.BICUBIC)


LARGEST = """
from PIL import Image
from catalight.adapters.codec.images.shrink import shrink_natively
print(shrink_natively(Image.new("RGB", (10_000, 5_000)), (10, 5)) is not None)
"""


@linux
@pytest.mark.parametrize(("tuning", "in_one_block"), [(deployed_tuning(), "True"), ({}, "False")])
def test_with_the_deployed_tuning_the_largest_image_is_one_block_of_memory(
    tuning: dict[str, str], in_one_block: str
) -> None:
    command = [sys.executable, "-c", LARGEST]
    run = subprocess.run(command, env=os.environ | tuning, check=True, capture_output=True, text=True)
    assert run.stdout.strip() == in_one_block
