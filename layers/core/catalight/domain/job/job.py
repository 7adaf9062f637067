"""A job: one catalogue being processed, with its states and counts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from catalight.domain.catalogue.files import Dialect
from catalight.domain.catalogue.requested import Request
from catalight.domain.catalogue.result_columns import OUTPUT
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times
from catalight.domain.job.naming import Naming
from catalight.domain.job.origin import Origin
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.retention import Retention
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.row import Image, ImageState
from catalight.domain.job.upload import BigUpload
from catalight.domain.job.webhook import Webhook


class JobState(StrEnum):
    """The state of a job.

    Clients see FINISHING and CANCELLING as PROCESSING. GONE is a tombstone: the job was deleted or has
    expired, and only its id is still known.
    """

    PENDING = "PENDING"
    PROCESSING = "PROCESSING"
    CANCELLING = "CANCELLING"
    FINISHING = "FINISHING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    GONE = "GONE"

    @property
    def shown(self) -> "JobState":
        """The state that clients see."""
        return JobState.PROCESSING if self in (JobState.FINISHING, JobState.CANCELLING) else self

    @property
    def has_result(self) -> bool:
        """Whether a result may be published."""
        return self in (JobState.COMPLETED, JobState.CANCELLED)


RUNNING = (JobState.PENDING, JobState.PROCESSING, JobState.CANCELLING)
OPEN = (*RUNNING, JobState.FINISHING)
ENDED = (JobState.COMPLETED, JobState.CANCELLED, JobState.FAILED)


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of done and failed images, and of those done that are unchanged since an earlier job.

    An image counts once in each rendition. Bytes and times are sums over the done images, each output that
    the job has made once: one that was lent adds no bytes, and a shared one no times.
    """

    done: int = 0
    failed: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    times: Times = field(default_factory=Times)
    unchanged: int = 0

    @classmethod
    def of(cls, images: Iterable[Image]) -> "Counts":
        """Count the images that have ended."""
        ended = [image for image in images if image.ended]
        done = [image for image in ended if image.state is ImageState.DONE]
        return cls(
            done=len(done),
            failed=len(ended) - len(done),
            bytes_in=sum(image.bytes_in for image in done if not image.lent),
            bytes_out=sum(image.bytes_out for image in done if not image.lent),
            errors=dict(Counter(str(image.error) for image in ended if image.error)),
            times=sum((image.times for image in done if image.times), Times()),
            unchanged=sum(image.unchanged for image in done),
        )

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            done=self.done + other.done,
            failed=self.failed + other.failed,
            bytes_in=self.bytes_in + other.bytes_in,
            bytes_out=self.bytes_out + other.bytes_out,
            errors=dict(Counter(self.errors) + Counter(other.errors)),
            times=self.times + other.times,
            unchanged=self.unchanged + other.unchanged,
        )


@dataclass(frozen=True, slots=True)
class Reopened:
    """How far the rows of a run are reopened: up to `row`, with these counts.

    `range` is the last range so far, and `weight` that of the rows in it.
    """

    run: int
    row: int = 0
    range: int = 0
    weight: float = 0.0
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Job:
    """One catalogue being processed.

    `run` starts at 1 and grows with every retry. `ranges` is the number of row ranges in this run, of which
    at most `window` are in the queue at once. `secret` makes the image links unguessable. `sealed` is true
    once every row is stored. `api_base` is the URL that the client called, without a path. In the result,
    `/images/…` is appended to `link_base`, which is the same URL or a CDN's. `outputs` are the names of the
    result's columns for the new URLs, one for each image column. `remembered` has the columns that were in
    memory for its header, by the key of the header, if they were used. `duplicates` is the number of images
    whose URL an earlier image of the job has; 0 also if the job is older than this field. `placeholders` has
    the row number and place of the first image with each URL that is in many rows. `images` counts the
    images of the catalogue, and `counts` each of their `renditions`. Without `naming`, an image has the name
    of its source. `origin` is None if the job is older than this field. `result` is the form of the result
    that is written when a run ends. The job is kept for `keep_days` after a run began; None: for as long as
    the deployment keeps jobs. `upload` is the file of a job that is read in steps; until it is sealed,
    `header` and what follows from it are not known. `reuse` says whether it uses outputs of earlier jobs.
    `reference` is the client's own text, for its own use.
    A `preview` is a job of one image that is not listed. `mostly_known` means that, when it was submitted,
    most of its outputs were known from an earlier job, so that its ranges have more images.

    `fingerprint` distinguishes submissions with the same Idempotency-Key. At `deadline_at` the run ends with
    what exists by then, and at `expires_at` the job is removed. `moved_at` is when the job last made
    progress, and `reopened` says how far a retry has reopened its rows. The sweeper checks the job at
    `sweep_at`, and has checked it `looks` times since `moved_at`.
    """

    id: str
    owner: str
    fingerprint: str
    state: JobState
    run: int
    sealed: bool
    renditions: tuple[Rendition, ...]
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
    deadline_at: datetime
    expires_at: datetime
    moved_at: datetime
    sweep_at: datetime | None
    looks: int = 0
    cancelled: bool = False
    counts: Counts = field(default_factory=Counts)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    webhook: Webhook | None = None
    request_headers: RequestHeaders = field(default_factory=RequestHeaders)
    outputs: tuple[str, ...] = (OUTPUT,)
    remembered: Mapping[str, Request] = field(default_factory=dict)
    duplicates: int = 0
    placeholders: frozenset[tuple[int, int]] = frozenset()
    origin: Origin | None = None
    naming: Naming | None = None
    result: ResultForm = field(default_factory=ResultForm)
    keep_days: int | None = None
    upload: BigUpload | None = None
    reuse: Reuse = field(default_factory=Reuse)
    reopened: Reopened | None = None
    reference: str | None = None
    preview: bool = False
    mostly_known: bool = False

    @property
    def has_result(self) -> bool:
        """Whether a result is published. A big upload may end without one, before it was submitted."""
        return self.state.has_result and (self.sealed or self.upload is None)

    @property
    def outputs_total(self) -> int:
        """The number of images, each counted in each rendition."""
        return self.images * len(self.renditions)

    @property
    def distinct_images(self) -> int:
        """The number of images with a URL that no earlier image has."""
        return self.images - self.duplicates

    @property
    def end(self) -> JobState:
        """The state in which this run ends after FINISHING."""
        return JobState.CANCELLED if self.cancelled else JobState.COMPLETED

    def next_run(self, now: datetime, retention: Retention) -> "Job":
        """Return the job at the start of its next run, with its failed rows not reopened yet."""
        return replace(
            self,
            run=self.run + 1,
            state=JobState.PENDING,
            sealed=False,
            cancelled=False,
            deadline_at=now + retention.job_deadline,
            expires_at=max(self.expires_at, retention.expires_at(now, self.created_at, self.keep_days)),
            moved_at=now,
            sweep_at=now,
            looks=0,
            counts=replace(self.counts, failed=0, errors={}),
            started_at=None,
            finished_at=None,
            webhook=self.webhook and self.webhook.renewed(),
        )
