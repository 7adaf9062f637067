"""Cancel a job: running images finish, waiting images end, and the result contains what is done.

A big upload that is not submitted yet ends at once, without a result.
"""

from dataclasses import dataclass, replace

from catalight.domain.errors import JobEndedError, Problem
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.upload import BigUpload
from catalight.domain.messages import TendJob
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import BigUploads, Clock, Jobs, Queue

CANCELLED = Problem("cancelled", "The job was cancelled before its file was read to the end.")


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Cancel a job. Repeating the call is harmless."""

    jobs: Jobs
    big_uploads: BigUploads
    aggregator_queue: Queue
    clock: Clock

    def __call__(self, job_id: str) -> Job:
        """Return the job. Raise JobNotFoundError, or JobEndedError once it is finishing."""
        found = self.jobs.get(job_id)
        if found.upload and found.run == 1 and not found.sealed and self._end(found, found.upload):
            send_best_effort(self.aggregator_queue, [TendJob(job_id)])
            return self.jobs.get(job_id)
        cancelling = self.jobs.begin_cancelling(job_id, self.clock())
        job = self.jobs.get(job_id)
        if not cancelling:
            raise JobEndedError(job_id, job.state.shown)
        send_best_effort(self.aggregator_queue, [TendJob(job_id)])
        return job

    def _end(self, job: Job, big: BigUpload) -> bool:
        """End an upload, unless it was submitted meanwhile."""
        ended = replace(job, upload=big.failed((CANCELLED,), 1))
        return self.big_uploads.end(ended, JobState.CANCELLED, self.clock(), claimed=False)
