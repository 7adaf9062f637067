"""A job: one catalogue on its way, its states, its counts and its webhook."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from catalight.domain.catalogue import Dialect
from catalight.domain.options import Options
from catalight.domain.row import Image, ImageState


class JobState(StrEnum):
    """Where a job stands. FINISHING and CANCELLING are shown to clients as PROCESSING."""

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    CANCELLING = "CANCELLING"
    FINISHING = "FINISHING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"

    @property
    def shown(self) -> "JobState":
        """The state that clients see."""
        return JobState.PROCESSING if self in (JobState.FINISHING, JobState.CANCELLING) else self

    @property
    def has_result(self) -> bool:
        """Whether a result CSV is published."""
        return self in (JobState.COMPLETED, JobState.CANCELLED)


RUNNING = (JobState.PENDING, JobState.PROCESSING, JobState.CANCELLING)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many images have ended, and how; `bytes_in` and `bytes_out` are those of the images done."""

    done: int = 0
    failed: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, images: Iterable[Image]) -> "Counts":
        """Count the images that have ended."""
        ended = [image for image in images if image.ended]
        done = [image for image in ended if image.state is ImageState.DONE]
        return cls(
            done=len(done),
            failed=len(ended) - len(done),
            bytes_in=sum(image.bytes_in for image in done),
            bytes_out=sum(image.bytes_out for image in done),
            errors=dict(Counter(str(image.error) for image in ended if image.error)),
        )

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            done=self.done + other.done,
            failed=self.failed + other.failed,
            bytes_in=self.bytes_in + other.bytes_in,
            bytes_out=self.bytes_out + other.bytes_out,
            errors=dict(Counter(self.errors) + Counter(other.errors)),
        )


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to call the webhook: `status` is the HTTP status, or `error` says why there was none."""

    at: datetime
    status: int | None
    error: str | None
    milliseconds: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it: any 2xx (Standard Webhooks 1.0)."""
        return self.status is not None and 200 <= self.status < 300


class WebhookState(StrEnum):
    """Where the delivery of a job's webhook stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"

    @classmethod
    def after(cls, delivery: Delivery, next_at: datetime | None) -> "WebhookState":
        """The state once an attempt was made, the next being due at `next_at`, or None after the last."""
        if delivery.delivered:
            return cls.DELIVERED
        return cls.PENDING if next_at else cls.FAILED


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where to call when the job has ended, and how the calls went. No attempt is made before `next_at`."""

    url: str
    state: WebhookState = WebhookState.PENDING
    attempts: int = 0
    next_at: datetime | None = None
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One catalogue on its way.

    `run` starts at 1 and grows with every retry; `ranges` is how many row ranges this run has, of which
    at most `window` are in the queue at once. `secret` makes the image links unguessable. `sealed` is
    true once every row is stored. `api_base` is the URL that the client called, without a path;
    `/images/…` in the result is appended to `link_base`, the same or a CDN's.
    """

    id: str
    state: JobState
    run: int
    sealed: bool
    options: Options
    dialect: Dialect
    header: tuple[str, ...]
    file_name: str
    rows: int
    images: int
    ranges: int
    window: int
    secret: bytes
    api_base: str
    link_base: str
    created_at: datetime
    counts: Counts = field(default_factory=Counts)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    webhook: Webhook | None = None
