"""Check a caller's requests against its limits."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from math import ceil

from catalight.domain.api_keys import Limits
from catalight.domain.errors import LimitError
from catalight.usecases.ports import Clock, JobList, Usage

DAY = 86_400  # seconds
OPEN_RETRY_AFTER = 30  # seconds; a guess, because it is not known when a job will end


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a caller's limits. The row count restarts in `reset` seconds."""

    limits: Limits
    open_jobs: int
    rows: int
    reset: int


@dataclass(frozen=True, slots=True)
class Admit:
    """Count what a caller requests against its limits.

    Rows are counted in one conditional write, and once per submission, however often it is repeated. Open
    jobs are counted without a lock, so n simultaneous requests together may exceed that limit by up to n.
    """

    jobs: JobList
    usage: Usage
    clock: Clock

    def __call__(self, owner: str, limits: Limits, submission_id: str, rows: int) -> None:
        """Count a submission of this many rows. Raise LimitError if it exceeds a limit."""
        left = self.allowance(owner, limits)
        if not left.open_jobs:
            raise LimitError("open-jobs", limits.open_jobs, 0, 1, OPEN_RETRY_AFTER)
        if not self.usage.add(owner, self.clock().date(), submission_id, rows, limits.rows_a_day):
            wait = left.reset if rows <= limits.rows_a_day else None
            raise LimitError("rows", limits.rows_a_day, left.rows, rows, wait)

    def allowance(self, owner: str, limits: Limits) -> Allowance:
        """Return what is left now."""
        now = self.clock()
        open_jobs = self.jobs.count_open(owner, limits.open_jobs)
        rows = self.usage.rows(owner, now.date())
        return Allowance(
            limits,
            open_jobs=max(0, limits.open_jobs - open_jobs),
            rows=max(0, limits.rows_a_day - rows),
            reset=_seconds_to_midnight(now),
        )


def _seconds_to_midnight(now: datetime) -> int:
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    return ceil((midnight - now).total_seconds())
