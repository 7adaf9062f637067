"""Animations: kept within limits if the output format supports them; otherwise the first frame is used."""

from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from catalight.adapters.codec.compress import compress
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.limits import KEPT_BYTES, PROCESS_BYTES, Limits
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.looking import difference, frames, opened

COLOURS = ("red", "lime", "blue", "white")
ANIMATED = [("GIF", Target.WEBP), ("WEBP", Target.WEBP), ("GIF", Target.KEEP), ("WEBP", Target.KEEP)]
ANIMATED += [("GIF", Target.AUTO), ("WEBP", Target.AUTO)]


def animation(name: str, *, clear: bool = False, **settings: object) -> bytes:
    """An animation, 40 x 20, of a spot that changes its colour; on a transparent background if `clear`."""
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
@pytest.mark.parametrize(("name", "target"), ANIMATED)
def test_an_animation_keeps_its_frames(name: str, target: Target, clear: bool, width: int) -> None:
    result = compress(animation(name, clear=clear), Rendition(quality=90, format=target, max_width=width))
    image, shown = opened(result.data), frames(result.data)
    assert (result.width, result.height) == image.size == (width, width // 2)
    assert [frame.getpixel((width // 4, width // 8)) for frame in shown] == [
        pytest.approx(Image.new("RGBA", (1, 1), colour).getpixel((0, 0)), abs=30) for colour in COLOURS
    ]
    alphas = [frame.getchannel("A").getpixel((width - 4, width // 2 - 3)) for frame in shown]
    assert alphas == [0 if clear else 255] * 4


@pytest.mark.parametrize("width", [40, 20])
@pytest.mark.parametrize(("name", "target"), ANIMATED)
def test_an_animation_keeps_its_durations_and_repetitions(name: str, target: Target, width: int) -> None:
    for loop in (0, 3):
        result = compress(animation(name, loop=loop), Rendition(format=target, max_width=width))
        image = Image.open(BytesIO(result.data))
        times = []
        for number in range(4):
            image.seek(number)
            image.load()
            times.append(image.info["duration"])
        assert times == [100, 200, 300, 400]
        again = (
            1 if name == "GIF" and image.format == "WEBP" and loop else 0
        )  # a GIF counts repetitions, a WebP plays
        assert image.info["loop"] == loop + again


def test_a_gif_that_plays_once_still_plays_once() -> None:
    images = [Image.new("RGB", (40, 20), colour) for colour in COLOURS]
    data = encode(images[0], "GIF", save_all=True, append_images=images[1:], duration=50)
    for width in (40, 20):
        kept = compress(data, Rendition(format=Target.KEEP, max_width=width))
        assert "loop" not in opened(kept.data).info
        assert opened(compress(data, Rendition(format=Target.WEBP, max_width=width)).data).info["loop"] == 1


@pytest.mark.parametrize("target", [Target.KEEP, Target.WEBP])
def test_earlier_frames_do_not_show_through(target: Target) -> None:
    images = [Image.new("RGBA", (40, 20)) for _ in range(2)]
    for image, left in zip(images, (0, 20), strict=True):
        ImageDraw.Draw(image).ellipse((left, 0, left + 19, 19), "red")
    data = encode(images[0], "GIF", save_all=True, append_images=images[1:], disposal=2, duration=50)
    shown = frames(compress(data, Rendition(quality=90, format=target, max_width=20)).data)
    alphas = [[frame.getchannel("A").getpixel((x, 5)) for x in (5, 15)] for frame in shown]
    assert alphas == [[255, 0], [0, 255]]


@pytest.mark.parametrize("target", [Target.JPEG, Target.PNG, Target.AVIF])
@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP", "AVIF", "TIFF", "MPO"])
def test_outputs_without_animation_get_the_first_frame(source: str, target: Target) -> None:
    others = [Image.new("RGB", (40, 20), colour) for colour in ("blue", "black")]
    data = encode(corner(), source, save_all=True, append_images=others)
    image = opened(compress(data, Rendition(quality=95, format=target)).data)
    assert getattr(image, "n_frames", 1) == 1
    assert difference(image, corner()) < 8


@pytest.mark.parametrize("target", [Target.WEBP, Target.KEEP, Target.AUTO])
@pytest.mark.parametrize("source", ["PNG", "AVIF", "TIFF", "MPO"])
def test_animations_in_other_source_formats_become_their_first_frame(source: str, target: Target) -> None:
    others = [Image.new("RGB", (40, 20), colour) for colour in ("blue", "black")]
    data = encode(corner(), source, save_all=True, append_images=others)
    image = opened(compress(data, Rendition(quality=95, format=target)).data)
    assert getattr(image, "n_frames", 1) == 1
    assert difference(image, corner()) < 8


@pytest.mark.parametrize(
    ("limits", "count"),
    [(Limits(frames=4, animation_pixels=3200), 4), (Limits(frames=3), 1), (Limits(animation_pixels=3199), 1)],
)
@pytest.mark.parametrize(("name", "target"), ANIMATED)
def test_beyond_the_limits_the_first_frame_is_used(
    name: str, target: Target, limits: Limits, count: int
) -> None:
    """Also if the source could have been kept: its other frames have not been decoded, so may be corrupt."""
    result = compress(animation(name), Rendition(quality=90, format=target), limits)
    shown = frames(result.data)
    assert len(shown) == count
    assert shown[0].getpixel((10, 5)) == pytest.approx((255, 0, 0, 255), abs=30)


@pytest.mark.parametrize(("frame_bytes", "count"), [(11 * 3200, 4), (11 * 3200 - 1, 1)])
def test_without_enough_memory_the_first_frame_is_used(frame_bytes: int, count: int) -> None:
    limits = Limits(memory=PROCESS_BYTES + KEPT_BYTES + frame_bytes)
    result = compress(animation("GIF"), Rendition(format=Target.KEEP), limits)
    assert len(frames(result.data)) == count


@pytest.mark.parametrize(("name", "target"), ANIMATED)
def test_a_truncated_animation_is_corrupt(name: str, target: Target) -> None:
    data = animation(name)
    with pytest.raises(ImageError) as caught:
        compress(data[: len(data) * 3 // 4], Rendition(format=target))
    assert caught.value.code is ImageErrorCode.CORRUPT_IMAGE


def test_metadata_between_the_frames_of_a_gif_is_removed() -> None:
    data = animation("GIF", comment=b"SECRET")
    block = b"!\xff\x0bXMP DataXMP\x06SECRET\x00"
    text = b"!\xf9\x04\x00\x00\x00\x00\x00!\x01\x0cABCDEFGHIJKL\x06SECRET\x00"
    at = data.index(b"!\xf9")
    data = data[:at] + block + text + data[at:]
    result = compress(data, Rendition(format=Target.KEEP))
    assert (result.kept, result.format) == (True, ImageFormat.GIF)
    assert b"SECRET" not in result.data
    kept, before = frames(result.data), frames(animation("GIF"))
    assert [frame.tobytes() for frame in kept] == [frame.tobytes() for frame in before]
