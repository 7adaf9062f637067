"""Row ranges: how the rows of a job are split into messages, and which ranges are in the queue.

At most `window` ranges of a job are in the queue at once. Ranges are processed in `window` lanes: lane i
holds the ranges i, i + window, i + 2 window, … Submitting sends the head of every lane, and the handler that
ends a range sends its successor in the lane. This claims the next range without a counter. If the handler
crashes between ending a range and sending the next, the redelivered message sends the same successor again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from catalight.domain.job.reuse import Reuse
from catalight.domain.job.row import Image, Row, pending_images
from catalight.domain.messages import ProcessRange

IMAGES_PER_RANGE = 10
RECORD_SECONDS = 1.0
"""The shortest pause between two writes of what has ended in a range that is being processed."""
LANES_A_SECOND = 5
"""How many lanes of a job may write within their ranges in a second: each write changes its document."""
KNOWN = 1 / 3
"""What an image counts if most of its job are known from an earlier one, or need no request (`max_age`).

Such images mostly cost a conditional request, or none, and their share of what a range costs.
"""
DUPLICATE = 1 / 8
"""What an image counts whose URL an earlier one has: it is rarely downloaded again.

The fewer ranges duplicates are in, the fewer of them are processed before the earlier image is done.
"""
FURTHER = 1 / 4
"""What a further rendition of an image counts: it needs no download and no decoding of its own.

Of a JPEG of 1,600 x 1,200 pixels the first takes 12 ms of a CPU and each further one 4 ms; with an ordinary
host's 60 ms for the download and 20 ms for each store, that is about a quarter of the time.
"""


def share(reuse: Reuse, *, mostly_known: bool = False) -> float:
    """Return what an image of a job counts of its weight."""
    return KNOWN if reuse.max_age or mostly_known else 1


def weight(images: Iterable[Image]) -> float:
    """Return the number of the pending images of a row. Duplicates and further renditions count less.

    Of the pending renditions of an image, the first counts as the image.
    """
    total, first = 0.0, -1
    for place, image in enumerate(images):
        if not image.ended:
            share = DUPLICATE if image.same_as else 1
            total += share if place - image.rendition != first else share * FURTHER
            first = place - image.rendition
    return total


@dataclass(slots=True)
class Assignment:
    """Assigns rows to ranges: consecutive rows share one until their weights add up to enough.

    `current` is the range of the last rows, and `in_range` what their weights add up to.
    """

    current: int = 0
    in_range: float = 0.0

    def __call__(self, weight: float) -> int | None:
        """Return the range of the next row; None if it has no weight."""
        if self.in_range >= IMAGES_PER_RANGE:
            self.current, self.in_range = self.current + 1, 0.0
        self.in_range += weight
        return self.current if weight else None


def assign(weights: Iterable[float]) -> Iterator[int | None]:
    """Yield the range of each row, as Assignment does from the first row on."""
    return map(Assignment(), weights)


def first_window(ranges: int, window: int) -> range:
    """Return the heads of the lanes, which are the ranges that are sent when a run starts."""
    return range(min(ranges, window))


def record_pause(ranges: int, window: int) -> float:
    """Return the seconds between two writes within a range. Whole ranges show the progress of a large job."""
    return max(RECORD_SECONDS, len(first_window(ranges, window)) / LANES_A_SECOND)


def successor(number: int, ranges: int, window: int) -> int | None:
    """Return the range to send when range `number` has ended, or None at the end of its lane."""
    following = number + window
    return following if following < ranges else None


def named_images(message: ProcessRange, rows: Iterable[Row]) -> Iterator[tuple[int, int, Image]]:
    """Yield the images that the message names and that have not ended in `rows`, like `pending_images`."""
    return (entry for entry in pending_images(rows) if message.names(*entry[:2]))


def split(message: ProcessRange, rows: Iterable[Row]) -> list[ProcessRange]:
    """Return one message for each image that the message names and that has not ended in `rows`."""
    return [replace(message, row=row, place=place) for row, place, _ in named_images(message, rows)]


def mark_lane_heads(pending: Iterable[Row], window: int) -> Iterator[tuple[Row, bool]]:
    """Yield each pending row with whether its range is the first unfinished range of its lane.

    Of the unfinished ranges of a lane, only the first has been sent. `pending` is in order of range.
    """
    heads: dict[int, int | None] = {}
    for row in pending:
        head = heads.setdefault((row.range or 0) % window, row.range)
        yield row, row.range == head
