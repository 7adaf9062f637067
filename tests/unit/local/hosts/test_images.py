"""Properties of the drawn products that the benchmarks and the demo rely on."""

from io import BytesIO

import pytest
from PIL import Image, ImageStat

from local.hosts.images import draw


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert draw(7, 320, 240) == draw(7, 320, 240)


def test_every_number_gives_a_different_image() -> None:
    assert len({draw(n, 160, 120) for n in range(30)}) == 30


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF"])
def test_draws_in_any_format(format: str) -> None:  # noqa: A002
    image = opened(draw(1, 320, 240, format=format))
    assert (image.format, image.size) == (format, (320, 240))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (10, 400), (400, 10)])
def test_draws_in_any_size(size: tuple[int, int]) -> None:
    assert opened(draw(5, *size)).size == size


def test_a_lower_quality_gives_a_smaller_file() -> None:
    assert len(draw(1, 320, 240, quality=50)) < len(draw(1, 320, 240))


def test_file_size_and_contrast_are_like_a_photographs() -> None:
    """1 to 3 bits per pixel at quality 92 and a quarter of that at 50, as in photographs of products."""
    data = draw(2)
    image = opened(data)
    assert image.size == (1200, 900)
    assert 1 < len(data) * 8 / (1200 * 900) < 3
    again = BytesIO()
    image.save(again, "JPEG", quality=50)
    assert 0.2 < again.tell() / len(data) < 0.45
    assert min(ImageStat.Stat(image).stddev) > 15
