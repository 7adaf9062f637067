"""Find an even border around an image."""

from collections.abc import Iterable, Sequence

from PIL import Image

type Frame = tuple[int, int, int, int]
"""Left, top, right and bottom edge, in whole pixels."""

_TOLERANCE = 12  # levels of 255: JPEG's noise in an even area is less
_ALIKE = 3  # corners that must have the border's colour: something may reach into the fourth
_ROWS = 512  # that are looked at in one go, which limits the memory for it


def without(frames: Iterable[Image.Image]) -> Frame | None:
    """Return the part of frames of one size that lies within the border of each; None if all is border."""
    found = [box for box in map(_content, frames) if box]
    if not found:
        return None
    lefts, tops, rights, bottoms = zip(*found, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _content(image: Image.Image) -> Frame | None:
    """Return the box of an L, LA, RGB or RGBA image without its border; None if there is nothing else."""
    width, height = image.size
    table = _border_table(image)
    if table is None:
        return 0, 0, width, height
    boxes = []
    for top in range(0, height, _ROWS):
        strip = image.crop((0, top, width, min(height, top + _ROWS))).point(table)
        if box := strip.getbbox(alpha_only=False):
            boxes.append((box[0], top + box[1], box[2], top + box[3]))
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _border_table(image: Image.Image) -> list[int] | None:
    """Return a table of all channels that makes the border's levels zero; None if there is no even border."""
    right, bottom = image.width - 1, image.height - 1
    corners = [_levels(image, at) for at in ((0, 0), (right, 0), (0, bottom), (right, bottom))]
    if image.mode.endswith("A") and sum(corner[-1] <= _TOLERANCE for corner in corners) >= _ALIKE:
        return [0] * 256 * (len(corners[0]) - 1) + _unlike(0)
    for corner in corners:
        if sum(_is_like(corner, other) for other in corners) >= _ALIKE:
            return [entry for level in corner for entry in _unlike(level)]
    return None


def _levels(image: Image.Image, at: tuple[int, int]) -> Sequence[int]:
    return image.crop((*at, at[0] + 1, at[1] + 1)).tobytes()


def _is_like(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(abs(mine - theirs) <= _TOLERANCE for mine, theirs in zip(one, other, strict=True))


def _unlike(level: int) -> list[int]:
    return [255 * (abs(value - level) > _TOLERANCE) for value in range(256)]
