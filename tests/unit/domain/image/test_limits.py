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
