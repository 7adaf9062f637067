"""Several renditions of one image, from one decoding."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from catalight.adapters.codec.compress import compress, compress_all, compress_into
from catalight.adapters.codec.images import decode, requantise
from catalight.adapters.isolation.memory_file import memory_file
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import Fit, Rendition
from local.hosts.images import draw
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.coding import SOURCES, photograph
from tests.unit.adapters.codec.looking import difference, frames, opened

LARGE, SMALL = Rendition(90, max_width=300), Rendition(90, max_width=100)
SHAPES = (
    Rendition(90),
    Rendition(90, Target.WEBP, max_width=200),
    Rendition(90, Target.PNG, width=150, height=150, fit=Fit.PAD, background="#204060"),
    Rendition(90, width=90, height=120, fit=Fit.COVER),
    Rendition(90, Target.AVIF, width=500, height=500, fit=Fit.COVER),
    Rendition(90, Target.KEEP, max_height=64),
    Rendition(90, Target.AUTO, max_width=80, trim=True),
    Rendition(90, Target.PNG, max_width=9),
)


def made(data: bytes, renditions: Sequence[Rendition], limits: Limits = LIMITS) -> list[Compressed]:
    outcomes = compress_all(data, renditions, limits)
    found = [outcome for outcome in outcomes if isinstance(outcome, Compressed)]
    assert len(found) == len(outcomes), outcomes
    return found


def order(data: bytes, renditions: Sequence[Rendition], limits: Limits = LIMITS) -> list[int]:
    """The renditions in the order in which work on them ends."""
    with memory_file() as file, memory_file() as scratch:
        events = compress_into(file, scratch, data, renditions, limits)
        return [index for index, outcome in events if outcome]


@pytest.fixture
def decodings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The sizes of which pixels were asked for."""
    asked, pixels = list[object](), decode.pixels

    def counted(source: Any, needed: Any, *more: Any, **settings: Any) -> Any:
        asked.append(needed)
        return pixels(source, needed, *more, **settings)

    monkeypatch.setattr(decode, "pixels", counted)
    return asked


@pytest.mark.parametrize("source", SOURCES)
def test_each_rendition_looks_as_if_it_were_alone(source: str) -> None:
    data = photograph(source)
    together = made(data, SHAPES)
    for output, rendition in zip(together, SHAPES, strict=True):
        alone = compress(data, rendition)
        described = output.format, output.width, output.height, output.source, output.kept, output.small
        assert described == (
            alone.format,
            alone.width,
            alone.height,
            alone.source,
            alone.kept,
            alone.small,
        )
        assert difference(opened(output.data), opened(alone.data)) < 3


