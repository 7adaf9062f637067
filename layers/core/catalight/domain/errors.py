"""All errors that Catalight raises itself. They carry data and are mapped to a response once, at the edge."""

from dataclasses import dataclass
from enum import StrEnum


class CatalightError(Exception):
    """The base class of all errors. Catch it only at the edge."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a catalogue, precise enough to fix it.

    `line` is the physical line, from 1 (if a quoted cell spans several, the line that the row begins on), or
    None if the problem concerns the whole file. `column` is the header cell as the user wrote it. `found` is
    the value that was found there, shortened.
    """

    code: str
    message: str
    line: int | None = None
    column: str | None = None
    found: str | None = None


class CatalogueError(CatalightError):
    """The file cannot be used. `problems` holds the first problems; `total` counts all of them."""

    def __init__(self, problems: tuple[Problem, ...], total: int) -> None:
        super().__init__(f"{total} problems: {problems[0].message}")
        self.problems = problems
        self.total = total


class FeedError(CatalogueError):
    """The file that a request names by its URL cannot be fetched. `code` says why; `detail` is a sentence."""

    def __init__(self, code: "ImageErrorCode", detail: str) -> None:
        super().__init__((Problem("feed", detail, found=code.value),), 1)
        self.code = code
        self.detail = detail


class OptionError(CatalightError):
    """An invalid form field: the value that was found, and what is allowed."""

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(f"{field} is {found!r}; allowed: {allowed}")
        self.field = field
        self.found = found
        self.allowed = allowed


class UnauthorizedError(CatalightError):
    """The request has no API key, or an invalid one; `given` says which."""

    def __init__(self, *, given: bool) -> None:
        super().__init__("the API key is unknown or revoked" if given else "there is no API key")
        self.given = given


class LimitError(CatalightError):
    """A caller requests more than is `left` of the limit called `name`.

    That is "open-jobs", "parsing", or an amount per day ("rows", "images", "file-bytes", "download-bytes").

    The request may succeed after `retry_after` seconds; None means that it never will.
    """

    def __init__(self, name: str, limit: int, left: int, wanted: int, retry_after: int | None) -> None:
        super().__init__(f"{name}: {wanted} requested, {left} of {limit} left")
        self.name = name
        self.limit = limit
        self.left = left
        self.wanted = wanted
        self.retry_after = retry_after


class KeyNotFoundError(CatalightError):
    """There is no such API key."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"no API key {key_id!r}")
        self.key_id = key_id


class JobNotFoundError(CatalightError):
    """There is no such job."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"no job {job_id!r}")
        self.job_id = job_id


class JobGoneError(JobNotFoundError):
    """The job was deleted or has expired."""


class JobEndedError(CatalightError):
    """The job has ended or is about to end, so it cannot be cancelled. `state` is what clients see."""

    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(f"job {job_id!r} is {state}")
        self.job_id = job_id
        self.state = state


class NoWebhookError(CatalightError):
    """The job was submitted without a webhook."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} has no webhook")
        self.job_id = job_id


class RedeliveryError(CatalightError):
    """The webhook is being delivered, or was redelivered too recently or too often.

    Try again after `retry_after` seconds.
    """

    def __init__(self, job_id: str, retry_after: int) -> None:
        super().__init__(f"the webhook of job {job_id!r} cannot be redelivered yet")
        self.job_id = job_id
        self.retry_after = retry_after


class IdempotencyError(CatalightError):
    """The Idempotency-Key was used before, with another file or other fields, for the job `job_id`."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"the key belongs to another submission, job {job_id!r}")
        self.job_id = job_id


