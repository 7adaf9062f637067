"""The answers of the API, as it sends them: docs/contract.md and docs/openapi.json describe each field.

They are dictionaries, so fields that a newer service adds are in them too.
"""

from typing import Any, Literal, TypedDict

type State = Literal["PENDING", "PROCESSING", "COMPLETED", "CANCELLED", "FAILED"]

ENDED = frozenset({"COMPLETED", "CANCELLED", "FAILED"})


class Note(TypedDict):
    """A problem of a file, or a warning."""

    code: str
    message: str
    line: int | None
    column: str | None
    found: str | None


class Columns(TypedDict):
    """Which columns were chosen, and why."""

    images: list[str]
    serial: str | None
    name: str | None
    outputs: list[str]
    reason: str
    program: str | None


class Understood(TypedDict):
    """What a file was understood as."""

    format: str | None
    gzipped: bool
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    sheets: list[str]
    header_row: int | None
    columns: Columns | None


class Accepted(TypedDict):
    """The answer to an accepted file."""

    request_id: str
    status: State
    rows: int
    images: int
    outputs: int
    duplicates: int
    warnings: list[Note]
    warnings_total: int
    links: dict[str, str]
    understood: Understood


class PreviewImage(TypedDict):
    """An image of a row of a dry run."""

    url: str
    fault: str | None
    written: str | None
    notes: list[str]
    column: str


class PreviewRow(TypedDict):
    """A row of a dry run."""

    line: int
    cells: list[str]
    images: list[PreviewImage]


class HostCount(TypedDict):
    """A host, and how many images it would be asked for."""

    host: str
    images: int


class DryRun(TypedDict):
    """What would become of a file."""

    accepted: bool
    understood: Understood
    header: list[str]
    first_rows: list[PreviewRow]
    rows: int
    images: int
    outputs: int
    distinct_urls: int
    hosts: list[HostCount]
    hosts_total: int
    warnings: list[Note]
    warnings_total: int
    problems: list[Note]
    problems_total: int


class UploadProgress(TypedDict):
    """How far the file of a big upload is read, or what is wrong with it."""

    state: Literal["WAITING", "READING", "UNDERSTOOD", "SUBMITTED", "FAILED"]
    bytes: int
    bytes_read: int
    problems: list[Note]
    problems_total: int


class UploadStatus(TypedDict):
    """What a big upload was understood as; the counts of `understood` are of the first rows."""

    request_id: str
    status: State
    file_name: str
    upload: UploadProgress
    rows: int
    images: int
    understood: DryRun | None
    links: dict[str, str]


class Images(TypedDict):
    """Counts of images, each counted in each of its renditions."""

    total: int
    done: int
    failed: int


Bytes = TypedDict("Bytes", {"in": int, "out": int})


class Status(TypedDict):
    """State and progress of a job. Times are ISO 8601."""

    request_id: str
    status: State
    run: int
    file_name: str
    rows: int
    images: Images
    renditions: list[str]
    duplicates: int
    errors: dict[str, int]
    bytes: Bytes
    milliseconds: dict[str, int]
    created_at: str
    started_at: str | None
    finished_at: str | None
    expires_at: str
    webhook: dict[str, Any] | None
    links: dict[str, str]


class Image(TypedDict):
    """An image of a row; with several renditions, `renditions` has all of them."""

    url: str
    state: str
    error: str | None
    detail: str | None
    attempts: int
    not_before: str | None
    output_url: str | None
    bytes_in: int
    bytes_out: int
    width: int
    height: int
    format: str | None
    source: dict[str, Any] | None
    milliseconds: dict[str, int] | None
    kept: bool
    written: str | None
    notes: list[str]
    renditions: list[dict[str, Any]]


class Row(TypedDict):
    """A row of a job, with its images."""

    row: int
    state: Literal["PENDING", "DONE", "PARTIAL", "FAILED", "EMPTY"]
    cells: list[str]
    images: list[Image]
