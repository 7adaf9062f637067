"""Retry a job: process its failed images again, and no others."""

from dataclasses import dataclass

from catalight.domain import usage
from catalight.domain.api_keys import Limits
from catalight.domain.errors import JobGoneError, JobNotFinishedError, NoResultError
from catalight.domain.job.job import ENDED, Job
from catalight.domain.job.retention import Retention
from catalight.domain.messages import TendJob
from catalight.domain.usage import Amounts
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.link_result import RETRY_AFTER
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import Clock, Jobs, Queue


@dataclass(frozen=True, slots=True)
class RetryJob:
    """Start a new run of a job that has ended. Its result replaces the previous one.

    A retry counts against the owner's limits, if it has any: as an open job, with each failed image, and with
    one row for each of them, but at most all rows of the job. One without failed images counts as a row,
    because its result is written again.
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
        if job.state in ENDED and not job.has_result:
            raise NoResultError(job_id, job.state)
        new = job.next_run(now, self.retention)
        if limits and job.has_result:
            failed = job.counts.failed
            wanted = Amounts(rows=max(1, min(job.rows, failed)), images=failed)
            self.admit(job.owner, limits, usage.order(job.id, new.run), wanted)
        if not (job.has_result and self.jobs.begin_run(new)):
            self.jobs.get(job_id)  # raises if it was deleted meanwhile
            raise JobNotFinishedError(job_id, RETRY_AFTER)
        send_best_effort(self.aggregator_queue, [TendJob(job_id)])
        return new
