"""Keep a source, without its metadata, if it already meets what the job asks for."""

from typing import NamedTuple

from catalight.adapters.codec.images import strip
from catalight.adapters.codec.images.colour import profiles
from catalight.adapters.codec.images.decode import DecodedImage, Source
from catalight.adapters.codec.images.formats import gif
from catalight.adapters.codec.images.geometry import Layout
from catalight.adapters.codec.jpeg import arithmetic
from catalight.domain.image.formats import ImageFormat

_GREY = ("1", "L", "LA", "I;16")

# Percent. Encoding a WebP or AVIF again at its own quality saves up to 12 % of its bytes by losing
# details each time. A JPEG requantised with its own tables saves up to 2 %.
_MIN_SAVING = {ImageFormat.WEBP: 15, ImageFormat.AVIF: 15}
_DEFAULT_MIN_SAVING = 3


class Kept(NamedTuple):
    """A source without its metadata: its format and bytes."""

    format: ImageFormat
    data: bytes

    def is_beaten_by(self, size: int) -> bool:
        """Whether an output of `size` bytes saves enough to be preferred to the source."""
        percent = 100 - _MIN_SAVING.get(self.format, _DEFAULT_MIN_SAVING)
        return size * 100 <= len(self.data) * percent


def unchanged(
    source: Source, layout: Layout, decoded: DecodedImage, allowed: tuple[ImageFormat, ...]
) -> Kept | None:
    """Return the source without its metadata if it has an allowed format and the layout's size, upright.

    `decoded` is the source decoded, which proves that it can be decoded. Returns None otherwise, also if only
    some of its frames were decoded, or if it is CMYK, whose colours need a printer's profile. It also returns
    None for a JPEG that browsers do not show, and for a GIF that others show differently.
    """
    output = source.format
    if output not in allowed or output is None or not layout.untouched or source.mode == "CMYK":
        return None
    if source.animated != decoded.animated:
        return None
    if output is ImageFormat.GIF and not gif.unambiguous(source.data, source.stored):
        return None
    if output is ImageFormat.JPEG and arithmetic.coded(source.data):
        return None
    profiled = not profiles.is_srgb(source.profile, "L" if source.mode in _GREY else "RGB")
    data = strip.stripped(output, source.data, source.exif, profiled=profiled)
    return None if data is None else Kept(output, data)
