"""Write the outcomes of images, even if other handlers write the same rows meanwhile."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from types import MappingProxyType

from catalight.domain.facts import ImagesEnded
from catalight.domain.job import links
from catalight.domain.job.job import Counts, Job
from catalight.domain.job.row import Image, Row
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Report, Rows

type Outcomes = Mapping[tuple[int, int], Image]
"""Images in their new state, by row number and place."""

type Made = Mapping[tuple[int, int], str]
"""Links by row number and place."""

NOTHING: Made = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of outcomes.

    `own` are those that this call wrote, or that left their image as it was. `stored` are those that are
    stored now, whoever wrote them. `rows` are the rows to pass with the next outcomes.
    """

    own: Outcomes
    stored: Outcomes
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class RecordImages:
    """Write each image once. If a duplicate handler was faster, its outcome is kept."""

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    clock: Clock
    report: Report

    def __call__(self, job: Job, rows: Sequence[Row], outcomes: Outcomes) -> bool:
        """Write the outcomes of images of `rows`. Return False if a duplicate has written all of them.

        `rows` are as they were read before the images were processed.
        """
        return bool(self.recorded(job, rows, outcomes).own)

    def recorded(self, job: Job, rows: Sequence[Row], outcomes: Outcomes, made: Made = NOTHING) -> Recorded:
        """Write the outcomes as `__call__` does, and return what became of them.

        `made` are the links of what was stored for images that have the output of another one.
        """
        read = _images(rows)
        to_write = {at: image for at, image in outcomes.items() if image != read[at]}
        own = {at: image for at, image in outcomes.items() if at not in to_write}
        stored: dict[tuple[int, int], Image] = {}
        known: dict[int, Row] | None = None
        while changed := _changed(rows, to_write):
            saved = {row.number: row for row in self.rows.save(changed)}
            own |= {at: image for at, image in to_write.items() if at[0] in saved}
            # Not those of a second attempt: they have changes of others, which count as unknown.
            known = known or {row.number: saved.get(row.number, row) for row in rows}
            if len(saved) == len(changed):
                stored |= to_write
                break
            found = self.rows.read(job.id, [row.number for row in changed])
            rows = [row for row in found if row.run == job.run]
            images = _images(rows)
            stored |= {at: image for at, image in to_write.items() if images.get(at) == image}
            kept = {image.link for image in _images(found).values()}
            self._delete_unreferenced(to_write, images, kept, made)
            to_write = {
                at: image
                for at, image in to_write.items()
                if _is_still_to_write(image, read[at], images.get(at))
            }
        if ended := [image for image in own.values() if image.ended]:
            counts = Counts.of(ended)
            self.jobs.record_progress(job.id, job.run, counts, self.clock())
            self.report(ImagesEnded(job.id, job.run, counts))
        return Recorded(own, stored, list(known.values()) if known else rows)

    def _delete_unreferenced(
        self, outcomes: Outcomes, images: Outcomes, kept: AbstractSet[str | None], made: Made
    ) -> None:
        """Delete stored images that have no reference, because of a duplicate, a new run or a deletion.

        `images` are those of this run. `kept` are the links of all runs, because a done image stays done in
        later runs. The object of an image that has another's output belongs to that one.
        """
        unreferenced = [
            links.image_key(link)
            for at, image in outcomes.items()
            if (link := made.get(at, None if image.lent else image.link))
            and link not in kept
            and (at not in images or images[at].ended)
        ]
        if unreferenced:
            self.store.delete(unreferenced)


def _is_still_to_write(image: Image, read: Image, stored: Image | None) -> bool:
    """Return whether an outcome is still to be written. A done image replaces a duplicate's wait."""
    return stored == read or (stored is not None and not stored.ended and image.link is not None)


def _images(rows: Iterable[Row]) -> dict[tuple[int, int], Image]:
    return {(row.number, place): image for row in rows for place, image in enumerate(row.images)}


def _changed(rows: Iterable[Row], outcomes: Outcomes) -> list[Row]:
    """Return the pending rows that an outcome changes, with the outcome applied."""
    changed = []
    for row in rows:
        images = tuple(outcomes.get((row.number, place), image) for place, image in enumerate(row.images))
        if row.pending and images != row.images:
            changed.append(replace(row, images=images))
    return changed
