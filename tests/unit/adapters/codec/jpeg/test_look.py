"""What a quality means for the tables and the search."""

from itertools import pairwise

import pytest
from PIL import Image

from catalight.adapters.codec.jpeg import look
from catalight.adapters.codec.jpeg.header import Header
from tests.corpora.samples import encode


def test_a_higher_quality_never_has_larger_steps_or_cheaper_errors() -> None:
    looks = [look.of_quality(quality) for quality in range(1, 101)]
    for lower, higher in pairwise(looks):
        assert all(low >= high for low, high in zip(lower.luma, higher.luma, strict=True))
        assert lower.price >= higher.price
    assert looks[-1] == (bytes([1] * 64), bytes([1] * 64), 0)


@pytest.mark.parametrize("quality", [1, 30, 50, 75, 100])
def test_an_image_of_pillow_is_at_its_own_quality_and_above_but_not_below(quality: int) -> None:
    header = Header(encode(Image.new("RGB", (8, 8)), "JPEG", quality=quality))
    header.scan(2)
    steps = [header.steps[component.steps] for component in header.components]
    assert look.already(steps, quality)
    assert look.already(steps, 100)
    assert quality == 1 or not look.already(steps, quality - 1)


@pytest.mark.parametrize("had", [60, 75, 85, 92, 98])
def test_steps_of_an_output_tell_its_quality(had: int) -> None:
    source = look.of_pillow(had)
    for quality in range(20, 96):
        asked = look.of_quality(quality)
        steps = tuple(bytes(map(max, *tables)) for tables in zip(source, asked[:2], strict=True))
        if not look.already(source, quality):
            assert look.quality_of((*steps, steps[1])) == quality
            assert look.quality_of(steps[:1]) is not None


@pytest.mark.parametrize("quality", range(12, 101))
def test_steps_of_other_encoders_are_of_no_output(quality: int) -> None:
    """Those of libjpeg, and of mozjpeg, which are N. Robidoux's for luma and chroma alike."""
    robidoux = look._scaled(look._ROBIDOUX, 5000 // quality if quality < 50 else 200 - 2 * quality)
    for luma, chroma in look.of_pillow(quality), (robidoux, robidoux):
        assert look.quality_of((luma, chroma, chroma)) is None
        assert look.quality_of((luma,)) is None
