"""The times of a deployment: how long it waits for a job, and how long it keeps one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class Terms:
    """`patience` is how long a job may stand still before something of it is taken for lost.

    A run is ended with what exists `deadline` after it began. A job, its images and its result are kept for
    `retention`; a retry keeps them anew, but no image lives longer than `longest`, when the store drops it.
    """

    patience: timedelta
    deadline: timedelta
    retention: timedelta
    longest: timedelta

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """The terms that a function's environment tells."""
        return cls(
            patience=timedelta(seconds=float(variables["PATIENCE_SECONDS"])),
            deadline=timedelta(seconds=float(variables["JOB_DEADLINE_SECONDS"])),
            retention=timedelta(days=float(variables["RETENTION_DAYS"])),
            longest=timedelta(days=float(variables["LONGEST_DAYS"])),
        )

    def expires_at(self, now: datetime, created_at: datetime) -> datetime:
        """When a job is forgotten whose run begins now."""
        return min(now + self.retention, created_at + self.longest)
