"""The errors of the client: one tree, made of the service's own problems (RFC 9457)."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

PROBLEM = "urn:catalight:problem:"


class CatalightError(Exception):
    """Whatever the client reports. `attempts` is how often the request was sent."""

    attempts = 1
    retry_after: float | None = None
    """Seconds after which the service would accept a repetition, if it said so."""


class NoServiceError(CatalightError):
    """The service cannot be reached, broke the connection, or is not Catalight."""

    def __init__(self, url: str, reason: str) -> None:
        """Say that the service at `url` does not answer, and why."""
        super().__init__(f"The service at {url} does not answer: {reason}.")
        self.url = url
        self.reason = reason


class NotCatalightError(NoServiceError):
    """Something else than Catalight answered."""

    def __init__(self, url: str, reason: str) -> None:
        """Say what came instead of an answer of Catalight."""
        super().__init__(url, reason)
        self.args = (f"What answers at {url} is not Catalight: {reason}.",)


class StorageError(NoServiceError):
    """The service's storage did not take a file. `passes`: it may take it later."""

    def __init__(self, url: str, reason: str, *, passes: bool = True) -> None:
        """Say why the file is not stored."""
        super().__init__(url, reason)
        self.passes = passes
        self.args = (f"The file is not at {url} yet: {reason}.",)


class NotConfirmedError(CatalightError):
    """The caller did not confirm what a file was understood as."""


class OutputError(CatalightError):
    """A file cannot be read or written."""


class ProblemError(CatalightError):
    """The service refused a request or could not carry it out."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        """Take over the fields of a problem."""
        self.status = status
        self.problem = dict(problem)
        self.code = str(problem.get("type", "")).removeprefix(PROBLEM)
        self.title = str(problem.get("title", ""))
        self.detail = str(problem.get("detail", ""))
        super().__init__(f"{self.title}. {self.detail}" if self.detail else f"{self.title}.")


class CatalogueError(ProblemError):
    """The file cannot be used."""

    @property
    def problems(self) -> list[dict[str, Any]]:
        """What is wrong with the file: each with its `code`, `message`, `line`, `column` and `found`."""
        return list(self.problem.get("problems", ()))

    @property
    def problems_total(self) -> int:
        """The number of problems; `problems` has the first 100."""
        return int(self.problem.get("problems_total", len(self.problems)))


class UnauthorizedError(ProblemError):
    """The API key is missing, unknown or revoked (401)."""


class NotFoundError(ProblemError):
    """The key has no such job (404)."""


class ConflictError(ProblemError):
    """The job is in another state than the request needs (409)."""


class GoneError(ProblemError):
    """The job was deleted or has expired (410)."""


class LimitError(ProblemError):
    """A limit is reached (429)."""


class ServiceError(ProblemError):
    """The service failed (5xx)."""


BY_STATUS = {
    401: UnauthorizedError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    429: LimitError,
}


def of_answer(answer: httpx.Response, url: str) -> CatalightError:
    """Return the error that an answer means."""
    if answer.is_redirect:
        target = answer.headers.get("location", "nowhere")
        return NotCatalightError(url, f"it redirects to {target}. If that is the service, use its URL")
    problem = _problem(answer)
    if problem is None:
        if answer.status_code in (429, 500, 502, 503, 504):
            problem = {"title": f"The service answered {answer.status_code} ({answer.reason_phrase})"}
        else:
            return NotCatalightError(
                url, f"the answer has the status {answer.status_code} and no explanation"
            )
    error = _kind(answer.status_code, problem)(answer.status_code, problem)
    error.retry_after = retry_after(answer)
    return error


def retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds of the header Retry-After, or None."""
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdecimal() and value.isascii() else None


def is_problem(answer: httpx.Response) -> bool:
    """Return whether an answer is a problem of Catalight itself, and not of what stands before it."""
    return bool(answer.headers.get("content-type", "").startswith("application/problem+json"))


def _problem(answer: httpx.Response) -> dict[str, Any] | None:
    """Return the fields of a problem; of API Gateway's own errors, their message. None for anything else."""
    try:
        body = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    if not isinstance(body, dict):
        return None
    if is_problem(answer):
        return body
    return {"title": str(body["message"])} if "message" in body else None


def _kind(status: int, problem: Mapping[str, Any]) -> type[ProblemError]:
    if "problems" in problem:
        return CatalogueError
    return ServiceError if status >= 500 else BY_STATUS.get(status, ProblemError)
