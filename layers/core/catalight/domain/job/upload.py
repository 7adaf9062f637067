"""A big upload: a file that its client sends to the store, and that is read into a job in steps."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self

from catalight.domain.catalogue import requested
from catalight.domain.catalogue.findings import Bounds
from catalight.domain.catalogue.requested import Request
from catalight.domain.errors import Problem
from catalight.domain.job.result_form import (
    FailedPlaces,
    Placement,
    RequestedResult,
    ResultEncoding,
    ResultFormat,
)
from catalight.domain.stored import restored

MAX_BYTES = 5_000_000_000  # a presigned POST takes at most 5 GB (Amazon S3 User Guide, "Uploading objects")
FORM_TIME = timedelta(hours=1)  # for which a form may be used
LIFETIME = timedelta(days=1)  # without progress; then an upload that is not submitted is removed
LEASE = timedelta(minutes=5)  # from one checkpoint to the next
COPIES = ("spool", "table")  # the fields of BigUpload that tell of copies
MAX_ATTEMPTS = 5  # without progress
BOUNDS = Bounds(rows=10_000_000, images=40_000_000, odd_urls=40_000_000)


class UploadState(StrEnum):
    """The state of a big upload.

    WAITING: the file is not there, or was not looked at. READING: it is being read. UNDERSTOOD: it was looked
    at, and waits for its client to confirm. SUBMITTED: the job has all rows. FAILED: it never will.
    """

    WAITING = "WAITING"
    READING = "READING"
    UNDERSTOOD = "UNDERSTOOD"
    SUBMITTED = "SUBMITTED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class SaidOfFile:
    """What the client says of the file: as in `usecases.jobs.understand.Upload`."""

    columns: Request | None = None
    header_row: int | None = None
    strict: bool = False
    encoding: str | None = None
    sheet: str | None = None

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage."""
        return {**asdict(self), "columns": self.columns and requested.to_document(self.columns)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_document` wrote."""
        columns = document["columns"]
        return restored(cls, document, columns=columns and requested.from_document(columns))


@dataclass(frozen=True, slots=True)
class Spool:
    """The unpacked copy of a packed file: a multipart `upload` until it is `complete`.

    `parts` are the ETags of its parts, which hold the first `size` bytes.
    """

    upload: str
    parts: tuple[str, ...] = ()
    size: int = 0
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a file is read. All values are plain, and whoever goes on from here makes the same rows.

    The next record begins at `offset`: of a text or of copied rows, the byte; of a workbook, the index. It is
    on the physical `line`. `codec` decodes the text, and `ascii` is whether it had only ASCII so far.
    `reader` is the state of the RowReader, and `made` the totals of the rows that are stored.
    """

    offset: int
    line: int
    codec: str
    ascii: bool
    reader: Mapping[str, Any]
    made: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BigUpload:
    """The file of a job that is not sealed yet.

    `size` is the number of bytes that the client has declared. `media_type` is what the form allows. With
    `confirm`, the client wants to see what the file was understood as before it is submitted.

    A function claims the upload until `claimed_until`; `claim` is the number of that claim, and `attempts`
    counts the claims since the last progress. `etag` is that of the object as it was first seen.
    `spool` is the unpacked copy, and `table` one of the rows of a large workbook, which is made in one go.
    `overview` is what a dry run would say of the first rows, as plain values. `read` counts bytes. The first
    of `problems` and `warnings` are kept. `cleared` is whether what a failed upload has stored is removed.
    """

    size: int
    media_type: str
    said: SaidOfFile = field(default_factory=SaidOfFile)
    result: RequestedResult = field(default_factory=RequestedResult)
    confirm: bool = False
    state: UploadState = UploadState.WAITING
    claim: int = 0
    claimed_until: datetime | None = None
    attempts: int = 0
    etag: str | None = None
    true_size: int = 0
    spool: Spool | None = None
    table: Spool | None = None
    checkpoint: Checkpoint | None = None
    overview: Mapping[str, Any] | None = None
    read: int = 0
    warnings: tuple[Problem, ...] = ()
    warnings_total: int = 0
    problems: tuple[Problem, ...] = ()
    problems_total: int = 0
    cleared: bool = False

    def failed(self, problems: tuple[Problem, ...], total: int) -> "BigUpload":
        """Return the upload that has ended with these problems."""
        return replace(
            self,
            state=UploadState.FAILED,
            claimed_until=None,
            checkpoint=None,
            problems=problems,
            problems_total=total,
        )

    def to_document(self) -> dict[str, Any]:
        """Return plain values for storage."""
        document = asdict(self)
        for name in COPIES:
            if copy := document[name]:
                copy["parts"] = list(copy["parts"])
        return {
            **document,
            "said": self.said.to_document(),
            "result": _plain(asdict(self.result)),
            "state": self.state.value,
            "warnings": list(document["warnings"]),
            "problems": list(document["problems"]),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `to_document` wrote; some fields may be missing in lists of jobs."""
        checkpoint = document.get("checkpoint")
        return restored(
            cls,
            document,
            said=SaidOfFile.from_document(document["said"]),
            result=_result(document["result"]),
            state=UploadState(document["state"]),
            **{name: _copy(document.get(name)) for name in COPIES},
            checkpoint=checkpoint and restored(Checkpoint, checkpoint),
            warnings=_problems(document.get("warnings", ())),
            problems=_problems(document.get("problems", ())),
        )


class Stored(NamedTuple):
    """An object of the store: its bytes, and the ETag of these bytes."""

    size: int
    etag: str


class Form(NamedTuple):
    """A form that a client fills with a file and sends to the store: its fields come before the file."""

    url: str
    fields: Mapping[str, str]


def upload_key(job_id: str) -> str:
    """Return the key under which the client stores the file."""
    return f"{UPLOADS}{job_id}"


def spool_key(job_id: str) -> str:
    """Return the key of the unpacked copy; it is not below UPLOADS, so no event tells of it."""
    return f"spools/{job_id}"


def table_key(job_id: str) -> str:
    """Return the key of the rows of a large workbook."""
    return f"{spool_key(job_id)}/rows"


UPLOADS = "uploads/"


def _copy(document: Mapping[str, Any] | None) -> Spool | None:
    return restored(Spool, document, parts=tuple(document["parts"])) if document else None


def _problems(documents: Iterable[Mapping[str, Any]]) -> tuple[Problem, ...]:
    return tuple(restored(Problem, document) for document in documents)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value and value.value for name, value in values.items()}


def _result(document: Mapping[str, Any]) -> RequestedResult:
    return RequestedResult(
        document["format"] and ResultFormat(document["format"]),
        Placement(document["placement"]),
        FailedPlaces(document["failed"]),
        ResultEncoding(document["encoding"]),
    )
