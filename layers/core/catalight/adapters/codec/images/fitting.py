"""Which part of an image an output shows, and at what size: pure geometry."""

from dataclasses import dataclass

from catalight.domain.image.rendition import Fit, Rendition

type Size = tuple[int, int]
type Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge of a part of an image, in pixels; edges may lie within a pixel."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """An output of `size` shows the part `region` of an image, scaled to `content`, in its middle."""

    region: Box
    content: Size
    size: Size


def fitted(region: Box, rendition: Rendition) -> Fitted:
    """Fit a part of an image, whose edges are whole pixels, into what the rendition asks for.

    It is never enlarged, and no side becomes shorter than a pixel.
    """
    width, height = sides(region)
    if rendition.width is None or rendition.height is None:
        content = _scaled(width, height, rendition.max_width or width, rendition.max_height or height)
        return Fitted(region, content, content)
    size = rendition.width, rendition.height
    if rendition.fit is Fit.COVER:
        return _cropped(region, size)
    return Fitted(region, _scaled(width, height, *size), size)


def sides(region: Box) -> tuple[float, float]:
    """Return width and height."""
    left, top, right, bottom = region
    return right - left, bottom - top


def contains(outer: Box, inner: Box) -> bool:
    """Whether a box lies within another."""
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def _scaled(width: float, height: float, max_width: float, max_height: float) -> Size:
    scale = min(1.0, max_width / width, max_height / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _cropped(region: Box, size: Size) -> Fitted:
    """Crop to an aspect ratio, in the middle: to whole pixels if what is left is not scaled."""
    width, height = sides(region)
    scale = max(size[0] / width, size[1] / height)
    if scale < 1:
        part, content = (size[0] / scale, size[1] / scale), size
        part = min(width, part[0]), min(height, part[1])  # a division may round up
        left, top = region[0] + (width - part[0]) / 2, region[1] + (height - part[1]) / 2
    else:
        ratio = size[0] / size[1]
        content = max(1, round(min(width, height * ratio))), max(1, round(min(height, width / ratio)))
        part = content
        left, top = region[0] + (width - part[0]) // 2, region[1] + (height - part[1]) // 2
    return Fitted((left, top, left + part[0], top + part[1]), content, content)
