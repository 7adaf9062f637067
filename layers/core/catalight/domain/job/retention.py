"""How long a deployment waits for a job, and how long it keeps the job."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from catalight.domain.errors import OptionError


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

    def expires_at(self, now: datetime, created_at: datetime, days: int | None = None) -> datetime:
        """Return when a job expires that is kept for `days` from now on; None: for `lifetime`."""
        lifetime = self.lifetime if days is None else timedelta(days=days)
        return min(now + lifetime, created_at + self.max_lifetime)

    def check_days(self, field: str, days: int) -> None:
        """Raise OptionError if no job can be kept for so long. The value comes from a form's `field`."""
        if not 1 <= days <= self.max_days:
            raise OptionError(field, str(days), f"a whole number from 1 to {self.max_days}")

    @property
    def max_days(self) -> int:
        """The largest number of days that a job can be kept; at least 1, which is then cut short."""
        return max(1, self.max_lifetime.days)
