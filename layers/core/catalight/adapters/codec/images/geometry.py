"""Orientation and size: rotate images upright and shrink them to fit."""

from dataclasses import dataclass

from PIL import ExifTags, Image
from PIL.Image import Transpose

from catalight.adapters.codec.images import own_exif
from catalight.adapters.codec.images.pillow_errors import PILLOW_ERRORS
from catalight.adapters.codec.images.shrink import Box, shrunk
from catalight.domain.image.rendition import Rendition

type Size = tuple[int, int]

_TRANSPOSES = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_UPRIGHT = 1
_FIRST_SIDEWAYS = 5  # orientations from here on swap width and height


@dataclass(frozen=True, slots=True)
class Layout:
    """The EXIF orientation of a source, its size and the target size; both sizes are upright."""

    orientation: int
    upright: Size
    target: Size

    @property
    def untouched(self) -> bool:
        """Whether orientation and size stay as they are."""
        return self.orientation == _UPRIGHT and self.target == self.upright

    def as_stored(self, size: Size) -> Size:
        """Convert an upright size to the size before the image is rotated."""
        return _swapped(size, self.orientation >= _FIRST_SIDEWAYS)


def layout(source: Image.Image, options: Rendition) -> Layout:
    """Return the layout of an opened image; load it first if its metadata may follow the pixels."""
    orientation = _orientation(source)
    upright = _swapped(source.size, orientation >= _FIRST_SIDEWAYS)
    return Layout(orientation, upright, _fitted(upright, options))


def transform(image: Image.Image, layout: Layout, box: Box | None = None) -> Image.Image:
    """Return the image, or its part in the box, upright and in the target size."""
    size = layout.as_stored(layout.target)
    if image.size != size:
        image = shrunk(image, size, box)
    transpose = _TRANSPOSES.get(layout.orientation)
    return image if transpose is None else image.transpose(transpose)


def _orientation(source: Image.Image) -> int:
    """Return the EXIF orientation, upright if unreadable; Pillow reports an AVIF's own rotation there too."""
    try:
        found = own_exif.read(source).get(ExifTags.Base.Orientation)
    except PILLOW_ERRORS:
        return _UPRIGHT  # a broken EXIF block is no reason to refuse an image
    return found if found in _TRANSPOSES else _UPRIGHT


def _swapped(size: Size, swap: bool) -> Size:
    return (size[1], size[0]) if swap else size


def _fitted(size: Size, options: Rendition) -> Size:
    """Fit `size` into the maximum width and height: never enlarged, aspect ratio kept, at least 1 pixel."""
    width, height = size
    scale = min(1.0, (options.max_width or width) / width, (options.max_height or height) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
