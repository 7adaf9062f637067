"""Decode a JPEG at a reduced scale, without what lies beyond its edges.

A JPEG consists of whole blocks. Those at the right and bottom edge are filled up with pixels that do not
belong to the image and may have any colour (ITU-T T.81, A.2.4). A reduced scale mixes them with the image.
"""

from PIL import Image, ImageChops
from PIL.JpegImagePlugin import JpegImageFile

from catalight.adapters.codec.images.fitting import Box

_BLOCK = 8
_SEGMENTS = 16  # of an edge, which are looked at one by one: only a part of an edge may be filled with colour
_CALM, _FACTOR = 12, 3  # levels of 255; a line may differ by that much more than the one before it does


def load(image: Image.Image, size: tuple[int, int]) -> tuple[Image.Image, Box | None]:
    """Load an opened image, a JPEG at the smallest scale that is not below `size`; return its box if reduced.

    The box is the part of the result that is the image; its right and bottom edge may lie within a pixel.
    """
    if not isinstance(image, JpegImageFile):
        image.load()
        return image, None
    file, stored = image.fp, image.size
    drafted = image.draft(None, size)
    image.load()
    if drafted is None or file is None or image.size == stored:
        return image, None
    if any(_padding_shows(image, stored, axis) for axis in (0, 1)):
        file.seek(0)
        whole = Image.open(file, formats=["JPEG"])
        whole.load()
        return whole, None
    return image, drafted[1]


def cover_edges(image: Image.Image, box: Box) -> None:
    """Replace a last line that lies partly outside the box, and so is partly padding, with the one before."""
    width, height = image.size
    if box[2] < width:
        image.paste(_line(image, 0, 2), (width - 1, 0))
    if box[3] < height:
        image.paste(_line(image, 1, 2), (0, height - 1))


def _padding_shows(image: JpegImageFile, stored: tuple[int, int], axis: int) -> bool:
    """Whether the last lines (of axis 0: columns) may hold another colour: padding, or a frame of the image.

    They are compared with the last line that neither shares a block with padding nor is smoothed with one.
    """
    block = _BLOCK * max(layer[1 + axis] for layer in image.layer)
    rest = stored[axis] % block
    if rest == 0:
        return False
    shared = 1 + -(-rest * image.size[axis] // stored[axis])
    if image.size[axis] <= 2 * shared:
        return True
    last, usual = (_change(image, axis, back, shared) for back in (1, 1 + shared))
    return any(step > _CALM + _FACTOR * before for step, before in zip(last, usual, strict=True))


def _change(image: Image.Image, axis: int, back: int, distance: int) -> bytes:
    """Return how much a line differs from an earlier one, by segments; `back` counts lines from the end."""
    change = ImageChops.difference(_line(image, axis, back), _line(image, axis, back + distance))
    size = (1, _SEGMENTS) if axis == 0 else (_SEGMENTS, 1)
    return change.resize(size, Image.Resampling.BOX).tobytes()


def _line(image: Image.Image, axis: int, back: int) -> Image.Image:
    width, height = image.size
    if axis == 0:
        return image.crop((width - back, 0, width - back + 1, height))
    return image.crop((0, height - back, width, height - back + 1))
