"""Retry a job: process its failed images again, and no others."""

from dataclasses import dataclass

from catalight.domain.api_keys import Limits
from catalight.domain.errors import JobGoneError, JobNotFinishedError
from catalight.domain.job.job import Job
from catalight.domain.job.retention import Retention
from catalight.domain.messages import TendJob
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.link_result import RETRY_AFTER
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Clock, Jobs, Queue


@dataclass(frozen=True, slots=True)
class RetryJob:
    """Start a new run of a job that has ended. Its result replaces the previous one.

    The retried rows count against the owner's limits, if it has any: one row for each failed image, but at
    most all rows of the job.
    """

    jobs: Jobs
    admit: Admit
    aggregator_queue: Queue
    clock: Clock
    retention: Retention

    def __call__(self, job_id: str, limits: Limits | None = None) -> Job:
        """Return the job in its new run.

        Raise JobNotFoundError, JobNotFinishedError while it runs, or LimitError if it exceeds a limit.
        """
        job, now = self.jobs.get(job_id), self.clock()
        if job.expires_at <= now:
            raise JobGoneError(job_id)
        new = job.next_run(now, self.retention)
        if limits and job.state.has_result:
            self.admit(job.owner, limits, f"{job.id}/{new.run}", min(job.rows, job.counts.failed))
        if not (job.state.has_result and self.jobs.begin_run(new)):
            self.jobs.get(job_id)  # raises if it was deleted meanwhile
            raise JobNotFinishedError(job_id, RETRY_AFTER)
        send_best_effort(self.aggregator_queue, [TendJob(job_id)])
        return new
