"""Write what became of images, whoever else writes their rows meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from catalight.domain.job import links
from catalight.domain.job.job import Counts, Job
from catalight.domain.job.row import Image, Row
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Rows

type Outcomes = Mapping[tuple[int, int], Image]
"""Images as they are to be, by row number and place."""


@dataclass(frozen=True, slots=True)
class RecordImages:
    """Each image is written once: where a twin was quicker, its outcome stands."""

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    clock: Clock

    def __call__(self, job: Job, rows: Sequence[Row], outcomes: Outcomes) -> bool:
        """Write outcomes of images of `rows`, as they were read; False where a twin has written them all."""
        read = _images(rows)
        to_write = {at: image for at, image in outcomes.items() if image != read[at]}
        written: dict[tuple[int, int], Image] = {}
        wrote = not to_write
        while changed := _changed(rows, to_write):
            saved = self.rows.save(changed)
            wrote = wrote or saved > 0
            if saved == len(changed):
                written |= to_write
                break
            stored = self.rows.read(job.id, [row.number for row in changed])
            rows = [row for row in stored if row.run == job.run]
            images = _images(rows)
            written |= {at: image for at, image in to_write.items() if images.get(at) == image}
            self._forget_lost(to_write, images, {image.link for image in _images(stored).values()})
            to_write = {
                at: image for at, image in to_write.items() if _stands(image, read[at], images.get(at))
            }
        ended = [image for image in written.values() if image.ended]
        if wrote and ended:
            self.jobs.record_progress(job.id, job.run, Counts.of(ended), self.clock())
        return wrote

    def _forget_lost(self, outcomes: Outcomes, images: Outcomes, kept: AbstractSet[str | None]) -> None:
        """Remove from the store what a twin, a new run or a deletion has left without a reference.

        `images` are those of this run; `kept` are the links of all, for what is done stays so in later runs.
        """
        lost = [
            links.image_key(image.link)
            for at, image in outcomes.items()
            if image.link and image.link not in kept and (at not in images or images[at].ended)
        ]
        if lost:
            self.store.delete(lost)


def _stands(image: Image, read: Image, stored: Image | None) -> bool:
    """Whether an outcome is still to be written: what is done goes before a twin's wait."""
    return stored == read or (stored is not None and not stored.ended and image.link is not None)


def _images(rows: Iterable[Row]) -> dict[tuple[int, int], Image]:
    return {(row.number, place): image for row in rows for place, image in enumerate(row.images)}


def _changed(rows: Iterable[Row], outcomes: Outcomes) -> list[Row]:
    """The pending rows among these that have an outcome, with it."""
    changed = []
    for row in rows:
        images = tuple(outcomes.get((row.number, place), image) for place, image in enumerate(row.images))
        if row.pending and images != row.images:
            changed.append(replace(row, images=images))
    return changed
