"""What the use cases need of the outside, as protocols; `catalight.adapters` holds the real ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Protocol

from catalight.domain.api_keys import ApiKey
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.row import Row, RowState
from catalight.domain.job.webhook import Delivery
from catalight.domain.messages import Message
from catalight.domain.web.hosts import Host

type Clock = Callable[[], datetime]
type SecondsLeft = Callable[[], float]


class Jobs(Protocol):
    """The jobs; every write is conditional, so that it may be repeated or come late.

    A write that moves a job says when; what stands still is found by it.
    """

    def insert(self, job: Job) -> Job:
        """Store a new job, not sealed; return the one that stands under its id, be it new or not."""

    def get(self, job_id: str) -> Job:
        """The job; JobNotFoundError, or JobGoneError where it was deleted or has expired."""

    def find(self, job_id: str) -> Job | None:
        """The job, also where it is GONE."""

    def seal(self, job_id: str, run: int, ranges: int, counts: Counts, now: datetime) -> bool:
        """Say that every row of a running job is stored, with the run's totals; whether this call did it."""

    def start(self, job_id: str, run: int, now: datetime) -> None:
        """PENDING to PROCESSING."""

    def record_progress(self, job_id: str, run: int, counts: Counts, now: datetime) -> None:
        """Add to the live counts; they are advisory."""

    def begin_cancelling(self, job_id: str, now: datetime) -> bool:
        """PENDING or PROCESSING to CANCELLING; whether the job stands at CANCELLING now."""

    def begin_finishing(self, job_id: str, run: int, now: datetime) -> bool:
        """A sealed, running job to FINISHING; whether the job stands at FINISHING of this run now."""

    def publish(self, job_id: str, run: int, end: JobState, counts: Counts, now: datetime) -> None:
        """FINISHING of this run to its end, COMPLETED or CANCELLED, with the exact counts."""

    def begin_run(self, new: Job) -> bool:
        """The next run, as `new` has it, of a job that has ended its run; whether this call began it."""

    def delete(self, job_id: str, now: datetime) -> None:
        """To GONE, whatever the state."""

    def expire(self, job_id: str, run: int, now: datetime) -> None:
        """To GONE where the job has ended this run and its time is over."""

    def abandon(self, job_id: str, now: datetime) -> None:
        """To GONE where the job was never sealed."""

    def bury(self, job_id: str, until: datetime) -> None:
        """Leave nothing of a GONE job but a tombstone, and that until then."""


class JobList(Protocol):
    """The jobs, by what they have in common; in lists they come without their headers, which may be large."""

    def page(
        self, owner: str, states: AbstractSet[JobState], before: tuple[datetime, str] | None, limit: int
    ) -> list[Job]:
        """An owner's jobs that are not GONE, newest first, from after that creation time and id."""

    def count_open(self, owner: str, most: int) -> int:
        """How many of an owner's jobs have not ended; no more than `most` are counted."""

    def to_sweep(self, now: datetime, limit: int) -> list[Job]:
        """Jobs whose `sweep_at` has come, the longest due first."""

    def record_sweep(self, job: Job, next_sweep: datetime) -> None:
        """Count a look at the job; look again then, unless another time was set meanwhile."""


class Deliveries(Protocol):
    """The calls of the jobs' webhooks."""

    def begin(self, job_id: str, run: int, attempts: int, until: datetime) -> bool:
        """Claim the attempt after `attempts` others; False where a twin has it, until then."""

    def record(
        self, job_id: str, run: int, attempt: int, delivery: Delivery, next_at: datetime | None
    ) -> None:
        """Log the attempt with this number, from 1; end the delivery if it was taken or was the last.

        Where the attempts have begun anew since, it is logged and nothing else.
        """

    def renew(self, job_id: str, run: int, now: datetime) -> None:
        """Begin the attempts anew, of a job that has ended this run."""


