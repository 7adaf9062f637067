"""Animations: kept where the output can hold them, within limits; of all others the first frame is taken."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from catalight.adapters.codec.compress import compress
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.limits import KEPT_BYTES, PROCESS_BYTES, Limits
from catalight.domain.image.options import ImageFormat, Options, Target
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.looking import difference, frames, opened

COLOURS = ("red", "lime", "blue", "white")
MOVING = [("GIF", Target.WEBP), ("WEBP", Target.WEBP), ("GIF", Target.KEEP), ("WEBP", Target.KEEP)]
MOVING += [("GIF", Target.AUTO), ("WEBP", Target.AUTO)]


def film(name: str, *, clear: bool = False, **settings: object) -> bytes:
    """A spot that changes its colour, 40 x 20; where it is `clear`, on nothing."""
    images = []
    for colour in COLOURS:
        image = Image.new("RGBA", (40, 20), (0, 0, 0, 0) if clear else "grey")
        ImageDraw.Draw(image).ellipse((0, 0, 20, 10), colour)
        images.append(image if clear else image.convert("RGB"))
    shown = {"duration": [100, 200, 300, 400], "loop": 0} | settings
    if clear and name == "GIF":
        shown["disposal"] = 2
    return encode(images[0], name, save_all=True, append_images=images[1:], **shown)


@pytest.mark.parametrize("width", [40, 20])
@pytest.mark.parametrize("clear", [False, True], ids=["solid", "clear"])
@pytest.mark.parametrize(("name", "target"), MOVING)
def test_an_animation_still_moves(name: str, target: Target, clear: bool, width: int) -> None:
    result = compress(film(name, clear=clear), Options(quality=90, format=target, max_width=width))
    moving, shown = opened(result.data), frames(result.data)
    assert (result.width, result.height) == moving.size == (width, width // 2)
    assert [frame.getpixel((width // 4, width // 8)) for frame in shown] == [
        pytest.approx(Image.new("RGBA", (1, 1), colour).getpixel((0, 0)), abs=30) for colour in COLOURS
    ]
    alphas = [frame.getchannel("A").getpixel((width - 4, width // 2 - 3)) for frame in shown]
    assert alphas == [0 if clear else 255] * 4


@pytest.mark.parametrize("width", [40, 20])
@pytest.mark.parametrize(("name", "target"), MOVING)
def test_it_moves_as_fast_as_before_and_as_often(name: str, target: Target, width: int) -> None:
    for loop in (0, 3):
        result = compress(film(name, loop=loop), Options(format=target, max_width=width))
        moving = Image.open(BytesIO(result.data))
        times = []
        for number in range(4):
            moving.seek(number)
            moving.load()
            times.append(moving.info["duration"])
        assert times == [100, 200, 300, 400]
        again = 1 if name == "GIF" and moving.format == "WEBP" and loop else 0  # a GIF counts repetitions
        assert moving.info["loop"] == loop + again


def test_a_gif_that_is_shown_once_stays_so() -> None:
    images = [Image.new("RGB", (40, 20), colour) for colour in COLOURS]
    data = encode(images[0], "GIF", save_all=True, append_images=images[1:], duration=50)
    for width in (40, 20):
        kept = compress(data, Options(format=Target.KEEP, max_width=width))
        assert "loop" not in opened(kept.data).info
        assert opened(compress(data, Options(format=Target.WEBP, max_width=width)).data).info["loop"] == 1


@pytest.mark.parametrize("target", [Target.KEEP, Target.WEBP])
def test_what_has_moved_away_is_gone(target: Target) -> None:
    images = [Image.new("RGBA", (40, 20)) for _ in range(2)]
    for image, left in zip(images, (0, 20), strict=True):
        ImageDraw.Draw(image).ellipse((left, 0, left + 19, 19), "red")
    data = encode(images[0], "GIF", save_all=True, append_images=images[1:], disposal=2, duration=50)
    shown = frames(compress(data, Options(quality=90, format=target, max_width=20)).data)
    alphas = [[frame.getchannel("A").getpixel((x, 5)) for x in (5, 15)] for frame in shown]
    assert alphas == [[255, 0], [0, 255]]


@pytest.mark.parametrize("target", [Target.JPEG, Target.PNG, Target.AVIF])
@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP", "AVIF", "TIFF", "MPO"])
def test_other_formats_get_the_first_frame(source: str, target: Target) -> None:
    others = [Image.new("RGB", (40, 20), colour) for colour in ("blue", "black")]
    data = encode(corner(), source, save_all=True, append_images=others)
    image = opened(compress(data, Options(quality=95, format=target)).data)
    assert getattr(image, "n_frames", 1) == 1
    assert difference(image, corner()) < 8


@pytest.mark.parametrize("target", [Target.WEBP, Target.KEEP, Target.AUTO])
@pytest.mark.parametrize("source", ["PNG", "AVIF", "TIFF", "MPO"])
def test_animations_of_other_formats_are_not_kept(source: str, target: Target) -> None:
    others = [Image.new("RGB", (40, 20), colour) for colour in ("blue", "black")]
    data = encode(corner(), source, save_all=True, append_images=others)
    image = opened(compress(data, Options(quality=95, format=target)).data)
    assert getattr(image, "n_frames", 1) == 1
    assert difference(image, corner()) < 8


@pytest.mark.parametrize(
    ("limits", "count"), [(Limits(frames=4, moving=3200), 4), (Limits(frames=3), 1), (Limits(moving=3199), 1)]
)
@pytest.mark.parametrize(("name", "target"), MOVING)
def test_beyond_the_limits_it_stands_still(name: str, target: Target, limits: Limits, count: int) -> None:
    """Also where it might have been kept: its other frames have not been seen to decode."""
    result = compress(film(name), Options(quality=90, format=target), limits)
    shown = frames(result.data)
    assert len(shown) == count
    assert shown[0].getpixel((10, 5)) == pytest.approx((255, 0, 0, 255), abs=30)


@pytest.mark.parametrize(("frame_bytes", "count"), [(11 * 3200, 4), (11 * 3200 - 1, 1)])
def test_without_the_memory_for_it_it_stands_still(frame_bytes: int, count: int) -> None:
    limits = Limits(memory=PROCESS_BYTES + KEPT_BYTES + frame_bytes)
    result = compress(film("GIF"), Options(format=Target.KEEP), limits)
    assert len(frames(result.data)) == count


@pytest.mark.parametrize(("name", "target"), MOVING)
def test_a_film_that_breaks_off_is_corrupt(name: str, target: Target) -> None:
    data = film(name)
    with pytest.raises(ImageError) as caught:
        compress(data[: len(data) * 3 // 4], Options(format=target))
    assert caught.value.code is ImageErrorCode.CORRUPT_IMAGE


def test_what_a_gif_has_to_say_between_its_frames_goes() -> None:
    data = film("GIF", comment=b"SECRET")
    block = b"!\xff\x0bXMP DataXMP\x06SECRET\x00"
    text = b"!\xf9\x04\x00\x00\x00\x00\x00!\x01\x0cABCDEFGHIJKL\x06SECRET\x00"
    at = data.index(b"!\xf9")
    data = data[:at] + block + text + data[at:]
    result = compress(data, Options(format=Target.KEEP))
    assert (result.kept, result.format) == (True, ImageFormat.GIF)
    assert b"SECRET" not in result.data
    kept, before = frames(result.data), frames(film("GIF"))
    assert [frame.tobytes() for frame in kept] == [frame.tobytes() for frame in before]
