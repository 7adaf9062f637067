"""The ports to the database of jobs: jobs, rows, and what is delivered or made of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from catalight.domain.errors import ResultError
from catalight.domain.job.export import Export, Step
from catalight.domain.job.job import Counts, Job, JobState, Reopened
from catalight.domain.job.row import Row, RowState
from catalight.domain.job.webhook import Delivery


class Jobs(Protocol):
    """The jobs. Every write is conditional, so that it may be repeated or arrive late.

    A write with which a job makes progress takes the time `now`. Stalled jobs are found by this time.
    """

    def insert(self, job: Job) -> Job:
        """Store a new job, not sealed. Return the job that is stored under its id, new or not."""

    def get(self, job_id: str) -> Job:
        """Return the job. Raise JobNotFoundError, or JobGoneError if it was deleted or has expired."""

    def find(self, job_id: str) -> Job | None:
        """Return the job, even if it is GONE, or None if there is none."""

    def seal(self, job_id: str, run: int, ranges: int, counts: Counts, now: datetime) -> bool:
        """Seal a running job, with the run's totals: every row is stored. Return whether this call did it."""

    def start(self, job_id: str, run: int, now: datetime) -> None:
        """Change PENDING to PROCESSING."""

    def record_progress(self, job_id: str, run: int, counts: Counts, now: datetime) -> None:
        """Add to the live counts, which are advisory."""

    def record_reopened(self, job_id: str, reopened: Reopened, now: datetime) -> None:
        """Record how far the rows of a run are reopened that is not sealed yet."""

    def begin_cancelling(self, job_id: str, now: datetime) -> bool:
        """Change PENDING or PROCESSING to CANCELLING. Return whether the job is CANCELLING now."""

    def begin_finishing(self, job_id: str, run: int, now: datetime) -> bool:
        """Change a sealed, running job to FINISHING. Return whether it is FINISHING in this run now."""

    def publish(self, job_id: str, run: int, end: JobState, counts: Counts, now: datetime) -> None:
        """Change FINISHING in this run to `end` (COMPLETED or CANCELLED), with the exact counts."""

    def begin_run(self, new: Job) -> bool:
        """Begin the run of `new` if the job has ended the run before. Return whether this call did it.

        The job does not expire earlier than before.
        """

    def keep_until(self, job_id: str, until: datetime, now: datetime, *, shorten: bool) -> None:
        """Have a job that has not expired expire at `until`, but not earlier than now unless `shorten`.

        This is no progress. The sweeper checks a job that has ended at once: what it uses may have to live
        longer.
        """

    def delete(self, job_id: str, now: datetime) -> None:
        """Change to GONE from any state."""

    def expire(self, job_id: str, run: int, now: datetime) -> None:
        """Change to GONE if the job has expired, and this run has ended or is FINISHING."""

    def abandon(self, job_id: str, now: datetime) -> None:
        """Change to GONE if the job was never sealed."""

    def leave_tombstone(self, job_id: str, until: datetime) -> None:
        """Reduce a GONE job to a tombstone, and keep that until `until`."""


class JobList(Protocol):
    """Queries for several jobs. The jobs are returned without headers and origins, which may be large."""

    def page(
        self, owner: str, states: AbstractSet[JobState], before: tuple[datetime, str] | None, limit: int
    ) -> list[Job]:
        """Return an owner's jobs in these states, without GONE ones, newest first.

        The page begins after the job with the creation time and id in `before`.
        """

    def count_open(self, owner: str, most: int) -> int:
        """Return how many of an owner's jobs have not ended, counting at most `most`."""

    def states(self, job_ids: Sequence[str]) -> Mapping[str, tuple[int, JobState]]:
        """Return the run and the state of each of these jobs that is known, by its id."""

    def to_sweep(self, now: datetime, limit: int) -> list[Job]:
        """Return jobs whose `sweep_at` has passed, the most overdue first."""

    def record_sweep(self, job: Job, next_sweep: datetime) -> None:
        """Count a check of the job, and set `sweep_at` to `next_sweep` unless it was changed meanwhile."""


class Deliveries(Protocol):
    """The delivery attempts of the jobs' webhooks."""

    def begin(self, job_id: str, run: int, attempts: int, until: datetime) -> bool:
        """Claim the attempt after `attempts` others until `until`. Return False if a duplicate holds it."""

    def record(
        self, job_id: str, run: int, attempt: int, delivery: Delivery, next_at: datetime | None
    ) -> None:
        """Log the attempt with this number, from 1. End the delivery if it was accepted or was the last.

        If the attempts were restarted meanwhile, only log it.
        """

    def renew(self, job_id: str, run: int, now: datetime) -> bool:
        """Restart the attempts and log that, if the job has ended this run, and `redeliverable_at` is now.

        Return whether they were restarted.
        """


