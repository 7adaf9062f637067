"""The protocols that the use cases need. `catalight.adapters` implements them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Protocol

from catalight.domain.api_keys import ApiKey
from catalight.domain.catalogue.column_requests import Remembered
from catalight.domain.catalogue.files import Options, Table, TextFile
from catalight.domain.catalogue.header_choice import Wanted
from catalight.domain.errors import ResultError
from catalight.domain.job.export import Export, Step
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.row import Row, RowState
from catalight.domain.job.webhook import Delivery
from catalight.domain.messages import Message
from catalight.domain.usage import Amounts, Slot
from catalight.domain.web.hosts import Host

type Clock = Callable[[], datetime]
type SecondsLeft = Callable[[], float]

type ReadTable = Callable[[bytes, Options, Wanted], TextFile | Table]
"""Turns the bytes of a file into what a catalogue is read from, or raises CatalogueError or OptionError."""

type Fetch = Callable[[str, Callable[[int], None]], bytes]
"""Downloads a URL, or raises ImageError; the second argument gets the number of bytes that came."""


type WriteResult = Callable[[Job, ResultForm, Iterable[Row]], Iterable[bytes]]
"""Writes rows of a job as a file of this form, in bounded memory, and yields the file in parts.

While it is iterated, it may raise ResultError: a file of this form cannot hold this result.
"""


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

        This is no progress.
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

    def pending(self, job_id: str) -> Iterator[Row]:
        """Yield the rows that have not ended, in order of range. It may miss rows that change meanwhile."""

    def read(self, job_id: str, numbers: Sequence[int]) -> list[Row]:
        """Return the rows with these numbers that exist, in CSV order."""

    def save(self, rows: Sequence[Row]) -> int:
        """Write the rows that are still pending at the version that was read. Return how many were."""

    def reopen(self, rows: Sequence[Row]) -> None:
        """Write rows as they are at the start of their new run, if they still belong to an earlier run."""

    def any_pending(self, job_id: str) -> bool:
        """Return whether any row of the job has not ended. It costs one seek, however large the job is."""

    def stream(self, job_id: str) -> Iterator[Row]:
        """Yield all rows in CSV order, in bounded memory."""

    def page(self, job_id: str, states: AbstractSet[RowState], after: int, limit: int) -> list[Row]:
        """Return rows in these states (in any state if empty) in CSV order, after row number `after`."""

    def delete(self, job_id: str, first: int, last: int) -> None:
        """Delete the rows with the numbers from `first` to `last`."""


class Queue(Protocol):
    """A queue of messages."""

    def send(self, messages: Iterable[Message], delay: int = 0) -> None:
        """Send all messages, or raise UnavailableError. `delay` is whole seconds, at most 900."""


class ObjectStore(Protocol):
    """The store of images and results."""

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Store one image. Overwriting it with the same bytes is harmless."""

    def put_stream(self, key: str, chunks: Iterable[bytes], media_type: str) -> None:
        """Store a file of any length in bounded memory."""

    def exists(self, key: str) -> bool:
        """Return whether an object is stored under the key."""

    def link(self, key: str, seconds: int, file_name: str | None = None, *, head: bool = False) -> str:
        """Return a presigned URL for GET or HEAD, for `seconds` at most.

        With `file_name`, a browser saves it under that name.
        """

    def delete(self, keys: Iterable[str]) -> None:
        """Delete the objects under these keys, if they exist."""


class ObjectReader(Protocol):
    """Reads what the store holds."""

    def read(self, key: str) -> bytes | None:
        """Return one image, or None if nothing is stored under the key. Threads may call this."""

    def stream(self, key: str) -> Iterator[bytes] | None:
        """Return a file of any length in chunks, or None if nothing is stored under the key."""


class Uploads(Protocol):
    """Multipart uploads. All but `begin` raise UploadGoneError if the upload does not exist (any more)."""

    def begin(self, key: str, media_type: str) -> str:
        """Begin to store a file under the key. Return the id of the upload."""

    def put_part(self, key: str, upload: str, number: int, data: BytesIO) -> str:
        """Store the part with this number, from 1, in the place of an earlier one. Return its ETag.

        The ETag tells the part from others that are stored under the number later.
        """

    def complete(self, key: str, upload: str, parts: Sequence[str]) -> None:
        """Make these parts, by their ETags, the file. Raise UploadGoneError also if one was replaced."""

    def abort(self, key: str, upload: str) -> None:
        """Remove the upload and its parts, if it exists."""


