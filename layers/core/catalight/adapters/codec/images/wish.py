"""A rendition of a certain source: its format and layout, as far as they are known before decoding."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalight.adapters.codec.images import border, choose, encode, geometry, requantise
from catalight.adapters.codec.images.decode import MOVING, Pixels, Source
from catalight.adapters.codec.images.fitting import Box, Size, sides
from catalight.adapters.codec.images.geometry import Layout
from catalight.domain.errors import ImageError
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.rendition import Rendition


@dataclass(frozen=True, slots=True)
class Wish:
    """A rendition and where its pixels come from. `index` is its place among those of the image.

    `asked` is None if the format is chosen later. `moving` means that it shows all frames of an animation,
    and `in_full` that it needs the source in its own size, whatever its layout is.
    """

    index: int
    rendition: Rendition
    layout: Layout
    asked: ImageFormat | None
    moving: bool
    in_full: bool = False

    @property
    def formats(self) -> tuple[ImageFormat, ...]:
        """The formats that the output may have."""
        return (self.asked,) if self.asked else self.rendition.format.formats

    @property
    def output(self) -> object:
        """What the output depends on: renditions with the same have the same output."""
        layout, rendition = replace(self.layout, small=False), self.rendition
        return layout, rendition.format, rendition.quality, rendition.look, rendition.background

    @property
    def refusal(self) -> ImageError | None:
        """The error if a side is longer than the format allows."""
        try:
            if self.asked:
                encode.check_sides(self.layout.size, self.asked)
        except ImageError as error:
            return error
        return None


def wish(index: int, rendition: Rendition, source: Source) -> Wish:
    """Return a rendition as if its source had no border."""
    asked = choose.asked(rendition.format, source)
    layout = geometry.layout(source.orientation, source.upright, rendition)
    moving = source.animated and (asked is None or asked in MOVING)
    return Wish(index, rendition, layout, asked, moving)


def trimmed(wishes: Sequence[Wish], pixels: Pixels) -> list[Wish]:
    """Take the border away wherever that is asked for: that of the first frame, or of all that are shown."""
    regions = {}
    for moving in {wish.moving for wish in wishes if wish.rendition.trim}:
        box = border.without(pixels.image.frames[: None if moving else 1])
        regions[moving] = pixels.view.region_of(box) if box else (0, 0, *pixels.view.upright)
    return [_within(wish, regions[wish.moving], pixels) if wish.rendition.trim else wish for wish in wishes]


def _within(wish: Wish, region: Box, pixels: Pixels) -> Wish:
    layout = geometry.layout(wish.layout.orientation, wish.layout.upright, wish.rendition, region)
    # At a reduced scale up to two pixels of the border are taken for the image.
    unsure = pixels.reduced and any(
        side - 2 / scale < (wish.rendition.min_side or 0) <= side
        for side, scale in zip(sides(region), pixels.view.scale, strict=True)
    )
    return replace(wish, layout=layout, in_full=unsure)


def need_pixels(wishes: Sequence[Wish], source: Source) -> list[Wish]:
    """Return those whose source has to be decoded."""
    return [
        wish
        for wish in wishes
        if wish.rendition.trim or not requantise.possible(source, wish.layout, wish.asked)
    ]


def needed(wishes: Sequence[Wish], source: Source) -> Size:
    """Return the size that the source needs to have, as it is stored, for all of them."""
    sizes = [source.stored if wish.in_full else wish.layout.needed for wish in wishes]
    widths, heights = zip(*sizes, strict=True)
    return max(widths), max(heights)
