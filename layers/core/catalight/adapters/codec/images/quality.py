"""What `quality=auto` asks of the encoders."""

from catalight.adapters.codec.jpeg import calibrated
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import AUTO, Rendition
from catalight.domain.image.report import Chosen

_IN_THE_MEAN = {
    ImageFormat.JPEG: calibrated.JPEG,  # where the native library does not encode it
    ImageFormat.WEBP: calibrated.WEBP,
    ImageFormat.AVIF: calibrated.AVIF,
}


def least(rendition: Rendition) -> float:
    """Return the score that a JPEG of `quality=auto` has at least."""
    return (rendition.look or Look.GOOD).score


def fixed(rendition: Rendition, output: ImageFormat) -> int:
    """Return the quality for an encoder of Pillow's: with `auto` the one that has the look in the mean."""
    if rendition.quality != AUTO:
        return rendition.quality
    return _IN_THE_MEAN[output][(rendition.look or Look.GOOD).value]


def chosen(rendition: Rendition, output: ImageFormat) -> Chosen | None:
    """Return what is reported about an output of an encoder of Pillow's."""
    if rendition.quality != AUTO or output not in _IN_THE_MEAN:
        return None
    return Chosen(fixed(rendition, output), None)
