"""The fast path, for a JPEG whose output is a JPEG of the same size: requantise it in the DCT domain."""

from catalight.adapters.codec.images import profiles, strip
from catalight.adapters.codec.images.decode import Source
from catalight.adapters.codec.jpeg import requantise
from catalight.domain.image.options import ImageFormat


def requantised(source: Source, asked: ImageFormat | None, quality: int) -> bytes | None:
    """Return the output; None if the fast path does not support this source, or its output is not smaller."""
    mode = source.image.mode
    layout = source.layout
    if not (source.format is asked is ImageFormat.JPEG and layout.target == layout.upright):
        return None
    if mode not in ("L", "RGB") or not profiles.is_srgb(source.profile, mode):
        return None
    recompressed = requantise.requantised(source.data, quality, source.exif, layout.orientation)
    return recompressed if recompressed and _is_gain(recompressed, source) else None


def _is_gain(recompressed: bytes, source: Source) -> bool:
    """Whether it is smaller than the source without its metadata; if not, the slow path decides."""
    if len(recompressed) * 2 < len(source.data) or not source.layout.untouched:
        return True  # a comparison with the stripped source is not worth it, or the source cannot be kept
    kept = strip.stripped(ImageFormat.JPEG, source.data, source.exif, profiled=False)
    return kept is not None and len(recompressed) < len(kept)
