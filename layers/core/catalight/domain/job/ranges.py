"""Row ranges: how the rows of a job are cut into messages, and which ranges are in the queue.

At most `window` ranges of a job are in the queue at once. Ranges are worked through in `window` lanes:
lane i is i, i + window, i + 2 window, … Submitting sends the head of every lane, and whoever ends a range
sends its successor in the lane. That claims the next range without a counter, so a crash between ending
and sending heals with the redelivery, which sends the same successor again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from catalight.domain.job.row import Image, Row, pending_images
from catalight.domain.messages import ProcessRange

IMAGES_PER_RANGE = 10


def assign(pending: Iterable[int], size: int = IMAGES_PER_RANGE) -> Iterator[int | None]:
    """Give each row its range: consecutive rows, until a range holds `size` images or more.

    `pending` is the number of pending images of each row; a row without any gets None.
    """
    current, held = 0, 0
    for images in pending:
        if held >= size:
            current, held = current + 1, 0
        held += images
        yield current if images else None


def first_window(ranges: int, window: int) -> range:
    """The heads of the lanes: what is sent when a job starts."""
    return range(min(ranges, window))


def successor(number: int, ranges: int, window: int) -> int | None:
    """The range to send when range `number` has ended, or None at the end of its lane."""
    following = number + window
    return following if following < ranges else None


def named(message: ProcessRange, rows: Iterable[Row]) -> Iterator[tuple[int, int, Image]]:
    """The images that the message names and that have not ended in `rows`, as `pending_images` has them."""
    return (entry for entry in pending_images(rows) if message.names(*entry[:2]))


def split(message: ProcessRange, rows: Iterable[Row]) -> list[ProcessRange]:
    """A message for each single image that the message names and that has not ended in `rows`."""
    return [replace(message, row=row, place=place) for row, place, _ in named(message, rows)]


def with_heads(pending: Iterable[Row], window: int) -> Iterator[tuple[Row, bool]]:
    """Pending rows, range by range, each with whether its range is the first of its lane.

    Of the ranges of a lane that have not ended the first alone has been sent.
    """
    heads: dict[int, int | None] = {}
    for row in pending:
        head = heads.setdefault((row.range or 0) % window, row.range)
        yield row, row.range == head
