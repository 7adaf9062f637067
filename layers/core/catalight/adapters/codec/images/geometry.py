"""Orientation and size: where the pixels of an output come from, and how they are drawn."""

from dataclasses import dataclass
from math import ceil, floor

from PIL import ExifTags, Image
from PIL.Image import Transpose

from catalight.adapters.codec.images.fitting import Box, Size, fitted, sides
from catalight.adapters.codec.images.pillow_errors import PILLOW_ERRORS
from catalight.adapters.codec.images.shrink import shrunk
from catalight.domain.image.rendition import Rendition

_TRANSPOSES = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
UPRIGHT = 1
_FIRST_SIDEWAYS = 5  # orientations from here on swap width and height
_FROM_THE_RIGHT, _FROM_THE_BOTTOM = (2, 3, 6, 7), (3, 4, 7, 8)  # where an upright row or column begins
_HAIR = 1e-6  # of a pixel: what a division may miss


@dataclass(frozen=True, slots=True)
class Layout:
    """Where an output comes from: the part `region` of the upright source, scaled to `content`.

    `upright` is the size of that source. `size` is larger than `content` if the output is padded. `small`
    means that the source, without its border if that is taken away, has a side below the rendition's minimum.
    """

    orientation: int
    upright: Size
    region: Box
    content: Size
    size: Size
    small: bool

    @property
    def whole(self) -> bool:
        """Whether nothing is cut off."""
        return self.region == (0, 0, *self.upright)

    @property
    def same_size(self) -> bool:
        """Whether the output is the whole source in its own size."""
        return self.whole and self.content == self.size == self.upright

    @property
    def untouched(self) -> bool:
        """Whether orientation and size stay as they are."""
        return self.orientation == UPRIGHT and self.same_size

    @property
    def needed(self) -> Size:
        """The size of the source, as it is stored, at which `region` is not smaller than `content`."""
        if self.whole:
            return swapped(self.content, self.orientation)
        width, height = sides(self.region)
        needed = self.upright[0] * self.content[0] / width, self.upright[1] * self.content[1] / height
        whole = min(ceil(needed[0]), self.upright[0]), min(ceil(needed[1]), self.upright[1])
        return swapped(whole, self.orientation)


@dataclass(frozen=True, slots=True)
class View:
    """What decoded frames show: the part `region` of the upright source, in this orientation.

    `box` is the part of each frame, which has this size, that is the image.
    """

    orientation: int
    upright: Size
    region: Box
    size: Size
    box: Box | None = None

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the upright frame for each pixel of the upright source."""
        shown = sides(self.box or (0, 0, *self.size))
        width, height = (shown[1], shown[0]) if self.orientation >= _FIRST_SIDEWAYS else shown
        region = sides(self.region)
        return width / region[0], height / region[1]

    def place(self, region: Box) -> Box:
        """Return where in the frames a part of what they show is."""
        across, down = self.scale
        left, top = self.region[:2]
        scaled = (
            (region[0] - left) * across,
            (region[1] - top) * down,
            (region[2] - left) * across,
            (region[3] - top) * down,
        )
        width, height = sides(self.region)
        box = _as_stored(scaled, (width * across, height * down), self.orientation)
        return max(0, box[0]), max(0, box[1]), min(self.size[0], box[2]), min(self.size[1], box[3])

    def region_of(self, box: tuple[int, int, int, int]) -> Box:
        """Return the part of the upright source that a part of the frames shows, in whole pixels."""
        stored = sides(self.box or (0, 0, *self.size))
        cut = (box[0], box[1], min(box[2], stored[0]), min(box[3], stored[1]))
        left, top, right, bottom = _upright(cut, stored, self.orientation)
        across, down = self.scale
        return (
            max(0, floor(left / across + _HAIR)),
            max(0, floor(top / down + _HAIR)),
            min(self.upright[0], ceil(right / across - _HAIR)),
            min(self.upright[1], ceil(bottom / down - _HAIR)),
        )


def layout(orientation: int, upright: Size, rendition: Rendition, region: Box | None = None) -> Layout:
    """Return the layout of a source, or of the part of it within its border."""
    region = region or (0, 0, *upright)
    found = fitted(region, rendition)
    small = min(sides(region)) < (rendition.min_side or 0)
    return Layout(orientation, upright, found.region, found.content, found.size, small)


def drawn(frame: Image.Image, view: View, layout: Layout) -> Image.Image:
    """Return the part of a frame that the layout shows, upright and in its size, without padding."""
    size = swapped(layout.content, view.orientation)
    if layout.region != view.region:
        frame = _part(frame, view.place(layout.region), size)
    elif frame.size != size:
        frame = shrunk(frame, size, view.box)
    transpose = _TRANSPOSES.get(view.orientation)
    return frame if transpose is None else frame.transpose(transpose)


def padded(frame: Image.Image, size: Size, background: str) -> Image.Image:
    """Return the frame in the middle of an opaque background; a grey one stays grey if that is grey."""
    if frame.size == size:
        return frame
    mode = frame.mode
    if mode in ("L", "LA") and len({background[at : at + 2] for at in (1, 3, 5)}) > 1:
        mode = mode.replace("L", "RGB")
        frame = frame.convert(mode)
    canvas = Image.new(mode, size, background)
    canvas.paste(frame, ((size[0] - frame.width) // 2, (size[1] - frame.height) // 2))
    return canvas


def orientation(exif: Image.Exif | None) -> int:
    """Return the orientation, upright if it is unreadable. Pillow adds an AVIF's own rotation to its EXIF."""
    if not exif:
        return UPRIGHT
    try:
        found = exif.get(ExifTags.Base.Orientation)
    except PILLOW_ERRORS:
        return UPRIGHT  # a broken EXIF block is no reason to refuse an image
    return found if found in _TRANSPOSES else UPRIGHT


def swapped(size: Size, orientation: int) -> Size:
    """Exchange width and height if this orientation does."""
    return (size[1], size[0]) if orientation >= _FIRST_SIDEWAYS else size


def _part(frame: Image.Image, box: Box, size: Size) -> Image.Image:
    left, top = round(box[0]), round(box[1])
    whole = (left, top, left + size[0], top + size[1])
    if all(abs(edge - near) < _HAIR for edge, near in zip(box, whole, strict=True)):
        return frame.crop(whole)
    return shrunk(frame, size, box)


def _as_stored(box: Box, upright: tuple[float, float], orientation: int) -> Box:
    left, top, right, bottom = _mirrored(box, upright, orientation)
    return (top, left, bottom, right) if orientation >= _FIRST_SIDEWAYS else (left, top, right, bottom)


def _upright(box: Box, stored: tuple[float, float], orientation: int) -> Box:
    if orientation >= _FIRST_SIDEWAYS:
        box, stored = (box[1], box[0], box[3], box[2]), (stored[1], stored[0])
    return _mirrored(box, stored, orientation)


def _mirrored(box: Box, size: tuple[float, float], orientation: int) -> Box:
    left, top, right, bottom = box
    if orientation in _FROM_THE_RIGHT:
        left, right = size[0] - right, size[0] - left
    if orientation in _FROM_THE_BOTTOM:
        top, bottom = size[1] - bottom, size[1] - top
    return left, top, right, bottom
