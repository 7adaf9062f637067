"""Choose the output format: the requested one, or candidates of which the smallest output wins."""

from collections.abc import Iterator

from catalight.adapters.codec.images.decode import DecodedImage, Source
from catalight.adapters.codec.images.encode import MAX_SIDES
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.limits import Limits

_FEW_COLOURS = 256  # at most so many make an image palette-like


def asked(target: Target, source: Source) -> ImageFormat | None:
    """Return the output format if it is known before decoding; None for `auto`.

    BMP and TIFF sources become PNG, which is lossless: BMP is not compressed, and browsers do not show TIFF.
    """
    if target is Target.AUTO:
        return None
    return (source.format or ImageFormat.PNG) if target is Target.KEEP else ImageFormat(target.value)


def candidates(decoded: DecodedImage, limits: Limits) -> list[ImageFormat]:
    """Return the formats that `auto` tries: those that can hold the image and may give the smallest file.

    WebP takes 25 ms a megapixel and AVIF 50 ms; which is smaller depends on the image. JPEG is never much
    larger and takes 5 ms. PNG takes 240 ms for photographs and is never smaller for those, so only
    palette-like images are tried as PNG.
    """
    return [output for output in _wanted(decoded) if _fits(decoded, output, limits)] or [ImageFormat.PNG]


def _wanted(decoded: DecodedImage) -> Iterator[ImageFormat]:
    yield ImageFormat.WEBP
    if decoded.animated:
        return
    yield ImageFormat.AVIF
    if not decoded.transparent:
        yield ImageFormat.JPEG
    if decoded.still.getcolors(_FEW_COLOURS):
        yield ImageFormat.PNG


def _fits(decoded: DecodedImage, output: ImageFormat, limits: Limits) -> bool:
    size, transparent = decoded.still.size, decoded.transparent
    return max(size) <= MAX_SIDES[output] and limits.holds(output, *size, transparent=transparent)
