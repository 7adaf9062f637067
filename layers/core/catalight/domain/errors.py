"""Every error that Catalight raises on purpose: one tree that carries data, mapped once, at the edge."""

from dataclasses import dataclass
from enum import StrEnum


class CatalightError(Exception):
    """Root of the tree; catch it at an edge, never inside."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a catalogue, exact enough to mend it.

    `line` counts physical lines from 1 (a quoted cell may span several: the line it begins on), or is
    None where the whole file is meant. `column` is the header cell as the user wrote it. `found` is what
    stood there, shortened.
    """

    code: str
    message: str
    line: int | None = None
    column: str | None = None
    found: str | None = None


class CatalogueError(CatalightError):
    """The file cannot be used. `problems` holds the first ones, `total` counts them all."""

    def __init__(self, problems: tuple[Problem, ...], total: int) -> None:
        super().__init__(f"{total} problems: {problems[0].message}")
        self.problems = problems
        self.total = total


class OptionError(CatalightError):
    """A form field that cannot be used: what was found, and what is allowed."""

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(f"{field} is {found!r}; allowed: {allowed}")
        self.field = field
        self.found = found
        self.allowed = allowed


class UnauthorizedError(CatalightError):
    """No API key came with the request, or none that stands; `given` tells which."""

    def __init__(self, *, given: bool) -> None:
        super().__init__("the API key is not known" if given else "there is no API key")
        self.given = given


class LimitError(CatalightError):
    """A caller wants more than is `left` of its limit of that name ("rows" a day, or "open-jobs").

    After `retry_after` seconds it may be taken; None where it never will.
    """

    def __init__(self, name: str, limit: int, left: int, wanted: int, retry_after: int | None) -> None:
        super().__init__(f"{name}: {wanted} wanted, {left} of {limit} left")
        self.name = name
        self.limit = limit
        self.left = left
        self.wanted = wanted
        self.retry_after = retry_after


class KeyNotFoundError(CatalightError):
    """No such API key."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"no API key {key_id!r}")
        self.key_id = key_id


class JobNotFoundError(CatalightError):
    """No such job."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"no job {job_id!r}")
        self.job_id = job_id


class JobGoneError(JobNotFoundError):
    """There was such a job; it was deleted, or has expired."""


class JobEndedError(CatalightError):
    """The job has ended, or is about to: there is nothing left to cancel. `state` is what clients see."""

    def __init__(self, job_id: str, state: str) -> None:
        super().__init__(f"job {job_id!r} is {state}")
        self.job_id = job_id
        self.state = state


class NoWebhookError(CatalightError):
    """The job was sent without a webhook."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job {job_id!r} has no webhook")
        self.job_id = job_id


class IdempotencyError(CatalightError):
    """The key was used before, with another file or other fields; `job_id` is what became of that."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"the key belongs to another order, job {job_id!r}")
        self.job_id = job_id


class JobNotFinishedError(CatalightError):
    """The job has no result yet; ask again after `retry_after` seconds."""

    def __init__(self, job_id: str, retry_after: int) -> None:
        super().__init__(f"job {job_id!r} has not finished")
        self.job_id = job_id
        self.retry_after = retry_after


class ResultExpiredError(CatalightError):
    """The job has ended, and its result has been removed at the end of its retention."""

    def __init__(self, job_id: str) -> None:
        super().__init__(f"the result of job {job_id!r} has been removed")
        self.job_id = job_id


class ImageNotFoundError(CatalightError):
    """No stored image stands under this link."""


class UploadTooLargeError(CatalightError):
    """The body is larger than the API takes; `size` and `limit` are bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes; at most {limit} are taken")
        self.size = size
        self.limit = limit


class ConfigurationError(CatalightError):
    """The deployment is set up in a way that Catalight refuses to run in."""


class UnavailableError(CatalightError):
    """A service that Catalight stands on does not answer; try again after `retry_after` seconds."""

    def __init__(self, service: str, retry_after: int = 5) -> None:
        super().__init__(f"{service} does not answer")
        self.service = service
        self.retry_after = retry_after


class ImageErrorCode(StrEnum):
    """Why an image has no output; stable, they stand in clients' code and in result CSVs."""

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
    """An image that cannot be had or read: this image's end, not the job's.

    `detail` is one sentence with the measured and the allowed value; it never holds text that a remote
    host sent. `transient` says whether the same request may succeed later, `retry_after` after how many
    seconds the host said so. `status` is what the URL's own host answered; None where it did not, or where
    it was another to which it redirected.
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
