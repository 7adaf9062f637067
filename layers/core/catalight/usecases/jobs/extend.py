"""Keep a job, its images and its result for longer."""

from dataclasses import dataclass

from catalight.domain.errors import JobGoneError
from catalight.domain.job.job import Job
from catalight.domain.job.retention import Retention
from catalight.usecases.ports import Clock, Jobs


@dataclass(frozen=True, slots=True)
class ExtendJob:
    """Keep a job in any state for a number of days from now on. Repeating the call is harmless.

    It is kept no longer than `max_lifetime` in all, and no shorter than before unless `shorten` is true.
    """

    jobs: Jobs
    clock: Clock
    retention: Retention

    def __call__(self, job_id: str, days: int, *, shorten: bool = False) -> Job:
        """Return the job.

        Raise OptionError if no job can be kept for so long, JobNotFoundError, or JobGoneError if it was
        deleted or has expired.
        """
        self.retention.check_days("days", days)
        job, now = self.jobs.get(job_id), self.clock()
        until = self.retention.expires_at(now, job.created_at, days)
        self.jobs.keep_until(job_id, until, now, shorten=shorten)
        job = self.jobs.get(job_id)  # raises if it was deleted meanwhile
        if job.expires_at <= now:
            raise JobGoneError(job_id)
        return job
