"""The quick way, for a JPEG that becomes one of its size: coded again, upright, without making pixels."""

from catalight.adapters.codec.images import profiles, strip
from catalight.adapters.codec.images.decode import Source
from catalight.adapters.codec.jpeg import requantise
from catalight.domain.image.options import ImageFormat


def requantised(source: Source, asked: ImageFormat | None, quality: int) -> bytes | None:
    """The output; None where there is no quick way for this source, or where it gains little."""
    mode = source.image.mode
    layout = source.layout
    if not (source.format is asked is ImageFormat.JPEG and layout.target == layout.upright):
        return None
    if mode not in ("L", "RGB") or not profiles.is_srgb(source.profile, mode):
        return None
    recompressed = requantise.requantised(source.data, quality, source.exif, layout.orientation)
    return recompressed if recompressed and _is_gain(recompressed, source) else None


def _is_gain(recompressed: bytes, source: Source) -> bool:
    """Whether it is lighter than the source without its metadata; else the other way sees what is best."""
    if len(recompressed) * 2 < len(source.data) or not source.layout.untouched:
        return True  # so clear a gain that nobody need take the source apart, or it cannot be kept
    kept = strip.stripped(ImageFormat.JPEG, source.data, source.exif, profiled=False)
    return kept is not None and len(recompressed) < len(kept)
