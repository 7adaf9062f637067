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