class Rows(Protocol):
    """The rows. Each contains its images."""

    def insert(self, rows: Iterable[Row]) -> None:
        """Store the rows of a new job. Rows that are stored already are not changed."""

    def pending_in_range(self, job_id: str, run: int, number: int) -> list[Row]:
        """Return the rows of a range that have not ended, in CSV order."""

    def any_pending_in_range(self, job_id: str, run: int, number: int) -> bool:
        """Return whether a row of a range has not ended."""

    def pending(self, job_id: str) -> Iterator[Row]:
        """Yield the rows that have not ended, in order of range. It may miss rows that change meanwhile."""

    def lane_heads(self, job_id: str, window: int) -> list[int]:
        """Return the first range with a pending row of each lane that has one, in order.

        It reads no rows, however many are pending.
        """

    def read(self, job_id: str, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with these numbers that exist, in CSV order."""

    def save(self, rows: Sequence[Row]) -> list[Row]:
        """Write the rows that are still pending at the version that was read. Return them as stored."""

    def reopen(self, rows: Sequence[Row]) -> None:
        """Write rows as they are at the start of their new run, if they still belong to an earlier run."""

    def any_pending(self, job_id: str) -> bool:
        """Return whether any row of the job has not ended. It costs one seek, however large the job is."""

    def stream(self, job_id: str, after: int = -1) -> Iterator[Row]:
        """Yield the rows after row number `after` in CSV order, in bounded memory."""

    def page(
        self, job_id: str, states: AbstractSet[RowState], after: int, limit: int, most: int | None = None
    ) -> list[Row]:
        """Return rows in these states (in any state if empty) in CSV order, after row number `after`.

        With `most`, only so many rows after it are looked at.
        """

    def delete(self, job_id: str, first: int, last: int) -> None:
        """Delete the rows with the numbers from `first` to `last`."""


class Steps(Protocol):
    """Files that are written in steps. Only one of two who write the same goes on; the other hears False."""

    def find(self, export_id: str) -> Export | None:
        """Return the file, or None if there is none with this id."""

    def begin(self, export: Export, upload: str) -> bool:
        """Record a new multipart upload, for which nothing is written yet."""

    def advance(self, export: Export, step: Step, until: datetime) -> bool:
        """Record progress since `export` was read, and extend the claim to `until`, if there is one."""


class Removable(Protocol):
    """Files of a job that may be unfinished."""

    def of_job(self, job_id: str) -> list[Export]:
        """Return those of all runs of a job."""

    def abort(self, export_id: str) -> Export | None:
        """Change to ABORTED from any state. Return the export, or None if there is none."""

    def delete(self, job_id: str) -> None:
        """Delete those of a job."""


class Results(Steps, Removable, Protocol):
    """The results of runs while they are written in steps. Nobody claims them.

    Whoever writes one from the same position makes the same parts. `begin` stores a new one, unless it is
    stored.
    """

    def forget(self, export: Export) -> None:
        """Delete one that is complete or lost, unless another upload was begun meanwhile."""


class Exports(Steps, Removable, Protocol):
    """The exports. Writes of an export that was claimed return whether the claim still holds.

    They change nothing if another claim was made, or if the export is not PREPARING.
    """

    def ask(self, new: Export, now: datetime, until: datetime) -> bool:
        """Store a new export, or begin one again that was given up (`Export.may_restart`).

        Return whether its message is to be sent: it is PREPARING, and neither asked for nor claimed now. Then
        it is asked for until `until`.
        """

    def withdraw(self, export_id: str, until: datetime) -> None:
        """Take back that an export was asked for until `until`."""

    def count_active(self, owner: str, now: datetime, *, zips: bool) -> int:
        """Return how many of an owner's ZIPs, or other exports, are asked for or claimed now."""

    def claim(self, export_id: str, now: datetime, until: datetime) -> Export | None:
        """Claim a PREPARING export and count the attempt. Return it, or None if it is not free."""

    def release(self, export: Export, until: datetime, *, refund: bool = False) -> bool:
        """End the claim, and ask for the export until `until`. With `refund`, the attempt does not count."""

    def reset(self, export: Export) -> bool:
        """Forget the upload and its progress."""

    def finish(self, export: Export) -> bool:
        """Change to READY, and forget the upload."""

    def fail(self, export: Export, refusal: ResultError | None, now: datetime) -> bool:
        """Change to FAILED: for good, because of the refusal; or it keeps its upload, for another attempt."""
