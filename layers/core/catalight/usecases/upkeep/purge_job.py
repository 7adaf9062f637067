"""Remove all that a job has stored."""

from dataclasses import dataclass
from itertools import batched

from catalight.domain.job import stored_keys
from catalight.domain.job.job import Job
from catalight.domain.job.retention import Retention
from catalight.domain.job.sweeping import GRACE
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Rows, SecondsLeft

BATCH = 100  # rows, of up to 100 images
ENOUGH = 30.0  # seconds; more than a batch takes


@dataclass(frozen=True, slots=True)
class PurgeJob:
    """Remove the images and results of a job that is GONE, and later its rows.

    A function that began before may still store an image. So the rows, which tell where, stay until none can
    be at work any more; then all of it is removed once more, and a tombstone is left.
    """

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    clock: Clock
    retention: Retention

    def __call__(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """Remove as much as there is time for; return whether that was all."""
        now = self.clock()
        quiet = job.moved_at + GRACE <= now
        self.store.delete(stored_keys.result_keys(job))
        for batch in batched(self.rows.stream(job.id), BATCH, strict=False):
            self.store.delete(key for row in batch for key in stored_keys.possible(job, row))
            if quiet:
                self.rows.delete(job.id, batch[0].number, batch[-1].number)
            if seconds_left() < ENOUGH:
                return not quiet  # what is not quiet yet is gone through once more in any case
        if quiet:
            self.jobs.bury(job.id, now + self.retention.lifetime)
        return True