class Rows(Protocol):
    """The rows, each with its images embedded."""

    def insert(self, rows: Iterable[Row]) -> None:
        """Store the rows of a new job; those that are stored already stay as they are."""

    def pending_in_range(self, job_id: str, run: int, number: int) -> list[Row]:
        """The rows of a range that have not ended, in CSV order."""

    def pending(self, job_id: str) -> Iterator[Row]:
        """The rows that have not ended, range by range; it may miss what changes meanwhile."""

    def read(self, job_id: str, numbers: Sequence[int]) -> list[Row]:
        """The rows with these numbers, those that exist, in CSV order."""

    def save(self, rows: Sequence[Row]) -> int:
        """Write rows that are pending at the version that was read; return how many still were."""

    def reopen(self, rows: Sequence[Row]) -> None:
        """Write rows as their new run begins with them, where they are still of an earlier one."""

    def any_pending(self, job_id: str) -> bool:
        """Whether any row of the job has not ended: one seek, however large the job."""

    def stream(self, job_id: str) -> Iterator[Row]:
        """All rows in CSV order, in bounded memory."""

    def page(self, job_id: str, states: AbstractSet[RowState], after: int, limit: int) -> list[Row]:
        """Rows in these states (in any, where none is named) in CSV order, from after that number."""

    def delete(self, job_id: str, first: int, last: int) -> None:
        """Remove the rows with these numbers and those between."""


class Queue(Protocol):
    """A queue of hints."""

    def send(self, messages: Iterable[Message], delay: int = 0) -> None:
        """Send all, or raise UnavailableError; `delay` is whole seconds, 900 at most."""


class ObjectStore(Protocol):
    """Where images and results are stored."""

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Store one image; overwriting it with the same bytes is harmless."""

    def put_stream(self, key: str, chunks: Iterable[bytes], media_type: str) -> None:
        """Store a file of any length in bounded memory."""

    def exists(self, key: str) -> bool:
        """Whether something stands under the key."""

    def link(self, key: str, seconds: int, file_name: str | None = None, *, head: bool = False) -> str:
        """A presigned URL for GET or for HEAD; with `file_name` a browser saves it under that name."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove what stands under these keys, if anything."""


class WebhookSender(Protocol):
    """Calls a webhook once."""

    def __call__(self, owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        """Sign for the job's owner and send; whatever goes wrong is an outcome, not an exception."""


class Hosts(Protocol):
    """The hosts that had enough, as all instances know them; advisory: nothing goes wrong without it."""

    def known(self, names: Iterable[str]) -> Mapping[str, Host]:
        """Those of `names` that are remembered, also where their rest is over: their strikes count on."""

    def rest(self, name: str, until: datetime, strikes: int) -> None:
        """Leave the host alone until then at least, and remember that many strikes at least."""

    def forgive(self, name: str, now: datetime) -> None:
        """Forget the strikes of a host that has served again, where its rest is over."""


class Keys(Protocol):
    """The API keys."""

    def insert(self, key: ApiKey) -> None:
        """Store a new key; asked again it changes nothing."""

    def find(self, key_id: str) -> ApiKey | None:
        """The key with this id, revoked or not."""

    def find_by_digest(self, digest: str) -> ApiKey | None:
        """The key whose token has this digest, revoked or not."""

    def all(self) -> list[ApiKey]:
        """All keys, the oldest first."""

    def revoke(self, key_id: str, now: datetime) -> None:
        """Revoke it, where it stands."""

    def rotate_webhook_secret(self, key_id: str, version: int, overlap_until: datetime) -> None:
        """Go on to the webhook secret after `version`, where that is the newest; it signs until then too."""


class Usage(Protocol):
    """What each owner has asked for, by UTC day."""

    def add(self, owner: str, day: date, order: str, rows: int, limit: int) -> bool:
        """Count an order's rows, once, where the day's sum stays within `limit`; whether they are counted."""

    def rows(self, owner: str, day: date) -> int:
        """The day's sum."""
