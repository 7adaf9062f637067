"""CMYK TIFFs with alpha, as layout programs write them."""

import random
from itertools import product

import pytest
from PIL import Image, ImageOps

from catalight.adapters.codec.compress import compress
from catalight.domain.image.rendition import Rendition
from tests.unit.adapters.codec.coding import PNG, recoded
from tests.unit.adapters.codec.images.tiffs import DEFLATE, tiff
from tests.unit.adapters.codec.looking import opened

WIDTH, HEIGHT = 37, 11
DATA = random.Random(1).randbytes(5 * WIDTH * HEIGHT)


def planes() -> tuple[Image.Image, Image.Image]:
    """The colours in RGB, and the alpha."""
    inks = b"".join(DATA[at : at + 4] for at in range(0, len(DATA), 5))
    return Image.frombytes("CMYK", (WIDTH, HEIGHT), inks).convert("RGB"), Image.frombytes(
        "L", (WIDTH, HEIGHT), DATA[4::5]
    )


def differences() -> bytes:
    """The data as differences to the pixel on the left, channel by channel."""
    rows = [DATA[at : at + 5 * WIDTH] for at in range(0, len(DATA), 5 * WIDTH)]
    return b"".join(
        bytes((row[i] - (row[i - 5] if i >= 5 else 0)) % 256 for i in range(len(row))) for row in rows
    )


@pytest.mark.parametrize(
    ("order", "compression", "predictor", "orientation"),
    [*product("<>", [1], [1], [1, 6]), *product("<>", [DEFLATE], [1, 2], [1, 3, 5])],
)
def test_alpha_is_kept(order: str, compression: int, predictor: int, orientation: int) -> None:
    result = recoded(
        tiff(
            WIDTH,
            HEIGHT,
            5,
            differences() if predictor == 2 else DATA,
            photometric=5,
            extra=(2,),
            compression=compression,
            predictor=predictor,
            orientation=orientation,
            order=order,
        )
    )
    for found, plane in zip((result.convert("RGB"), result.getchannel("A")), planes(), strict=True):
        plane.getexif()[0x0112] = orientation
        assert found.tobytes() == ImageOps.exif_transpose(plane).tobytes()


@pytest.mark.parametrize("kind", [0, 1])
def test_a_premultiplied_alpha_leaves_what_is_seen_on_paper(kind: int) -> None:
    """So does a fifth ink, which has no colour here."""
    result = recoded(tiff(WIDTH, HEIGHT, 5, DATA, photometric=5, extra=(kind,)))
    assert (result.mode, result.tobytes()) == ("RGB", planes()[0].tobytes())


def test_the_background_shows_through_in_a_jpeg() -> None:
    clear = tiff(16, 16, 5, bytes([0, 255, 255, 0, 0]) * 256, photometric=5, extra=(2,))
    image = opened(compress(clear, Rendition(background="#0000ff")).data)
    assert image.getpixel((8, 8)) == pytest.approx((0, 0, 255), abs=3)
    assert compress(clear, PNG).source.format == "tiff"
