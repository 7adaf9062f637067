"""Even borders: what is taken away, and what stays."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.images import border
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Fit, Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.coding import recoded
from tests.unit.adapters.codec.looking import difference, opened

type Frame = tuple[int, int, int, int]

TRIM = Rendition(format=Target.PNG, trim=True)
COLOURS: dict[str, tuple[Any, Any]] = {
    "L": (250, 40),
    "LA": ((250, 255), (40, 255)),
    "RGB": ((250, 250, 240), (20, 40, 90)),
    "RGBA": ((250, 250, 240, 255), (20, 40, 90, 255)),
}


def framed(mode: str, size: tuple[int, int], box: Frame, *, clear: bool = False) -> Image.Image:
    """A product in a border, which may be transparent."""
    outer, inner = COLOURS[mode]
    if clear and isinstance(outer, tuple):
        outer = (*outer[:-1], 0)
    image = Image.new(mode, size, outer)
    image.paste(inner, box)
    return image


@st.composite
def boxes(draw: st.DrawFn) -> Frame:
    """A box in 60 x 700 that leaves three corners free: more than one strip of rows."""
    left, top = draw(st.integers(1, 58)), draw(st.integers(1, 698))
    return left, top, draw(st.integers(left + 1, 60)), draw(st.integers(top + 1, 700))


@given(st.sampled_from(sorted(COLOURS)), boxes())
def test_the_border_is_found(mode: str, box: Frame) -> None:
    assert border.without([framed(mode, (60, 700), box)]) == box


@given(st.sampled_from(["LA", "RGBA"]), boxes())
def test_a_transparent_border_is_found(mode: str, box: Frame) -> None:
    assert border.without([framed(mode, (60, 700), box, clear=True)]) == box


def test_frames_lose_what_is_border_in_all_of_them() -> None:
    frames = [framed("RGB", (60, 700), box) for box in ((5, 6, 20, 30), (10, 3, 40, 20))]
    blank = Image.new("RGB", (60, 700), COLOURS["RGB"][0])
    assert border.without([*frames, blank]) == (5, 3, 40, 30)
    assert border.without([blank]) is None


def test_corners_of_different_colours_are_no_border() -> None:
    image = framed("RGB", (60, 60), (20, 20, 40, 40))
    image.paste((0, 0, 0), (0, 30, 60, 60))
    assert border.without([image]) == (0, 0, 60, 60)


def test_one_corner_may_belong_to_the_product() -> None:
    assert border.without([framed("RGB", (60, 60), (20, 20, 60, 60))]) == (20, 20, 60, 60)


@pytest.mark.parametrize("quality", [30, 60, 90])
@pytest.mark.parametrize("colour", ["white", "#f4f1ea", "#203040"])
def test_the_noise_of_a_jpeg_belongs_to_the_border(quality: int, colour: str) -> None:
    image = Image.new("RGB", (400, 300), colour)
    image.paste((180, 30, 60), (104, 72, 296, 240))
    found = recoded(encode(image, "JPEG", quality=quality), TRIM)
    assert 192 <= found.width <= 192 + 2 * 16  # blocks that the product shares with the border have noise
    assert 168 <= found.height <= 168 + 2 * 16


@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 7])
def test_the_upright_image_is_trimmed(source: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    image = framed("RGB", (320, 240), (64, 48, 256, 144))
    settings = {"lossless": True} if source == "WEBP" else {"quality": 95} if source == "JPEG" else {}
    found = recoded(encode(image, source, exif=exif, **settings), TRIM)
    expected = (192, 96) if orientation < 5 else (96, 192)
    blurred = 2 if source == "JPEG" else 0  # pixels on both sides together
    assert all(0 <= one - two <= blurred for one, two in zip(found.size, expected, strict=True))
    assert difference(found, Image.new("RGB", found.size, (20, 40, 90))) < 8


@pytest.mark.parametrize("fit", list(Fit))
def test_a_trimmed_jpeg_is_decoded_at_a_scale_that_suffices(fit: Fit) -> None:
    """Without its border the product fills the output, so an eighth of the source would be too little."""
    checks = Image.new("L", (50, 50), 255)
    checks.putdata([255 * ((x + y) % 2) for y in range(50) for x in range(50)])
    image = Image.new("RGB", (1600, 1600), "white")
    image.paste(checks.resize((400, 400), Image.Resampling.NEAREST).convert("RGB"), (600, 600))
    image.paste((90, 0, 0), (600, 600, 1000, 608))
    image.paste((90, 0, 0), (600, 992, 1000, 1000))
    image.paste((90, 0, 0), (600, 600, 608, 1000))
    image.paste((90, 0, 0), (992, 600, 1000, 1000))
    limit = "max_" if fit is Fit.INSIDE else ""
    sides: dict[str, Any] = {f"{limit}width": 200, f"{limit}height": 200}
    rendition = Rendition(format=Target.PNG, trim=True, fit=fit, **sides)
    found = recoded(encode(image, "JPEG", quality=95, subsampling="4:4:4"), rendition)
    expected = image.crop((600, 600, 1000, 1000)).resize((200, 200), Image.Resampling.BICUBIC)
    assert found.size == (200, 200)
    assert difference(found, expected) < 20  # 60 if it is blurred


def test_an_image_that_is_all_border_stays_as_it_is() -> None:
    for data in (encode(Image.new("RGB", (70, 50), "white")), encode(Image.new("RGBA", (70, 50)))):
        assert recoded(data, TRIM).size == (70, 50)


def test_an_image_without_a_border_may_take_the_fast_path() -> None:
    image = Image.effect_noise((160, 160), 90).convert("RGB")
    data = encode(image, "JPEG", quality=95)
    assert compress(data, Rendition(trim=True)) == compress(data, Rendition())


@pytest.mark.parametrize(
    ("least", "trim", "small"),
    [
        (300, False, False),
        (301, False, True),
        (96, True, False),
        (97, True, True),
        (None, True, False),
    ],
)
def test_a_source_with_a_side_below_the_minimum_is_small(least: int | None, trim: bool, small: bool) -> None:
    """To the pixel, though a smaller scale suffices for the output."""
    data = encode(framed("RGB", (400, 300), (64, 48, 256, 144)), "JPEG", quality=95, subsampling="4:4:4")
    made = compress(data, Rendition(max_width=20, trim=trim, min_side=least))
    assert made.small is small


def test_an_animation_is_trimmed_by_all_its_frames() -> None:
    frames = [framed("RGB", (60, 50), box) for box in ((5, 6, 20, 30), (10, 3, 40, 20))]
    file = BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:], lossless=True, duration=50)
    moving = compress(file.getvalue(), Rendition(90, Target.WEBP, trim=True))
    assert (moving.width, moving.height) == (35, 27)
    assert getattr(opened(moving.data), "n_frames", 1) == 2
    still = compress(file.getvalue(), TRIM)
    assert (still.width, still.height) == (15, 24)
