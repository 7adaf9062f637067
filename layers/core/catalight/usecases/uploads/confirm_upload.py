"""Go on with a big upload that was understood and waits for its client."""

from dataclasses import dataclass

from catalight.domain.errors import NotUnderstoodError
from catalight.domain.job.job import Job
from catalight.domain.job.upload import UploadState
from catalight.domain.messages import IngestUpload
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import BigUploads, Clock, Jobs, Queue


@dataclass(frozen=True, slots=True)
class ConfirmUpload:
    """Confirm an upload. Repeating the call is harmless."""

    jobs: Jobs
    big_uploads: BigUploads
    ingest_queue: Queue
    clock: Clock

    def __call__(self, job_id: str) -> Job:
        """Return the job. Raise JobNotFoundError, or NotUnderstoodError if it cannot be confirmed now."""
        self.big_uploads.confirm(job_id, self.clock())
        job = self.jobs.get(job_id)
        state = job.upload.state if job.upload else UploadState.FAILED
        if state in (UploadState.WAITING, UploadState.FAILED):
            raise NotUnderstoodError(job_id, state)
        if state is UploadState.READING:
            send_best_effort(self.ingest_queue, [IngestUpload(job_id)])
        return job
