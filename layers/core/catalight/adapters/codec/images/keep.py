"""When a source is as good as its output could be: then its coded picture is kept."""

from typing import NamedTuple

from catalight.adapters.codec.images import profiles, strip
from catalight.adapters.codec.images.decode import DecodedImage, Source
from catalight.domain.image.options import ImageFormat

_GREY = ("1", "L", "LA", "I;16")


class Kept(NamedTuple):
    """A source without its metadata."""

    format: ImageFormat
    data: bytes


def unchanged(source: Source, decoded: DecodedImage, allowed: tuple[ImageFormat, ...]) -> Kept | None:
    """The source without its metadata, if it is acceptable: of an allowed format, in size and upright.

    `picture` is the source decoded, which tells that it can be. None where it is not acceptable: also where
    only a part of its frames was taken, and where its colours need a printer's profile.
    """
    image, output = source.image, source.format
    if output not in allowed or output is None or not source.layout.untouched or image.mode == "CMYK":
        return None
    if source.moving != decoded.moves:
        return None
    profiled = not profiles.is_srgb(source.profile, "L" if image.mode in _GREY else "RGB")
    data = strip.stripped(output, source.data, source.exif, profiled=profiled)
    return None if data is None else Kept(output, data)
