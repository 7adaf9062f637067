"""JPEGs decoded at a reduced scale: what lies beyond the edges does not show, and details stay in place."""

from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.coding import recoded
from tests.unit.adapters.codec.looking import opened

BLOCKS = {"4:4:4": (8, 8), "4:2:2": (16, 8), "4:2:0": (16, 16)}

resolutions = st.sampled_from(sorted(BLOCKS))
sides = st.integers(90, 290)
scales = st.floats(1.2, 14)


def hidden(image: Image.Image, resolution: str, padding: tuple[int, int, int]) -> bytes:
    """A JPEG whose last blocks have this colour beyond the image's edges, as after jpegtran."""
    whole = [-(-side // block) * block for side, block in zip(image.size, BLOCKS[resolution], strict=True)]
    filled = Image.new("RGB", (whole[0], whole[1]), padding)
    filled.paste(image)
    data = encode(filled, "JPEG", quality=95, subsampling=resolution)
    at = data.index(b"\xff\xc0") + 5  # height and width in the frame header
    return data[:at] + image.height.to_bytes(2) + image.width.to_bytes(2) + data[at + 4 :]


def edge(image: Image.Image) -> bytes:
    """The pixels of the last column and the last row."""
    width, height = image.size
    return b"".join(
        image.crop(box).tobytes() for box in ((width - 1, 0, width, height), (0, height - 1, width, height))
    )


def mean_difference(one: bytes, other: bytes) -> float:
    return sum(abs(first - second) for first, second in zip(one, other, strict=True)) / len(one)


def resized(data: bytes, scale: float) -> tuple[Image.Image, Image.Image]:
    """The output for a width, and what a decoder of the whole image and Pillow make of it."""
    whole = opened(data)
    made = recoded(data, Rendition(format=Target.PNG, max_width=max(1, int(whole.width / scale))))
    return made.convert("RGB"), whole.convert("RGB").resize(made.size, Image.Resampling.BICUBIC)


@given(
    resolutions, sides, sides, scales, st.sampled_from([(0, 0, 0), (0, 128, 0), (255, 0, 0), (225, 225, 225)])
)
@example("4:2:2", 404, 404, 4, (255, 0, 0))  # the padding's colour bleeds into pixels that have no padding
def test_padding_does_not_show(
    resolution: str, width: int, height: int, scale: float, padding: tuple[int, int, int]
) -> None:
    made, expected = resized(hidden(Image.new("RGB", (width, height), "white"), resolution, padding), scale)
    assert min(edge(made)) >= min(edge(expected)) - 6


@given(resolutions, sides, sides, scales)
def test_a_frame_that_is_narrower_than_a_pixel_stays(
    resolution: str, width: int, height: int, scale: float
) -> None:
    image = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(image).rectangle((0, 0, width - 1, height - 1), outline="blue", width=4)
    made, expected = resized(encode(image, "JPEG", quality=95, subsampling=resolution), scale)
    assert mean_difference(edge(made), edge(expected)) < 30


def centre(image: Image.Image) -> tuple[float, float]:
    """The centre of what is dark in an image, as fractions of its sides."""
    dark = [255 - value for value in image.convert("L").tobytes()]
    width, height = image.size
    across = sum(value * (at % width + 0.5) for at, value in enumerate(dark)) / width
    down = sum(value * (at // width + 0.5) for at, value in enumerate(dark)) / height
    return across / sum(dark), down / sum(dark)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("width", [100, 50, 33])
@given(side=st.integers(401, 439))
def test_details_stay_in_place(side: int, width: int, mode: str) -> None:
    image = Image.new(mode, (side, side), "white")
    ImageDraw.Draw(image).ellipse((side * 0.8, side * 0.8, side * 0.95, side * 0.95), "black")
    made, expected = resized(encode(image, "JPEG", quality=95), side / width)
    shifts = zip(centre(made), centre(expected), strict=True)
    assert max(abs(one - other) for one, other in shifts) * width < 0.05


def test_a_second_image_in_the_file_does_not_matter() -> None:
    """MPO, which cameras write: two JPEGs in one file."""
    image = Image.new("RGB", (405, 405), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 404, 404), outline="blue", width=4)
    file = BytesIO()
    image.save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (405, 405))])
    made, expected = resized(file.getvalue(), 8)
    assert mean_difference(edge(made), edge(expected)) < 30
