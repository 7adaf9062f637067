"""The limits are those that docs/contract.md states."""

import pytest

from catalight.domain.errors import ImageError
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.limits import LIMITS

MILLION = 1_000_000


@pytest.mark.parametrize(("source", "millions"), [("JPEG", 52), ("PNG", 52), ("AVIF", 52), ("WEBP", 50)])
def test_sources(source: str, millions: int) -> None:
    LIMITS.check_source(source, millions, MILLION)
    with pytest.raises(ImageError):
        LIMITS.check_source(source, millions + 1, MILLION)


@pytest.mark.parametrize(
    ("output", "transparent", "millions"),
    [(ImageFormat.AVIF, False, 28), (ImageFormat.AVIF, True, 26), (ImageFormat.WEBP, True, 23)],
)
def test_outputs(output: ImageFormat, transparent: bool, millions: int) -> None:
    LIMITS.check_output(output, millions, MILLION, transparent=transparent)
    with pytest.raises(ImageError):
        LIMITS.check_output(output, millions + 1, MILLION, transparent=transparent)


def test_pixels_that_are_held_meanwhile_leave_less_memory() -> None:
    held = 200 * MILLION
    assert LIMITS.holds(ImageFormat.AVIF, 28, MILLION, transparent=False)
    assert LIMITS.holds(ImageFormat.AVIF, 22, MILLION, transparent=False, beside=held)
    assert not LIMITS.holds(ImageFormat.AVIF, 23, MILLION, transparent=False, beside=held)
    assert not LIMITS.holds(ImageFormat.PNG, 1, 1, transparent=False, beside=1_000 * MILLION)
    assert LIMITS.allows_animation(60, 1_000, 1_000, beside=held)
    assert not LIMITS.allows_animation(60, 1_000, 1_000, beside=300 * MILLION)