class UnderstoodOtherwiseError(CatalightError):
    """A job was accepted with other columns in memory than a repetition of its request was read with."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} was understood otherwise")
        self.job_id = job_id


class ColumnsNotFoundError(CatalightError):
    """The owner has no remembered columns with this id."""

    def __init__(self, columns_id: str) -> None:
        super().__init__(f"no columns {columns_id!r}")
        self.columns_id = columns_id


class JobNotFinishedError(CatalightError):
    """The job has no result yet; try again after `retry_after` seconds."""

    def __init__(self, job_id: str, retry_after: int) -> None:
        super().__init__(f"job {job_id!r} has not finished")
        self.job_id = job_id
        self.retry_after = retry_after


class NoResultError(CatalightError):
    """The job has ended before its file was submitted, so it has no result. `state` is what clients see."""

    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(f"job {job_id!r} is {state} without a result")
        self.job_id = job_id
        self.state = state


class NotUnderstoodError(CatalightError):
    """The big upload does not wait for a confirmation; `state` says what it does."""

    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(f"the upload {job_id!r} is {state}")
        self.job_id = job_id
        self.state = state


class ObjectChangedError(CatalightError):
    """An object of the store is another than the one that was seen first, or is gone."""


class ResultExpiredError(CatalightError):
    """The job has ended, but its result was removed at the end of its retention."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"the result of job {job_id!r} has been removed")
        self.job_id = job_id


class ResultErrorCode(StrEnum):
    """Why a file of one form cannot hold a result."""

    CELL_TOO_LONG = "cell_too_long"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_LARGE = "result_too_large"
    NOT_IN_ENCODING = "not_in_encoding"
    DELETED = "result_deleted"


class ResultError(CatalightError):
    """A result cannot be written in the form that was asked for; as a CSV in UTF-8 it can.

    `detail` says in a sentence or two what does not fit, and where.
    """

    def __init__(self, code: ResultErrorCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class ExportStoppedError(CatalightError):
    """A result in another form could not be finished; ask for it again after `retry_after` seconds."""

    def __init__(self, job_id: str, retry_after: int) -> None:
        super().__init__(f"an export of job {job_id!r} was given up")
        self.job_id = job_id
        self.retry_after = retry_after


class UploadGoneError(CatalightError):
    """A multipart upload, or a part of it, does not exist: it was completed or aborted."""


class ImageNotFoundError(CatalightError):
    """No image is stored under this link."""


class UploadTooLargeError(CatalightError):
    """The body is larger than the API accepts; `size` and `limit` are bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes; at most {limit} are allowed")
        self.size = size
        self.limit = limit


class ConfigurationError(CatalightError):
    """The deployment's configuration is invalid, so Catalight does not run."""


class MessageError(CatalightError):
    """A queue has delivered what is no message of this release. `code` is its kind, if it names one."""

    def __init__(self, kind: object) -> None:
        super().__init__(f"not a message that this release can read: {kind!r}")
        self.code = kind


class UnavailableError(CatalightError):
    """A service that Catalight depends on does not answer; try again after `retry_after` seconds."""

    def __init__(self, service: str, retry_after: int = 5) -> None:
        super().__init__(f"{service} does not answer")
        self.service = service
        self.retry_after = retry_after


class ImageErrorCode(StrEnum):
    """Why an image has no output. The codes are stable: clients' code and results contain them."""

    INVALID_URL = "invalid_url"
    NOT_FOUND = "not_found"
    BLOCKED_BY_HOST = "blocked_by_host"
    HTTP_ERROR = "http_error"
    TIMEOUT = "timeout"
    DNS_ERROR = "dns_error"
    CONNECTION_ERROR = "connection_error"
    TLS_ERROR = "tls_error"
    ADDRESS_NOT_ALLOWED = "address_not_allowed"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    NOT_AN_IMAGE = "not_an_image"
    CORRUPT_IMAGE = "corrupt_image"
    GAVE_UP = "gave_up"
    CANCELLED = "cancelled"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    INTERNAL_ERROR = "internal_error"


class ImageError(CatalightError):
    """An image that cannot be fetched or compressed. It fails the image, not the job.

    `detail` is one sentence with the measured and the allowed value. It never contains text that a remote
    host sent. `transient` is whether the same request may succeed later, and `retry_after` after how many
    seconds, if the host said so. `status` is the HTTP status of the URL's own host. It is None if that host
    did not answer, or if the answer is of another host that it redirected to.
    """

    def __init__(
        self,
        code: ImageErrorCode,
        detail: str,
        *,
        transient: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.transient = transient
        self.status = status
        self.retry_after = retry_after


UNEXPECTED = ImageError(
    ImageErrorCode.INTERNAL_ERROR, "An unexpected error occurred in Catalight. It is logged."
)
"""The error of an image at which Catalight itself failed."""
