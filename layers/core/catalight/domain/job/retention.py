"""How long a deployment waits for a job, and how long it keeps the job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Retention:
    """The time limits of a job.

    A job that makes no progress for `stall_timeout` is stalled: one of its messages may have been lost.
    `job_deadline` after a run began, its unfinished images fail. A job, its images and its result are kept
    for `lifetime`. A retry restarts that time, but no image is kept longer than `max_lifetime`: then the
    bucket's lifecycle rule deletes it.
    """

    stall_timeout: timedelta
    job_deadline: timedelta
    lifetime: timedelta
    max_lifetime: timedelta

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """Read the time limits from a function's environment."""
        return cls(
            stall_timeout=timedelta(seconds=float(variables["PATIENCE_SECONDS"])),
            job_deadline=timedelta(seconds=float(variables["JOB_DEADLINE_SECONDS"])),
            lifetime=timedelta(days=float(variables["RETENTION_DAYS"])),
            max_lifetime=timedelta(days=float(variables["LONGEST_DAYS"])),
        )

    def expires_at(self, now: datetime, created_at: datetime) -> datetime:
        """Return when a job expires whose run begins now."""
        return min(now + self.lifetime, created_at + self.max_lifetime)
