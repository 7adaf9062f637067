"""Compressing an output again changes nothing: an image does not lose quality with every run."""

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from catalight.adapters.codec.compress import compress
from catalight.adapters.codec.images import strip
from catalight.adapters.codec.jpeg import requantise
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import AUTO, Rendition
from local.hosts.images import draw
from tests.corpora.samples import encode
from tests.unit.adapters.codec.looking import opened

LEAST_SAVING = {"JPEG": 0.03, "PNG": 0.03, "WEBP": 0.15, "AVIF": 0.15}


def label() -> bytes:
    """A drawing of few colours with hard edges, the hardest case for WebP and AVIF."""
    image = Image.new("RGB", (300, 300), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((50, 50, 250, 250), fill="red")
    pen.text((100, 140), "ACME tools", fill="black")
    return encode(image, "PNG")


SOURCES = {
    "photograph": draw(3, 320, 240),
    "fine photograph": encode(opened(draw(4, 320, 240)), "JPEG", quality=95, subsampling=0),
    "progressive": encode(opened(draw(5, 320, 240)), "JPEG", quality=85, progressive=True),
    "label": label(),
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("target", Target)
@pytest.mark.parametrize("quality", [20, 50, 80, 95])
def test_an_output_compressed_again_is_kept(source: str, target: Target, quality: int) -> None:
    options = Rendition(quality=quality, format=target)
    output = compress(SOURCES[source], options).data
    again = compress(output, options)
    assert again.kept
    assert again.data == output


@pytest.mark.parametrize("source", ["photograph", "fine photograph", "progressive"])
@pytest.mark.parametrize("target", [Target.JPEG, Target.AUTO])
@pytest.mark.parametrize("look", Look)
def test_an_output_of_auto_compressed_again_is_kept(source: str, target: Target, look: Look) -> None:
    options = Rendition(quality=AUTO, format=target, look=look)
    output = compress(SOURCES[source], options)
    again = compress(output.data, options)
    assert output.kept or output.chosen
    assert again.kept
    assert again.data == output.data


def test_an_output_of_a_better_look_is_compressed() -> None:
    better = compress(SOURCES["fine photograph"], Rendition(95)).data
    made = compress(better, Rendition(AUTO, look=Look.SMALL))
    assert not made.kept
    assert len(made.data) < 0.6 * len(better)


@pytest.mark.parametrize("quality", [30, 50, 75, 90])
@pytest.mark.parametrize("had", [10, 25, 40, 60, 75, 90])
def test_the_smallest_of_all_formats_is_no_larger_than_a_jpeg(had: int, quality: int) -> None:
    source = encode(opened(draw(8, 320, 240)), "JPEG", quality=had)
    jpeg, smallest = (
        len(compress(source, Rendition(quality, target)).data) for target in (Target.JPEG, Target.AUTO)
    )
    assert smallest <= jpeg


@given(st.integers(1, 100), st.integers(1, 100), st.booleans())
@settings(max_examples=100)
def test_a_jpeg_is_compressed_if_that_saves_3_percent(quality: int, asked: int, optimised: bool) -> None:
    source = encode(opened(draw(6, 160, 120)), "JPEG", quality=quality, optimize=optimised)
    requantised = requantise.requantised(source, asked)
    stripped = strip.stripped(ImageFormat.JPEG, source, b"", profiled=False)
    assert requantised is not None
    assert stripped is not None
    result = compress(source, Rendition(quality=asked))
    saves = len(requantised) <= 0.97 * len(stripped)
    assert (result.kept, result.data) == ((False, requantised) if saves else (True, stripped))


@pytest.mark.parametrize("name", ["PNG", "WEBP", "AVIF"])
def test_other_formats_are_kept_if_encoding_saves_little(name: str) -> None:
    """Whatever the source's own quality, it is kept, or the output is smaller by the least saving."""
    image = opened(draw(7, 160, 120))
    for quality in range(1, 101, 9):
        source = BytesIO()
        image.save(source, name, quality=quality, compress_level=quality // 11)
        size = len(source.getvalue())
        result = compress(source.getvalue(), Rendition(quality=50, format=Target(name.lower())))
        assert result.kept or len(result.data) <= (1 - LEAST_SAVING[name]) * size
