"""Note in the result which images have the same bytes as an earlier one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import batched

from catalight.domain.job import reuse
from catalight.domain.job.job import Job
from catalight.domain.job.reuse import FirstOfBytes
from catalight.domain.job.row import Image, ImageState, Row
from catalight.usecases.ports import Sources

BATCH = 500  # rows of one rendition

SAME_AS = "SAME_AS"


@dataclass(frozen=True, slots=True)
class NoteSame:
    """Add `SAME_AS row/image` to the notes of images, for the first image of the job with these bytes.

    Each image has told its position when it was recorded, whatever the order of processing was. So a batch of
    rows takes one query, in bounded memory. A position that was lost in an outage is remembered here: rows
    come in their order, so the first of some bytes comes before the images that are to be noted.
    """

    sources: Sources

    def __call__(self, job: Job, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows with the notes."""
        for batch in batched(rows, max(1, BATCH // len(job.renditions)), strict=False):
            firsts = self._firsts(job, batch)
            yield from (_noted(job, row, firsts) for row in batch)

    def _firsts(self, job: Job, rows: Iterable[Row]) -> dict[bytes, int]:
        """Return the position of the first image with each of the bytes that occur in rows."""
        own: dict[bytes, tuple[int, Image]] = {}
        for row in rows:
            for index, image in enumerate(row.images):
                if (same := _id(job, image)) is not None:
                    own.setdefault(same, (reuse.position(row.number, index // len(job.renditions)), image))
        found = self.sources.firsts(list(own)) if own else {}
        lost = dict(_lost(job, own, found))
        if lost:
            self.sources.remember({}, lost, job.expires_at)
        return {same: first.position for same, first in {**found, **lost}.items()}


def _lost(
    job: Job, own: Mapping[bytes, tuple[int, Image]], found: Mapping[bytes, FirstOfBytes]
) -> Iterator[tuple[bytes, FirstOfBytes]]:
    """Yield what should be remembered of the first images in some rows, and is not.

    Of an output that another job may have made, nothing is: it is not known who has made it.
    """
    for same, (position, image) in own.items():
        if (first := found.get(same)) is not None:
            if position < first.position:
                yield same, replace(first, position=position)
        elif image.link is not None and not image.lent:
            yield same, FirstOfBytes(position, image.link, job.id, job.created_at)


def _id(job: Job, image: Image) -> bytes | None:
    if image.state is not ImageState.DONE or image.digest is None:
        return None
    return reuse.bytes_id(job.id, image.rendition, image.digest)


def _noted(job: Job, row: Row, firsts: dict[bytes, int]) -> Row:
    """Return a row with the notes of its images, at the first rendition that is done."""
    images = list(row.images)
    renditions = len(job.renditions)
    for start in range(0, len(images), renditions):
        own = reuse.position(row.number, start // renditions)
        known = (firsts.get(same) for one in images[start : start + renditions] if (same := _id(job, one)))
        first = min((position for position in known if position is not None), default=own)
        if first < own:
            note = f"{SAME_AS} {reuse.place_name(first)}"
            images[start] = replace(images[start], notes=(*images[start].notes, note))
    return replace(row, images=tuple(images))
