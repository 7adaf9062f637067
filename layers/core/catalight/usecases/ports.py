"""What the use cases need of the outside, as protocols; `catalight.adapters` holds the real ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from catalight.domain.hosts import Host
from catalight.domain.job import Counts, Delivery, Job
from catalight.domain.messages import Message
from catalight.domain.row import Row

type Clock = Callable[[], datetime]


class Jobs(Protocol):
    """The jobs; every write is conditional, so that it may be repeated or come late."""

    def insert(self, job: Job) -> None:
        """Store a new job, not sealed."""

    def get(self, job_id: str) -> Job:
        """The job, or JobNotFoundError."""

    def seal(self, job_id: str, run: int) -> None:
        """Say that every row is stored."""

    def start(self, job_id: str, run: int, now: datetime) -> None:
        """PENDING to PROCESSING."""

    def record_progress(self, job_id: str, run: int, counts: Counts) -> None:
        """Add to the live counts; they are advisory."""

    def begin_finishing(self, job_id: str, run: int) -> bool:
        """A sealed, running job to FINISHING; whether the job stands at FINISHING of this run now."""

    def publish(self, job_id: str, run: int, counts: Counts, now: datetime) -> None:
        """FINISHING of this run to COMPLETED, with the exact counts."""

    def begin_delivery(self, job_id: str, run: int, attempts: int, until: datetime) -> bool:
        """Claim the webhook attempt after `attempts` others; False where a twin has it, until then."""

    def record_delivery(self, job_id: str, run: int, delivery: Delivery, next_at: datetime | None) -> None:
        """Log an attempt of a pending delivery; end it if it was taken or no other is to follow."""


class Rows(Protocol):
    """The rows, each with its images embedded."""

    def insert(self, rows: Iterable[Row]) -> None:
        """Store the rows of a new job."""

    def pending_in_range(self, job_id: str, run: int, number: int) -> list[Row]:
        """The rows of a range that have not ended, in CSV order."""

    def save(self, rows: Sequence[Row]) -> int:
        """Write rows that are pending at the version that was read; return how many still were."""

    def any_pending(self, job_id: str) -> bool:
        """Whether any row of the job has not ended: one seek, however large the job."""

    def stream(self, job_id: str) -> Iterator[Row]:
        """All rows in CSV order, in bounded memory."""


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

    def link(self, key: str, seconds: int, file_name: str | None = None) -> str:
        """A presigned URL; with `file_name` a browser saves it under that name."""


class WebhookSender(Protocol):
    """Calls a webhook once."""

    def __call__(self, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        """Sign and send; whatever goes wrong is an outcome, not an exception."""


class Hosts(Protocol):
    """The hosts that had enough, as all instances know them; advisory: nothing goes wrong without it."""

    def known(self, names: Iterable[str]) -> Mapping[str, Host]:
        """Those of `names` that are remembered, also where their rest is over: their strikes count on."""

    def rest(self, name: str, until: datetime, strikes: int) -> None:
        """Leave the host alone until then at least, and remember that many strikes at least."""
