"""Helpers shared by the tests of the codec."""

from functools import cache

import pytest
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.domain.errors import ImageError
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import LIMITS, Limits
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw
from tests.unit.adapters.codec.looking import opened

SOURCES = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
FORMATS = [target for target in Target if len(target.formats) == 1]  # all but KEEP and AUTO
RED, WHITE = (255, 0, 0), (255, 255, 255)
PNG = Rendition(format=Target.PNG)


def recoded(data: bytes, options: Rendition = PNG) -> Image.Image:
    """The decoded output of compress(); by default lossless."""
    return opened(compress(data, options).data)


def refused(data: bytes, options: Rendition = PNG, limits: Limits = LIMITS) -> ImageError:
    with pytest.raises(ImageError) as caught:
        compress(data, options, limits)
    assert not caught.value.transient
    return caught.value


@cache
def photograph(format: str = "JPEG") -> bytes:  # noqa: A002
    return draw(1, 320, 240, format=format)
