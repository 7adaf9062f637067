"""JPEGs that are encoded from pixels, without libjpeg."""

import random
import sys
from io import BytesIO
from itertools import product

import pytest
from PIL import Image, ImageDraw

from catalight.adapters.codec import compress, native
from catalight.adapters.codec.images.encode import own_jpeg
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.jpeg.comparing import drawn, error, fast_path, ssim
from tests.unit.adapters.codec.looking import difference, opened

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the library is made for Linux alone")


def coded(image: Image.Image, quality: int = 50) -> bytes:
    made = own_jpeg(image, Rendition(quality), b"")
    assert made is not None
    return made[0]


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("quality", [30, 50, 75, 90])
def test_an_image_looks_like_pillows_and_is_smaller(quality: int, mode: str) -> None:
    image = drawn().convert(mode)
    own, pillow = coded(image, quality), encode(image, "JPEG", quality=quality, optimize=True)
    assert ssim(image, opened(own)) >= ssim(image, opened(pillow)) - (0.03 if quality < 50 else 0.02)
    assert len(own) <= 0.95 * len(pillow)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_an_image_may_have_any_size(mode: str) -> None:
    """At its edges too each image has its own colours, whatever is beyond them."""
    for width, height in product((1, 7, 8, 9, 15, 16, 17, 33, 100), (1, 8, 9, 16, 17, 40, 75)):
        image = drawn().resize((400, 300)).crop((33, 55, 33 + width, 55 + height)).convert(mode)
        made = opened(coded(image, 90))
        assert (made.mode, made.size) == (mode, image.size)
        assert difference(image, made) < 2


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("quality", [10, 25, 50, 75, 90, 100])
def test_white_stays_white_and_black_black(quality: int, mode: str) -> None:
    for shade in (0, 255):
        image = Image.new("L", (40, 24), shade).convert(mode)
        assert opened(coded(image, quality)).tobytes() == image.tobytes()


@pytest.mark.parametrize("quality", [30, 50, 75, 90])
def test_a_white_background_stays_white_beside_a_product(quality: int) -> None:
    """Beyond the blocks that the product touches."""
    image = Image.new("RGB", (128, 128), "white")
    image.paste(drawn(64, 64), (32, 32))
    made = opened(coded(image, quality))
    for box in ((0, 0, 128, 16), (0, 112, 128, 128), (0, 0, 16, 128), (112, 0, 128, 128)):
        assert made.crop(box).convert("RGB").getextrema() == ((255, 255),) * 3


def text(mode: str) -> Image.Image:
    image = Image.new(mode, (240, 96), "white")
    ImageDraw.Draw(image).multiline_text((8, 8), "Size 40\nchest 96 cm", fill="black", font_size=32)
    return image


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("quality", [30, 50, 75])
def test_text_on_white_rings_hardly_more_than_pillows_in_fewer_bytes(quality: int, mode: str) -> None:
    image = text(mode)
    own, pillow = coded(image, quality), encode(image, "JPEG", quality=quality, optimize=True)
    own_error, of_pillow = (error(image.tobytes(), opened(data).tobytes()) for data in (own, pillow))
    assert own_error < 1.25 * of_pillow
    assert len(own) < 0.95 * len(pillow)


@pytest.mark.parametrize("quality", [5, 50, 95, 100])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_noise_stays_close_or_is_left_to_pillow(mode: str, quality: int) -> None:
    chance = random.Random(3)
    image = Image.frombytes(mode, (90, 70), chance.randbytes(len(mode) * 90 * 70))
    made = own_jpeg(image, Rendition(quality), b"")
    if made is not None:
        pillow = opened(encode(image, "JPEG", quality=quality))
        before = image.tobytes()
        assert error(before, opened(made[0]).tobytes()) <= 2 * error(before, pillow.tobytes())


def test_sources_that_are_not_jpegs_are_encoded_natively(monkeypatch: pytest.MonkeyPatch) -> None:
    source = encode(drawn(), "PNG")
    made = compress.compress(source, Rendition(format=Target.JPEG)).data
    assert made == coded(drawn())
    monkeypatch.setattr(native, "library", lambda: None)
    pillow = compress.compress(source, Rendition(format=Target.JPEG)).data
    assert pillow == encode(drawn(), "JPEG", quality=50, optimize=True)


def test_the_copyright_is_kept() -> None:
    exif = Image.Exif()
    exif[0x8298] = "Müller GmbH".encode("latin-1")
    made = compress.compress(encode(drawn(), "PNG", exif=exif), Rendition(format=Target.JPEG)).data
    assert dict(opened(made).getexif()) == {0x8298: "Müller GmbH"}


@pytest.mark.parametrize("kind", ["product on white", "small"])
def test_progressive_scans_are_chosen_if_they_are_smaller(kind: str) -> None:
    """Pillow's own choice decides nothing here: both ways of the same coefficients are compared."""
    image = {
        "product on white": Image.new("RGB", (640, 480), "white"),
        "small": drawn().resize((16, 16)),
    }[kind]
    if kind == "product on white":
        ImageDraw.Draw(image).ellipse((200, 150, 400, 300), fill=(90, 60, 30))
    made = coded(image)
    other = BytesIO()
    opened(made).save(other, "JPEG", qtables="keep", quality="keep", optimize=True)
    assert len(made) <= len(other.getvalue())
    assert bool(opened(made).info.get("progressive")) == (kind != "small")


def test_ten_rounds_change_nothing() -> None:
    for source in (encode(drawn(), "PNG"), encode(drawn(), "JPEG", quality=92, subsampling=0)):
        first = made = compress.compress(source, Rendition(format=Target.JPEG)).data
        for _ in range(10):
            made = compress.compress(made, Rendition(format=Target.JPEG)).data
        assert made == first


def test_a_jpeg_whose_steps_double_is_not_rounded_up_and_down_by_turns() -> None:
    """From quality 75 to Pillow's 50 each odd value lies in the middle: rounding up only takes bits."""
    source = encode(drawn(), "JPEG", quality=75)
    pillow = encode(opened(source), "JPEG", quality=50, optimize=True)
    assert len(fast_path(source)) < 0.9 * len(pillow)