class Exports(Protocol):
    """The exports. Writes of an export that was claimed return whether the claim still holds.

    They change nothing if another claim was made, or if the export is not PREPARING.
    """

    def find(self, export_id: str) -> Export | None:
        """Return the export, or None if nobody has asked for it."""

    def ask(self, new: Export, now: datetime, until: datetime) -> bool:
        """Store a new export, or begin one again that was given up (`Export.may_restart`).

        Return whether its message is to be sent: it is PREPARING, and neither asked for nor claimed now. Then
        it is asked for until `until`.
        """

    def withdraw(self, export_id: str, until: datetime) -> None:
        """Take back that an export was asked for until `until`."""

    def count_active(self, owner: str, now: datetime) -> int:
        """Return how many of an owner's exports are asked for or claimed now."""

    def claim(self, export_id: str, now: datetime, until: datetime) -> Export | None:
        """Claim a PREPARING export and count the attempt. Return it, or None if it is not free."""

    def begin(self, export: Export, upload: str) -> bool:
        """Record a new multipart upload, for which nothing is written yet."""

    def advance(self, export: Export, step: Step, until: datetime) -> bool:
        """Record progress since `export` was read, and extend the claim to `until`."""

    def release(self, export: Export, until: datetime, *, refund: bool = False) -> bool:
        """End the claim, and ask for the export until `until`. With `refund`, the attempt does not count."""

    def reset(self, export: Export) -> bool:
        """Forget the upload and its progress."""

    def finish(self, export: Export) -> bool:
        """Change to READY, and forget the upload."""

    def fail(self, export: Export, refusal: ResultError | None, now: datetime) -> bool:
        """Change to FAILED: for good, because of the refusal; or it keeps its upload, for another attempt."""

    def of_job(self, job_id: str) -> list[Export]:
        """Return the exports of all runs of a job."""

    def abort(self, export_id: str) -> Export | None:
        """Change to ABORTED from any state. Return the export, or None if there is none."""

    def delete(self, job_id: str) -> None:
        """Delete the exports of a job."""


class WebhookSender(Protocol):
    """Calls a webhook once."""

    def __call__(self, owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        """Sign for the job's owner and send. A failure is returned in the Delivery, not raised."""


class Hosts(Protocol):
    """The throttled hosts, shared by all instances. They are advisory: nothing goes wrong without them."""

    def known(self, names: Iterable[str], owner: str) -> list[Host]:
        """Return what is stored of these hosts for the owner, and for all owners.

        Hosts are returned even after their backoff: their strikes still count.
        """

    def back_off(self, hosts: Iterable[Host]) -> None:
        """Store these backoffs, in one call. One that is stored already is extended, never shortened."""

    def clear_strikes(self, name: str, owner: str, now: datetime) -> None:
        """Forget the owner's strikes of a host that serves again, if the backoff is over."""


class Keys(Protocol):
    """The API keys."""

    def insert(self, key: ApiKey) -> None:
        """Store a new key. Repeating the call changes nothing."""

    def find(self, key_id: str) -> ApiKey | None:
        """Return the key with this id, revoked or not."""

    def find_by_digest(self, digest: str) -> ApiKey | None:
        """Return the key whose token has this digest, revoked or not."""

    def all(self) -> list[ApiKey]:
        """Return all keys, oldest first."""

    def revoke(self, key_id: str, now: datetime) -> None:
        """Revoke the key, if it exists and is not revoked yet."""

    def rotate_webhook_secret(self, key_id: str, version: int, overlap_until: datetime) -> None:
        """Switch to the secret after `version`, if that is the newest. Both sign until `overlap_until`."""


class Usage(Protocol):
    """What each owner has used: amounts by UTC day, slots of open jobs, and its rate of parsing."""

    def add(self, owner: str, day: date, order: str, wanted: Amounts, limit: Amounts) -> bool:
        """Count an order's amounts, once, if each sum of the day stays within `limit`.

        `order` names a submission or a retry. Return whether its amounts are counted.
        """

    def add_downloads(self, owner: str, day: date, size: int) -> None:
        """Count bytes that were downloaded, without a limit."""

    def of_day(self, owner: str, day: date) -> Amounts:
        """Return the day's sums."""

    def take(self, owner: str, slot: Slot, limit: int) -> bool:
        """Take a slot if fewer than `limit` are taken, or if its order has one already.

        The latter is then as if taken at the new time. Return whether the order has a slot.
        """

    def slots(self, owner: str) -> list[Slot]:
        """Return the slots that are taken."""

    def free(self, owner: str, slots: Sequence[Slot]) -> None:
        """Free those of these slots that were not taken again at another time."""

    def reserve(self, owner: str, cost: timedelta, now: datetime, latest: datetime) -> datetime | None:
        """Move the time until which the rate is used on by `cost`, from `now` at least, if not past `latest`.

        Return None, or the time if it was not moved.
        """


class ColumnMemory(Protocol):
    """The columns that each owner has named for headers: at most MAX_REMEMBERED, those used last."""

    def of_owner(self, owner: str) -> list[Remembered]:
        """Return what is remembered of an owner, the last used first."""

    def remember(self, owner: str, chosen: Remembered) -> None:
        """Remember columns for a header, unless others were chosen for it later. It may be repeated."""

    def use(self, owner: str, columns_id: str, now: datetime) -> None:
        """Record that columns were used, if they are remembered."""

    def forget(self, owner: str, columns_id: str) -> bool:
        """Forget columns. Return whether they were remembered."""
