"""The bomb picture is a valid JPEG whose decoding takes as long as it has scans, and hardly any bytes."""

import time
from io import BytesIO

from PIL import Image

from catalight.adapters.codec import compress
from catalight.domain.image.options import Options
from tests.faults import bomb

SIDE = 1200


def seconds(data: bytes) -> float:
    began = time.process_time()
    with Image.open(BytesIO(data)) as image:
        image.load()
    return time.process_time() - began


def test_it_is_an_image_that_is_taken() -> None:
    output = compress.compress(bomb.draw(SIDE, scans=2), Options())
    assert (output.width, output.height) == (SIDE, SIDE)


def test_its_time_grows_with_its_scans() -> None:
    assert seconds(bomb.draw(SIDE, scans=200)) > 10 * seconds(bomb.draw(SIDE, scans=2))


def test_it_is_small_and_within_the_limit_of_pixels() -> None:
    assert len(bomb.draw()) < 200_000
    assert bomb.SIDE**2 < 50_000_000
