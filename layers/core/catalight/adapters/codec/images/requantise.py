"""The fast path, for a JPEG whose output is a JPEG of the same size: requantise it in the DCT domain."""

from typing import NamedTuple

from catalight.adapters.codec.images import quality, strip
from catalight.adapters.codec.images.colour import profiles
from catalight.adapters.codec.images.decode import Source
from catalight.adapters.codec.images.geometry import Layout
from catalight.adapters.codec.images.keep import Kept
from catalight.adapters.codec.jpeg import requantise
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.rendition import AUTO, Rendition
from catalight.domain.image.report import Chosen

_SPREAD = 25  # by which qualities that have one look differ between images
_ALL, _EQUAL = 100, 100.0  # the quality and the SSIMULACRA2 of an output that loses nothing


class Recompressed(NamedTuple):
    """The output of the fast path: its bytes, and whether they are the source without its metadata.

    `chosen` is what `quality=auto` chose, unless the source is kept.
    """

    data: bytes
    kept: bool
    chosen: Chosen | None = None


def possible(source: Source, layout: Layout, asked: ImageFormat | None) -> bool:
    """Whether `requantised` may return an output."""
    if not (source.format is asked is ImageFormat.JPEG and layout.same_size):
        return False
    return source.mode in ("L", "RGB") and profiles.is_srgb(source.profile, source.mode)


def is_output(source: Source, rendition: Rendition) -> bool:
    """Whether the source is a JPEG as coarse as outputs of this quality: to encode it again loses more.

    With `quality=auto` it is one if an earlier output could have this look. Its look against what it was
    made of is not known, and would fall with each time that it is made lighter.
    """
    if source.format is not ImageFormat.JPEG:
        return False
    if rendition.quality != AUTO:
        return requantise.has_reached(source.data, rendition.quality)
    made_at = requantise.output_quality(source.data)
    return made_at is not None and made_at <= quality.fixed(rendition, ImageFormat.JPEG) + _SPREAD


def requantised(source: Source, layout: Layout, rendition: Rendition) -> Recompressed | None:
    """Return the output, or the source itself if that saves too little; None if the source is unsupported."""
    made = _made(source, layout, rendition)
    if made is None:
        return None
    data = made.data
    if len(data) * 2 < len(source.data) or not layout.untouched:
        return made  # not worth a comparison, or the source cannot be kept
    stripped = strip.stripped(ImageFormat.JPEG, source.data, source.exif, profiled=False)
    if stripped is None:
        return None
    if Kept(ImageFormat.JPEG, stripped).is_beaten_by(len(data)):
        return made
    return Recompressed(stripped, kept=True)


def _made(source: Source, layout: Layout, rendition: Rendition) -> Recompressed | None:
    if rendition.quality == AUTO and is_output(source, rendition):
        data = requantise.requantised(source.data, _ALL, source.exif, layout.orientation)
        return Recompressed(data, kept=False, chosen=Chosen(_ALL, _EQUAL)) if data else None
    if rendition.quality == AUTO:
        least = quality.least(rendition)
        made = requantise.settled(source.data, least, source.exif, layout.orientation)
        return made and Recompressed(made.data, kept=False, chosen=Chosen(made.quality, made.score))
    data = requantise.requantised(source.data, rendition.quality, source.exif, layout.orientation)
    return None if data is None else Recompressed(data, kept=False)
