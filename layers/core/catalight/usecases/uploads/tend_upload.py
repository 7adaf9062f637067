"""Do what is due for a big upload that is not submitted, or has ended without being."""

from dataclasses import dataclass
from itertools import batched

from catalight.domain.job import sweeping, upload
from catalight.domain.job.job import Job
from catalight.domain.job.retention import Retention
from catalight.domain.job.sweeping import GRACE
from catalight.domain.job.upload import UploadState
from catalight.domain.messages import IngestUpload
from catalight.usecases.ports import (
    BigUploads,
    Clock,
    Jobs,
    ObjectStore,
    Queue,
    Rows,
    SecondsLeft,
    Uploads,
)

BATCH = 2_000  # rows
MIN_SECONDS_LEFT = 30.0  # seconds; more than a batch takes


@dataclass(frozen=True, slots=True)
class RemoveFile:
    """Remove the file of a job, and its copies."""

    store: ObjectStore
    uploads: Uploads

    def __call__(self, job: Job) -> None:
        """Remove what is stored; repeating the call is harmless. A part of a copy is removed too."""
        big = job.upload
        if big is None:
            return
        copies = {upload.spool_key(job.id): big.spool, upload.table_key(job.id): big.table}
        for key, copy in copies.items():
            if copy and not copy.complete:
                self.uploads.abort(key, copy.upload)
        self.store.delete([upload.upload_key(job.id), *copies])

    def late(self, job_id: str) -> None:
        """Remove a file that was sent after its job was deleted."""
        self.store.delete([upload.upload_key(job_id)])


@dataclass(frozen=True, slots=True)
class TendUpload:
    """Have an upload looked at again, remove one that was never finished, and clear one that failed."""

    jobs: Jobs
    rows: Rows
    big_uploads: BigUploads
    remove_file: RemoveFile
    ingest_queue: Queue
    clock: Clock
    retention: Retention

    def unsealed(self, job: Job) -> None:
        """Tend a running job whose rows are not all stored. An event of the store may have been lost."""
        now = self.clock()
        if sweeping.unsealed_too_long(job, now):
            self.jobs.abandon(job.id, now)
        elif job.upload and job.upload.state is not UploadState.UNDERSTOOD and self._is_stalled(job):
            self.ingest_queue.send([IngestUpload(job.id)])

    def _is_stalled(self, job: Job) -> bool:
        return sweeping.is_stalled(job, self.clock(), self.retention.stall_timeout)

    def ended(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """Remove the rows and the file of an upload without a result, once nobody can still write them.

        Return False if this has to be continued at once.
        """
        if not sweeping.is_uncleared(job) or job.moved_at + GRACE > self.clock():
            return True
        self.remove_file(job)
        for batch in batched(self.rows.stream(job.id), BATCH, strict=False):
            self.rows.delete(job.id, batch[0].number, batch[-1].number)
            if seconds_left() < MIN_SECONDS_LEFT:
                return False
        self.big_uploads.clear(job.id)
        return True
