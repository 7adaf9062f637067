"""An export: the result of a run as a file that is written in steps, mostly when somebody asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from catalight.domain.errors import ResultErrorCode
from catalight.domain.job import links
from catalight.domain.job.job import Counts, Job
from catalight.domain.job.result_form import ResultForm, ResultFormat

ASKED = timedelta(seconds=60)  # after that, a message that no function has taken is sent again
LEASE = timedelta(minutes=5)  # of a ZIP, from one checkpoint to the next
MAX_ATTEMPTS = 5  # without progress
REST = timedelta(seconds=60)  # before an export that was given up may be tried again
AT_ONCE = 4  # exports of an owner that are written at the same time, without ZIPs
ZIPS_AT_ONCE = 1  # a ZIP may take hours, in steps that each hold a function for minutes

# Bounds of S3: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MAX_PARTS = 10_000
MIN_PART = 5 << 20  # bytes; except of the last
FIRST_PART = 8 << 20
GROWTH = 1.0006  # of each part over the one before: 10,000 parts hold 5 TB, and 100 GB need parts of 70 MB
MAX_ZIP = 10**12  # bytes; its last parts, which are held in memory, have 608 MB


class ExportState(StrEnum):
    """The state of an export. ABORTED: its job was retried or deleted."""

    PREPARING = "PREPARING"
    READY = "READY"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a file is written: what the next byte belongs to.

    `row` is that of the next row. Of a text, `lines` is the number of lines before it, and `counts` are those
    of the images before it.

    Of a ZIP, `offset` is the number of bytes before it, `entries` that of the files; the first is the result.
    `row` and `place` are those of the next image. Once all files are written, `directory_at` is where the
    directory begins, and `listed` is how many of its pieces are written. `missing` names images that are not
    stored any more, the first ones; `missing_total` counts all.
    """

    offset: int = 0
    entries: int = 0
    row: int = 0
    place: int = 0
    directory_at: int | None = None
    listed: int = 0
    missing: tuple[str, ...] = ()
    missing_total: int = 0
    lines: int = 0
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is made of one run of a job, in one form.

    `done` of `total` images, or rows, are in it. `asked_until` is set when its message is sent, and
    `claimed_until` by the function that writes it; `claim` is the number of that claim, and `attempts` counts
    the claims since the last progress. One with a `refusal` can never be written; `failure` says why in a
    sentence or two.

    A ZIP and a long text are a multipart `upload`. `parts` are the ETags of its parts up to `position`, and
    `directories` the CRC-32 of the pieces of a ZIP's directory, each of which is stored as an object until
    the ZIP is complete.
    """

    job_id: str
    run: int
    form: ResultForm
    owner: str
    total: int
    created_at: datetime
    state: ExportState = ExportState.PREPARING
    done: int = 0
    asked_until: datetime | None = None
    claimed_until: datetime | None = None
    claim: int = 0
    attempts: int = 0
    upload: str | None = None
    position: Position = field(default_factory=Position)
    parts: tuple[str, ...] = ()
    directories: tuple[int, ...] = ()
    refusal: ResultErrorCode | None = None
    failure: str = ""
    failed_at: datetime | None = None

    @classmethod
    def of(cls, job: Job, form: ResultForm, now: datetime) -> "Export":
        """Return the export of a job's current run as it begins."""
        total = job.counts.done if form.format is ResultFormat.ZIP else job.rows
        return cls(job.id, job.run, form, job.owner, total, now)

    @property
    def id(self) -> str:
        """The export's id: the same for everybody who asks for this run in this form."""
        return export_id(self.job_id, self.run, form_name(self.form))

    @property
    def key(self) -> str:
        """The key under which the file is stored."""
        return links.result_key(self.job_id, self.run, self.form)

    @property
    def directory_keys(self) -> list[str]:
        """The keys of all pieces of the directory that may be stored, also one that is not recorded."""
        return [self.directory_key(number) for number in range(len(self.directories) + 1)]

    def directory_key(self, number: int) -> str:
        """Return the key of a piece of the directory, by its number from 0."""
        return f"{self.key}.directory/{number}"

    def may_restart(self, now: datetime) -> bool:
        """Return whether a failed export may be tried again."""
        return self.refusal is None and self.failed_at is not None and self.failed_at + REST <= now

    def with_step(self, step: "Step") -> "Export":
        """Return the export after progress."""
        return replace(
            self,
            position=step.position,
            parts=(*self.parts, *step.parts),
            directories=(*self.directories, *step.directories),
            done=step.done,
            attempts=0,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a file: the new position, and what was stored since the last one."""

    position: Position
    parts: Sequence[str]
    directories: Sequence[int]
    done: int


def form_name(form: ResultForm) -> str:
    """Return the name of a form within a message or an id."""
    return "-".join((*form.flags, form.format))


def export_id(job_id: str, run: int, form: str) -> str:
    """Return the id of an export; `form` is the name of its form."""
    return f"{job_id}/{run}/{form}"


def part_size(number: int) -> int:
    """Return how many bytes the part with this number, from 1, has at least, unless it is the last."""
    return round(FIRST_PART * GROWTH ** (number - 1))
