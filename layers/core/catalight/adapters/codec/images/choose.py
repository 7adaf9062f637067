"""Which formats a picture is coded in: the one that is asked for, or a few of which the smallest is taken."""

from collections.abc import Iterator

from catalight.adapters.codec.images.decode import DecodedImage, Source
from catalight.adapters.codec.images.encode import MAX_SIDES
from catalight.domain.image.limits import Limits
from catalight.domain.image.options import ImageFormat, Target

_FEW_COLOURS = 256


def asked(target: Target, source: Source) -> ImageFormat | None:
    """The format of the output as far as it is known before the pixels are: not for `auto`.

    To keep the format of a BMP or a TIFF would help nobody: the one is not compressed, and browsers show no
    TIFF. Both become PNG, which loses nothing.
    """
    if target is Target.AUTO:
        return None
    return (source.format or ImageFormat.PNG) if target is Target.KEEP else ImageFormat(target.value)


def candidates(decoded: DecodedImage, limits: Limits) -> list[ImageFormat]:
    """What `auto` tries: formats that can hold the picture, and of which one is likely to be the smallest.

    WebP takes 25 ms a megapixel and AVIF 50; which is smaller depends on the picture. A JPEG is never far
    behind and costs 5. PNG takes 240 for photographs and is never smaller: it is for pictures of few colours.
    """
    return [output for output in _wanted(decoded) if _fits(decoded, output, limits)] or [ImageFormat.PNG]


def _wanted(decoded: DecodedImage) -> Iterator[ImageFormat]:
    yield ImageFormat.WEBP
    if decoded.moves:
        return
    yield ImageFormat.AVIF
    if not decoded.transparent:
        yield ImageFormat.JPEG
    if decoded.still.getcolors(_FEW_COLOURS):
        yield ImageFormat.PNG


def _fits(decoded: DecodedImage, output: ImageFormat, limits: Limits) -> bool:
    size, transparent = decoded.still.size, decoded.transparent
    return max(size) <= MAX_SIDES[output] and limits.holds(output, *size, transparent=transparent)