@pytest.mark.parametrize("orientation", [1, 4, 6])
def test_the_source_is_decoded_once_as_large_as_the_largest_needs(
    decodings: list[object], orientation: int
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = encode(opened(draw(3, 1600, 1200)), "JPEG", exif=exif)
    upright = (1600, 1200) if orientation < 5 else (1200, 1600)
    cover = Rendition(width=150, height=200, fit=Fit.COVER)
    made(data, [Rendition(max_width=100), cover, Rendition(max_height=150)])
    scale = max(150 / upright[0], 200 / upright[1])
    needed = tuple(-int(-side * scale // 1) for side in upright)
    assert decodings == [needed if orientation < 5 else needed[::-1]]


def test_the_largest_is_made_first() -> None:
    assert order(photograph(), [SMALL, Rendition(90, max_width=20), LARGE]) == [2, 0, 1]


def test_a_jpeg_of_the_same_size_takes_the_fast_path_beside_others(decodings: list[object]) -> None:
    data = draw(3, 1600, 1200)
    whole, _, covered = made(
        data, [Rendition(), Rendition(max_width=200), Rendition(width=2000, height=1200, fit=Fit.COVER)]
    )
    assert whole == compress(data, Rendition())
    assert covered.height == 960  # cropped, so it needs all pixels
    assert decodings == [(1600, 1200)]
    decodings.clear()
    made(data, [Rendition(), Rendition(max_width=200)])
    assert decodings == [(200, 150)]


def test_a_fast_path_that_does_not_support_the_source_is_made_from_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(requantise, "requantised", lambda *_: None)
    [whole, small] = made(photograph(), [Rendition(90), SMALL])
    assert difference(opened(whole.data), opened(photograph())) < 4
    assert small.width == 100


def test_renditions_that_are_alike_are_made_once(decodings: list[object]) -> None:
    twice = [SMALL, replace(SMALL, name="other", min_side=1000), replace(SMALL, max_width=320)]
    first, second, other = made(photograph("PNG"), twice)
    assert first.data == second.data != other.data
    assert (first.small, second.small) == (False, True)
    assert (first.times.decode, second.times) == (first.times.decode, replace(second.times, decode=0))
    assert second.times.encode == 0


def test_what_serves_all_is_counted_once() -> None:
    times = [output.times for output in made(draw(1, 3000, 2000), [Rendition(max_width=2900), SMALL, LARGE])]
    assert [time.decode > 0 for time in times] == [True, False, False]


def test_each_rendition_is_kept_by_its_own_rules() -> None:
    data = compress(photograph(), Rendition(50)).data
    kept, better, small = made(data, [Rendition(80), Rendition(20), Rendition(80, max_width=100)])
    assert (kept.kept, better.kept, small.kept) == (True, False, False)
    padded = compress(data, Rendition(80, width=320, height=240, fit=Fit.PAD))
    assert (padded.kept, padded.data) == (True, kept.data)


def test_a_source_that_cannot_be_used_is_one_error() -> None:
    for data, code in (
        (b"text", ImageErrorCode.NOT_AN_IMAGE),
        (photograph("PNG")[:-2000], ImageErrorCode.CORRUPT_IMAGE),
        (photograph()[:-2000], ImageErrorCode.CORRUPT_IMAGE),
    ):
        with pytest.raises(ImageError) as refused:
            compress_all(data, SHAPES)
        assert refused.value.code is code


def test_a_rendition_that_cannot_be_made_fails_alone() -> None:
    wide = encode(Image.new("L", (20_000, 40)), "PNG")
    webp, small = compress_all(wide, [Rendition(format=Target.WEBP), Rendition(max_width=100)])
    assert isinstance(webp, ImageError)
    assert webp.code is ImageErrorCode.TOO_MANY_PIXELS
    assert isinstance(small, Compressed)


@pytest.mark.parametrize("target", [Target.JPEG, Target.PNG, Target.WEBP, Target.AVIF, Target.AUTO])
def test_padding_beyond_the_limits_is_refused_before_it_is_drawn(target: Target) -> None:
    huge = Rendition(format=target, width=16_383, height=16_383, fit=Fit.PAD)
    failed, small = compress_all(photograph(), [huge, SMALL])
    assert isinstance(failed, ImageError)
    assert failed.code is ImageErrorCode.TOO_MANY_PIXELS
    assert isinstance(small, Compressed)


def test_all_outputs_together_are_limited() -> None:
    sizes = [len(output.data) for output in made(photograph("PNG"), [LARGE, SMALL])]
    limits = replace(LIMITS, output_bytes=sum(sizes) - 1)
    large, small, tiny = compress_all(photograph("PNG"), [LARGE, SMALL, Rendition(max_width=9)], limits)
    assert isinstance(large, Compressed)
    assert isinstance(small, ImageError)
    assert small.code is ImageErrorCode.TOO_MANY_BYTES
    assert small.detail == f"The compressed images have more than {limits.output_bytes:,} bytes together."
    assert isinstance(tiny, Compressed)


def test_what_does_not_fit_into_memory_beside_the_source_is_made_alone(decodings: list[object]) -> None:
    data = encode(Image.effect_noise((2000, 1000), 50).convert("RGB"), "PNG")
    needs = 33 * 2_000_000 + 1_000_000  # an AVIF of it, and no more
    limits = Limits(memory=200_000_000 + needs)
    whole = Rendition(format=Target.AVIF)
    assert order(data, [whole, SMALL, LARGE], limits) == [2, 1, 0]
    assert decodings == [(2000, 1000), (2000, 1000)]
    assert made(data, [whole, SMALL, LARGE], limits)[0] == compress(data, whole)


# Pad and cover

CORNER = corner()  # 40 x 20


@pytest.mark.parametrize("target", [Target.JPEG, Target.PNG, Target.WEBP, Target.AVIF])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_padding_has_the_background_and_is_opaque(target: Target, mode: str) -> None:
    source = Image.new(mode, (60, 30), "#ff0000")
    rendition = Rendition(95, target, width=50, height=50, fit=Fit.PAD, background="#2040ff")
    image = opened(compress(encode(source), rendition).data)
    assert image.size == (50, 50)
    assert difference(image.crop((0, 0, 50, 10)), Image.new("RGB", (50, 10), "#2040ff")) < 6
    assert difference(image.crop((0, 40, 50, 50)), Image.new("RGB", (50, 10), "#2040ff")) < 6
    expected = source.convert("RGB").resize((50, 19))
    assert difference(image.crop((0, 15, 50, 34)), expected) < 6


def test_transparency_stays_within_the_padding() -> None:
    source = Image.new("RGBA", (20, 20), (10, 20, 30, 0))
    image = opened(
        compress(encode(source), Rendition(format=Target.PNG, width=60, height=40, fit=Fit.PAD)).data
    )
    alpha = image.getchannel("A")
    assert (alpha.getpixel((0, 0)), alpha.getpixel((30, 20))) == (255, 0)
    assert alpha.point(lambda value: 255 - value).getbbox() == (20, 10, 40, 30)


def test_a_grey_image_stays_grey_on_grey() -> None:
    data = encode(Image.new("L", (30, 30), 9))
    pad = Rendition(format=Target.PNG, width=40, height=40, fit=Fit.PAD)
    assert opened(compress(data, pad).data).mode == "L"
    assert opened(compress(data, replace(pad, background="#010203")).data).mode == "RGB"


def test_cover_shows_the_middle() -> None:
    source = Image.new("RGB", (90, 30), "red")
    source.paste("blue", (30, 0, 60, 30))
    for data in (encode(source), encode(source, "TIFF"), encode(source, "JPEG", quality=95, subsampling=0)):
        image = opened(compress(data, Rendition(95, Target.PNG, width=20, height=20, fit=Fit.COVER)).data)
        assert difference(image, Image.new("RGB", (20, 20), "blue")) < 12  # its edges are shared with the red
        assert difference(image.crop((3, 3, 17, 17)), Image.new("RGB", (14, 14), "blue")) < 3


# Animations


def animation(format: str) -> bytes:  # noqa: A002
    """Three frames of 80 x 40, of which only the last shows something at the right."""
    shown = []
    for number in range(3):
        frame = Image.new("RGB", (80, 40), "white")
        frame.paste((200, 0, 0), (10 + 10 * number, 10, 20 + 20 * number, 30))
        shown.append(frame)
    file = BytesIO()
    shown[0].save(file, format, save_all=True, append_images=shown[1:], duration=[50, 60, 70], loop=0)
    return file.getvalue()


@pytest.mark.parametrize("source", ["GIF", "WEBP"])
def test_an_animation_is_decoded_once_for_moving_and_still_renditions(
    decodings: list[object], source: str
) -> None:
    pad = Rendition(90, Target.WEBP, width=100, height=100, fit=Fit.PAD, background="#00ff00")
    cover = Rendition(90, Target.WEBP, width=20, height=20, fit=Fit.COVER)
    still = Rendition(90, max_width=40)
    padded, covered, first = made(animation(source), [pad, cover, still])
    assert len(decodings) == 1
    assert [frame.size for frame in frames(padded.data)] == [(100, 100)] * 3
    assert [frame.size for frame in frames(covered.data)] == [(20, 20)] * 3
    for frame in frames(padded.data):
        assert difference(frame.crop((0, 0, 100, 20)), Image.new("RGB", (100, 20), "#00ff00")) < 12
    assert opened(first.data).size == (40, 20)
    assert first.format is ImageFormat.JPEG


def test_an_animation_that_is_too_large_once_it_is_padded_becomes_a_still_image() -> None:
    pad = Rendition(90, Target.WEBP, width=300, height=300, fit=Fit.PAD)
    [padded] = made(animation("WEBP"), [pad], replace(LIMITS, animation_pixels=3 * 300 * 300 - 1))
    assert opened(padded.data).size == (300, 300)
    assert len(frames(padded.data)) == 1
