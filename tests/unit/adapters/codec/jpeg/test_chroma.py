"""Chroma of full resolution: halved in photographs, kept where that would lose too much."""

import sys

import pytest
from PIL import Image, ImageDraw, ImageOps

from catalight.adapters.codec.jpeg import write
from catalight.adapters.codec.jpeg.header import Header
from catalight.adapters.codec.jpeg.requantise import requantised
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import drawn, fast_path
from tests.unit.adapters.codec.looking import difference, opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")


def logo(size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Flat colours with hard edges that luma hardly shows."""
    image = Image.new("RGB", (320, 240), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((40, 30, 201, 191), fill=(220, 20, 40))
    pen.polygon([(120, 210), (201, 40), (300, 210)], fill=(20, 60, 200))
    pen.text((60, 90), "Shop", fill="white", font_size=48)
    return image.crop((0, 0, *size))


def source(image: Image.Image, quality: int = 92, *, progressive: bool = False) -> bytes:
    return encode(image, "JPEG", quality=quality, subsampling=0, progressive=progressive)


def is_full(data: bytes) -> bool:
    """Whether a JPEG has one block of each component in an MCU."""
    header = Header(data)
    header.scan(2)
    return [(component.across, component.down) for component in header.components] == write.FULL


@pytest.mark.parametrize("progressive", [False, True])
def test_a_logo_keeps_the_resolution_of_its_chroma_and_a_photograph_does_not(*, progressive: bool) -> None:
    for quality in (70, 80, 90):
        assert is_full(fast_path(source(logo(), progressive=progressive), quality))
    for quality in (30, 50, 75):
        assert not is_full(fast_path(source(drawn(), progressive=progressive), quality))


def test_colours_beside_edges_stay_closer_to_the_source_than_with_halved_chroma() -> None:
    data = source(logo())
    halved = encode(opened(data), "JPEG", quality=75)
    made = fast_path(data, 75)
    assert difference(opened(data), opened(made)) <= 0.8 * difference(opened(data), opened(halved))
    assert len(made) <= 0.9 * len(encode(opened(data), "JPEG", quality=75, subsampling=0, optimize=True))


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (9, 16), (17, 31), (320, 240)])
@pytest.mark.parametrize("quality", [30, 50, 75, 90, 95])
def test_chroma_of_full_resolution_stays_as_it_is_if_compressed_again(
    size: tuple[int, int], quality: int
) -> None:
    made = fast_path(source(logo(size), 97), quality)
    assert opened(made).size == size
    assert opened(fast_path(made, quality)).tobytes() == opened(made).tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_rotated_logo_keeps_the_resolution_of_its_chroma(orientation: int) -> None:
    data = source(logo())
    made = requantised(data, 75, orientation=orientation)
    assert made is not None
    assert is_full(made)
    upright = opened(fast_path(data, 75))
    upright.getexif()[0x0112] = orientation
    assert difference(opened(made), ImageOps.exif_transpose(upright)) < 1


@pytest.mark.parametrize("had", [40, 75])
def test_chroma_that_does_not_become_coarser_keeps_its_resolution(had: int) -> None:
    """Nothing changes but the coding."""
    data = source(drawn(), had)
    made = fast_path(data, had)
    assert is_full(made)
    assert opened(made).tobytes() == opened(data).tobytes()
    assert len(made) < len(data)
    assert not is_full(fast_path(data, had - 10))
