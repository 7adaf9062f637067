"""The limits are those that docs/contract.md states, with the default `ImageMemory`."""

import pytest

from catalight.domain.errors import ImageError
from catalight.domain.image.capacity import capacity
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import LIMITS, Limits

MILLION = 1_000_000
DEFAULT = Limits(memory=capacity(1769).memory)


@pytest.mark.parametrize("source", ["JPEG", "PNG", "AVIF", "WEBP", "GIF", "BMP", "TIFF"])
def test_sources(source: str) -> None:
    DEFAULT.check_source(source, 52, MILLION)
    with pytest.raises(ImageError):
        DEFAULT.check_source(source, 53, MILLION)


@pytest.mark.parametrize(
    ("output", "transparent", "millions"),
    [
        (ImageFormat.AVIF, False, 30),
        (ImageFormat.AVIF, True, 28),
        (ImageFormat.WEBP, False, 78),
        (ImageFormat.WEBP, True, 25),
        (ImageFormat.JPEG, False, 127),
        (ImageFormat.JPEG, True, 84),
        (ImageFormat.PNG, False, 203),
        (ImageFormat.PNG, True, 203),
    ],
)
def test_outputs(output: ImageFormat, transparent: bool, millions: int) -> None:
    DEFAULT.check_output(output, millions, MILLION, transparent=transparent)
    with pytest.raises(ImageError):
        DEFAULT.check_output(output, millions + 1, MILLION, transparent=transparent)


def test_pixels_that_are_held_meanwhile_leave_less_memory() -> None:
    held = 200 * MILLION
    assert LIMITS.holds(ImageFormat.AVIF, 28, MILLION, transparent=False)
    assert LIMITS.holds(ImageFormat.AVIF, 22, MILLION, transparent=False, beside=held)
    assert not LIMITS.holds(ImageFormat.AVIF, 23, MILLION, transparent=False, beside=held)
    assert not LIMITS.holds(ImageFormat.PNG, 1, 1, transparent=False, beside=1_000 * MILLION)
    assert LIMITS.allows_animation(60, 1_000, 1_000, beside=held)
    assert not LIMITS.allows_animation(60, 1_000, 1_000, beside=300 * MILLION)
