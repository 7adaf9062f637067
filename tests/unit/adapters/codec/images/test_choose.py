"""`keep` and `auto`: the format of the output."""

import subprocess
import sys

import pytest
from PIL import Image, ImageDraw

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.images import choose
from catalight.adapters.codec.images.decode import DecodedImage
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw
from tests.corpora.samples import encode
from tests.unit.adapters.codec.looking import difference, opened

PHOTOGRAPH = opened(draw(1, 320, 240))
AUTO = Rendition(quality=50, format=Target.AUTO)


def clear() -> Image.Image:
    image = PHOTOGRAPH.convert("RGBA")
    image.putalpha(Image.radial_gradient("L").resize(image.size))
    return image


def flat() -> Image.Image:
    image = Image.new("RGB", (64, 64), "white")
    ImageDraw.Draw(image).rectangle((9, 9, 40, 40), "navy")
    return image


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("JPEG", "jpeg"),
        ("MPO", "jpeg"),
        ("PNG", "png"),
        ("WEBP", "webp"),
        ("AVIF", "avif"),
        ("GIF", "gif"),
        ("BMP", "png"),
        ("TIFF", "png"),
    ],
)
@pytest.mark.parametrize("width", [320, 100])
def test_each_image_keeps_its_own_format(source: str, expected: str, width: int) -> None:
    result = compress(encode(PHOTOGRAPH, source), Rendition(90, Target.KEEP, max_width=width))
    image = opened(result.data)
    assert (result.format, image.format) == (expected, expected.upper())
    assert difference(image, PHOTOGRAPH.resize(image.size)) < 8


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (PHOTOGRAPH, ["webp", "avif", "jpeg"]),
        (clear(), ["webp", "avif"]),
        (flat(), ["webp", "avif", "jpeg", "png"]),
        (flat().convert("RGBA"), ["webp", "avif", "png"]),
        (Image.new("L", (16_384, 2)), ["avif", "jpeg", "png"]),
        (Image.new("L", (65_501, 2)), ["png"]),
    ],
)
def test_candidate_formats(image: Image.Image, expected: list[str]) -> None:
    assert choose.candidates(DecodedImage([image]), LIMITS) == expected


@pytest.mark.parametrize(("width", "expected"), [(16_383, ["webp"]), (16_384, ["png"])])
def test_an_animation_has_webp_as_its_only_candidate(width: int, expected: list[str]) -> None:
    """If it exceeds WebP's maximum size, its first frame is encoded instead."""
    frames = [Image.new("RGB", (width, 1), colour) for colour in ("red", "blue")]
    assert choose.candidates(DecodedImage(frames, (50, 50)), LIMITS) == expected


def test_formats_that_do_not_fit_into_memory_are_not_tried() -> None:
    image = DecodedImage([Image.new("L", (1000, 1000))])
    fitting = [ImageFormat.JPEG, ImageFormat.PNG]
    assert choose.candidates(image, Limits(memory=200_000_000 + 12_000_000)) == fitting
    assert choose.candidates(image, Limits(memory=200_000_000)) == [ImageFormat.PNG]  # the fallback


@pytest.mark.parametrize("image", [PHOTOGRAPH, clear(), flat()], ids=["photograph", "clear", "flat"])
@pytest.mark.parametrize("width", [None, 50])
def test_auto_chooses_the_smallest_output(image: Image.Image, width: int | None) -> None:
    data = encode(image, "TIFF")
    result = compress(data, Rendition(50, Target.AUTO, width))
    tried = [Target(output.value) for output in choose.candidates(DecodedImage([image]), LIMITS)]
    sizes = {target.value: len(compress(data, Rendition(50, target, width)).data) for target in tried}
    assert len(result.data) == min(sizes.values()) == sizes[result.format.value]
    assert opened(result.data).format == result.format.name


def test_a_source_that_is_smaller_than_all_of_them_is_kept() -> None:
    for name in ("WEBP", "AVIF"):
        data = encode(PHOTOGRAPH, name, quality=1)
        result = compress(data, AUTO)
        assert (result.kept, result.data, result.format.name) == (True, data, name)


@pytest.mark.parametrize("target", Target)
def test_the_same_image_gives_the_same_bytes_in_every_process(target: Target) -> None:
    sources = [draw(1, 320, 240), draw(2, 80, 60, quality=5), encode(clear()), encode(flat(), "GIF")]
    options = f"Rendition(60, Target.{target.name}, 200)"
    script = (
        "import sys; from catalight.adapters.codec.compress import compress\n"
        "from catalight.domain.image.formats import Target\n"
        "from catalight.domain.image.rendition import Rendition\n"
        f"sys.stdout.buffer.write(compress(sys.stdin.buffer.read(), {options}).data)"
    )
    command = [sys.executable, "-c", script]
    for source in sources:
        runs = [
            subprocess.run(command, input=source, capture_output=True, check=True).stdout for _ in range(2)
        ]
        assert runs == [compress(source, Rendition(60, target, 200)).data] * 2
