"""Cancel a job: running images finish, waiting images end, and the result contains what is done."""

from dataclasses import dataclass

from catalight.domain.errors import JobEndedError
from catalight.domain.job.job import Job
from catalight.domain.messages import TendJob
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Clock, Jobs, Queue


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Cancel a job. Repeating the call is harmless."""

    jobs: Jobs
    aggregator_queue: Queue
    clock: Clock

    def __call__(self, job_id: str) -> Job:
        """Return the job. Raise JobNotFoundError, or JobEndedError once it is finishing."""
        cancelling = self.jobs.begin_cancelling(job_id, self.clock())
        job = self.jobs.get(job_id)
        if not cancelling:
            raise JobEndedError(job_id, job.state.shown)
        send_best_effort(self.aggregator_queue, [TendJob(job_id)])
        return job
