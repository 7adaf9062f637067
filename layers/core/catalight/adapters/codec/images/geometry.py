"""Where a picture's pixels go: turned upright and shrunk to fit."""

from dataclasses import dataclass

from PIL import ExifTags, Image
from PIL.Image import Transpose

from catalight.adapters.codec.images.pillow_errors import PILLOW_ERRORS
from catalight.adapters.codec.images.shrink import shrunk
from catalight.domain.image.options import Options

type Size = tuple[int, int]

_TURNS = {
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
    """How a picture lies in its file, and the size it is to have: both sizes upright."""

    orientation: int
    upright: Size
    target: Size

    @property
    def untouched(self) -> bool:
        """Whether it lies there just as it is to be."""
        return self.orientation == _UPRIGHT and self.target == self.upright

    def as_stored(self, size: Size) -> Size:
        """An upright size as it is before the picture is turned."""
        return _swapped(size, self.orientation >= _FIRST_SIDEWAYS)


def layout(source: Image.Image, options: Options) -> Layout:
    """The layout of an opened picture; where its metadata follows its pixels, it must be loaded."""
    orientation = _orientation(source)
    upright = _swapped(source.size, orientation >= _FIRST_SIDEWAYS)
    return Layout(orientation, upright, _fitted(upright, options))


def transform(image: Image.Image, layout: Layout) -> Image.Image:
    """The picture in its final size, upright."""
    size = layout.as_stored(layout.target)
    if image.size != size:
        image = shrunk(image, size)
    turn = _TURNS.get(layout.orientation)
    return image if turn is None else image.transpose(turn)


def _orientation(source: Image.Image) -> int:
    """The EXIF orientation, which is also how Pillow tells an AVIF's own: what cannot be read is upright."""
    try:
        found = source.getexif().get(ExifTags.Base.Orientation)
    except PILLOW_ERRORS:
        return _UPRIGHT  # a broken EXIF block is no reason to refuse a picture
    return found if found in _TURNS else _UPRIGHT


def _swapped(size: Size, swap: bool) -> Size:
    return (size[1], size[0]) if swap else size


def _fitted(size: Size, options: Options) -> Size:
    """`size` shrunk into the maximal width and height: never enlarged, aspect kept, at least 1 pixel."""
    width, height = size
    scale = min(1.0, (options.max_width or width) / width, (options.max_height or height) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))
