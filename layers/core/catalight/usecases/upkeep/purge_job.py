"""Remove everything that a job has stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import batched

from catalight.domain.job import image_names, links, reuse, stored_keys
from catalight.domain.job.job import Job
from catalight.domain.job.output_ids import output_id
from catalight.domain.job.retention import Retention
from catalight.domain.job.row import Row
from catalight.domain.job.sweeping import GRACE
from catalight.usecases.exports.abort_exports import AbortExports
from catalight.usecases.jobs.release_outputs import ReleaseOutputs
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Rows, SecondsLeft, Sources
from catalight.usecases.uploads.tend_upload import RemoveFile

BATCH = 100  # rows of one rendition, of up to 100 images
MIN_SECONDS_LEFT = 30.0  # seconds; more than a batch takes


@dataclass(frozen=True, slots=True)
class PurgeJob:
    """Remove the images, results and exports of a GONE job, and later its rows.

    What other jobs of the owner use stays: the last of them removes it.

    A function that started before the deletion may still store an image. So the rows, from which the keys
    follow, stay until no such function can still run. Then everything is removed once more, and a tombstone
    is left.
    """

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    abort_exports: AbortExports
    remove_file: RemoveFile
    release_outputs: ReleaseOutputs
    sources: Sources
    clock: Clock
    retention: Retention

    def __call__(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """Remove as much as there is time for. Return False if it has to be continued at once."""
        now = self.clock()
        no_writers = job.moved_at + GRACE <= now
        self.abort_exports.all(job.id, forget=no_writers)
        self.store.delete(stored_keys.result_keys(job))
        self.remove_file(job)
        for batch in batched(self.rows.stream(job.id), BATCH // len(job.renditions), strict=False):
            used = self.release_outputs.used(_own_links(batch))
            kept = {links.image_key(link) for link in used}
            keys = (key for row in batch for key in stored_keys.possible_keys(job, row))
            self.store.delete([key for key in keys if key not in kept])
            self.sources.forget(list(_remembered(job, batch)), job.id)
            if no_writers:
                self.rows.delete(job.id, batch[0].number, batch[-1].number)
            if seconds_left() < MIN_SECONDS_LEFT:
                return not no_writers  # with writers left, the job is purged once more in any case
        if not self.release_outputs.of_job(job, seconds_left):
            return False
        if no_writers:
            self.jobs.leave_tombstone(job.id, now + self.retention.lifetime)
        return True


def _own_links(rows: Iterable[Row]) -> list[str]:
    """Return the links of the outputs that were made for the images of rows."""
    return [image.link for row in rows for image in row.images if image.link and not image.lent]


def _remembered(job: Job, rows: Iterable[Row]) -> Iterator[bytes]:
    """Yield the keys under which the images of rows may be remembered."""
    for row in rows:
        for place, image in enumerate(row.images):
            if image.digest:
                yield reuse.bytes_id(job.id, image.rendition, image.digest)
                if not image.shared:
                    stem = image_names.stem(job, row, place)
                    yield output_id(job, image, stem)
                    if job.naming:
                        yield reuse.bytes_id(job.id, image.rendition, image.digest, stem)
