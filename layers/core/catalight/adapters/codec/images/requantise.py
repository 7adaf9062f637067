"""The fast path, for a JPEG whose output is a JPEG of the same size: requantise it in the DCT domain."""

from typing import NamedTuple

from catalight.adapters.codec.images import strip
from catalight.adapters.codec.images.colour import profiles
from catalight.adapters.codec.images.decode import Source
from catalight.adapters.codec.images.geometry import Layout
from catalight.adapters.codec.images.keep import Kept
from catalight.adapters.codec.jpeg import requantise
from catalight.domain.image.formats import ImageFormat


class Recompressed(NamedTuple):
    """The output of the fast path: its bytes, and whether they are the source without its metadata."""

    data: bytes
    kept: bool


def possible(source: Source, layout: Layout, asked: ImageFormat | None) -> bool:
    """Whether `requantised` may return an output."""
    if not (source.format is asked is ImageFormat.JPEG and layout.same_size):
        return False
    return source.mode in ("L", "RGB") and profiles.is_srgb(source.profile, source.mode)


def requantised(source: Source, layout: Layout, quality: int) -> Recompressed | None:
    """Return the output, or the source itself if that saves too little; None if the source is unsupported."""
    data = requantise.requantised(source.data, quality, source.exif, layout.orientation)
    if data is None:
        return None
    if len(data) * 2 < len(source.data) or not layout.untouched:
        return Recompressed(data, kept=False)  # not worth a comparison, or the source cannot be kept
    stripped = strip.stripped(ImageFormat.JPEG, source.data, source.exif, profiled=False)
    if stripped is None:
        return None
    if Kept(ImageFormat.JPEG, stripped).is_beaten_by(len(data)):
        return Recompressed(data, kept=False)
    return Recompressed(stripped, kept=True)
