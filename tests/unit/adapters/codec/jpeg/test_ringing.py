"""Drawings and text that are JPEGs already: fewer rings beside their edges, and their white stays white."""

import sys

import pytest
from PIL import Image, ImageChops, ImageDraw

from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import fast_path
from tests.unit.adapters.codec.looking import opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")

LINES = [f"Size {size}, chest {2 * size} cm, wash at 30 degrees" for size in range(36, 60)]


def text(mode: str = "RGB") -> Image.Image:
    """Black text on white."""
    image = Image.new(mode, (400, 20 * len(LINES)), "white")
    for number, line in enumerate(LINES):
        ImageDraw.Draw(image).text((8, 20 * number), line, fill="black", font_size=14)
    return image


def ringing(image: Image.Image, made: Image.Image) -> float:
    """The mean of how much the white of the lower half is darkened."""
    box = 0, image.height // 2, *image.size
    white = image.convert("L").crop(box).point(lambda shade: 255 * (shade == 255))
    darkened = ImageChops.invert(made.convert("L").crop(box))
    histogram = darkened.histogram(white)
    return sum(shade * count for shade, count in enumerate(histogram)) / sum(histogram)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("kind", [{}, {"progressive": True}])
def test_text_on_white_has_fewer_rings_than_pillows_for_fewer_bytes(mode: str, kind: dict[str, bool]) -> None:
    image = text(mode)
    data = encode(image, "JPEG", quality=95, **kind)
    for quality in (30, 50):
        made, pillows = fast_path(data, quality), encode(opened(data), "JPEG", quality=quality, optimize=True)
        assert ringing(image, opened(made)) <= 0.85 * ringing(image, opened(pillows))
        assert len(made) <= 0.85 * len(pillows)


def test_a_progressive_source_gives_the_same_bytes() -> None:
    data = [encode(text(), "JPEG", quality=95, progressive=progressive) for progressive in (False, True)]
    assert fast_path(data[0], 40) == fast_path(data[1], 40)


@pytest.mark.parametrize("quality", [20, 40, 60])
def test_text_that_is_compressed_again_stays_as_it_is(quality: int) -> None:
    made = fast_path(encode(text(), "JPEG", quality=95), quality)
    assert fast_path(made, quality) == made


def test_white_without_edges_stays_white() -> None:
    image = text()
    image.paste("white", (200, 0, *image.size))
    made = opened(fast_path(encode(image, "JPEG", quality=95), 30))
    assert made.crop((208, 0, *image.size)).getextrema() == ((255, 255),) * 3
