"""The bomb is a small, valid JPEG; the time to decode it grows with its number of scans."""

import time
from io import BytesIO

from PIL import Image

from catalight.adapters.codec import compress
from catalight.domain.image.rendition import Rendition
from tests.faults import bomb

SIDE = 1200


def seconds(data: bytes) -> float:
    began = time.process_time()
    with Image.open(BytesIO(data)) as image:
        image.load()
    return time.process_time() - began


def test_it_is_a_valid_image() -> None:
    output = compress.compress(bomb.draw(SIDE, scans=2), Rendition())
    assert (output.width, output.height) == (SIDE, SIDE)


def test_its_time_grows_with_its_scans() -> None:
    assert seconds(bomb.draw(SIDE, scans=200)) > 10 * seconds(bomb.draw(SIDE, scans=2))


def test_it_is_small_and_below_the_pixel_limit() -> None:
    assert len(bomb.draw()) < 200_000
    assert bomb.SIDE**2 < 50_000_000
