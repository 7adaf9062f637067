"""Which outputs of an image are made from a larger output, which saves shrinking the whole source again."""

from collections.abc import Sequence

from catalight.adapters.codec.images.fitting import contains, sides
from catalight.adapters.codec.images.geometry import UPRIGHT, Layout, View
from catalight.adapters.codec.images.wish import Wish

HELD_PIXELS = 16_000_000  # of an output that others are made from

_TIMES = 2  # an output may be made from another that is so many times as wide and as high, but for rounding


def sources(wishes: Sequence[Wish], frames: int) -> list[int | None]:
    """Return for each wish, the largest first, which earlier one it is made from; None is the source.

    `frames` are those of the source. At any time at most one output is held for others.
    """
    found: list[int | None] = []
    held: int | None = None
    for index, wish in enumerate(wishes):
        old = () if held is None else _served_by(wishes[held], wishes[index:])
        found.append(held if wish in old else None)
        new = _served_by(wish, wishes[index + 1 :])
        width, height = wish.layout.content
        affordable = width * height * (frames if wish.moving else 1) <= HELD_PIXELS
        if new and affordable and all(other in new for other in old if other is not wish):
            held = index
    return found


def view(layout: Layout) -> View:
    """Return what an output of this layout shows before it is padded."""
    return View(UPRIGHT, layout.upright, layout.region, layout.content)


def _served_by(one: Wish, others: Sequence[Wish]) -> list[Wish]:
    """Return those that can be made from one without a loss that can be seen."""
    across, down = view(one.layout).scale
    return [
        other
        for other in others
        if other.moving is one.moving and _is_served(one.layout, other.layout, across, down)
    ]


def _is_served(one: Layout, other: Layout, across: float, down: float) -> bool:
    width, height = sides(other.region)
    return (
        contains(one.region, other.region)
        and width * across >= _TIMES * other.content[0] - 1
        and height * down >= _TIMES * other.content[1] - 1
    )
