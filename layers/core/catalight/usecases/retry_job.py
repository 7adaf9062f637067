"""Retry a job: do again what failed, and only that."""

from dataclasses import dataclass

from catalight.domain.errors import JobGoneError, JobNotFinishedError
from catalight.domain.job import Job
from catalight.domain.messages import TendJob
from catalight.domain.terms import Terms
from catalight.usecases.hint import hint
from catalight.usecases.link_result import RETRY_AFTER
from catalight.usecases.ports import Clock, Jobs, Queue


@dataclass(frozen=True, slots=True)
class RetryJob:
    """Begin a new run of a job that has ended; its result replaces the one before."""

    jobs: Jobs
    aggregator_queue: Queue
    clock: Clock
    terms: Terms

    def __call__(self, job_id: str) -> Job:
        """Return the job in its new run; raise JobNotFoundError, or JobNotFinishedError while it runs."""
        job, now = self.jobs.get(job_id), self.clock()
        if job.expires_at <= now:
            raise JobGoneError(job_id)
        new = job.next_run(now, self.terms)
        if not (job.state.has_result and self.jobs.begin_run(new)):
            self.jobs.get(job_id)  # it may have been deleted since
            raise JobNotFinishedError(job_id, RETRY_AFTER)
        hint(self.aggregator_queue, [TendJob(job_id)])
        return new
