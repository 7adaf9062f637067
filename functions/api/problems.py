"""Every error that the API answers, mapped once, to RFC 9457 problem+json."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from catalight.domain.errors import (
    CatalightError,
    CatalogueError,
    IdempotencyError,
    ImageNotFoundError,
    JobEndedError,
    JobGoneError,
    JobNotFinishedError,
    JobNotFoundError,
    LimitError,
    NoWebhookError,
    OptionError,
    ResultExpiredError,
    UnauthorizedError,
    UnavailableError,
    UploadTooLargeError,
)
from functions.api import rate_limits
from functions.api.models import Note

logger = logging.getLogger("catalight.api")


HTTP_DETAILS = {
    404: "There is nothing at this path; /docs lists what there is.",
    405: "This path does not take this method; the Allow header names those that it takes.",
}


def problem(
    status: int, code: str, title: str, detail: str, *, retry_after: int | None = None, **extensions: object
) -> JSONResponse:
    """An answer that says what is wrong, and what to do; `code` is the stable end of its type."""
    body = {"type": f"urn:catalight:problem:{code}", "title": title, "status": status, "detail": detail}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return JSONResponse(body | extensions, status, headers=headers, media_type="application/problem+json")


def catalogue(error: CatalogueError) -> JSONResponse:
    notes = [Note.of(found).model_dump() for found in error.problems]
    first = error.problems[0].message
    return problem(
        422,
        "catalogue",
        "The catalogue cannot be used",
        first if error.total == 1 else f"{error.total} problems; the first: {first}",
        problems=notes,
        problems_total=error.total,
    )


def option(error: OptionError) -> JSONResponse:
    detail = f"{error.field} is {error.found!r}; allowed is {error.allowed}."
    return problem(422, "option", "A form field cannot be used", detail, field=error.field)


def unauthorized(error: UnauthorizedError) -> JSONResponse:
    found = "The API key is not known, or was revoked" if error.given else "No API key came with the request"
    detail = f"{found}. Send yours in the header `Authorization: Bearer catalight_...`."
    answer = problem(401, "unauthorized", "An API key is needed", detail)
    # RFC 6750, section 3: no error code where no credentials were given.
    answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if error.given else "Bearer"
    return answer


LIMIT_DETAILS = {
    "rows": (
        "Your key may send {limit:,} rows a day (UTC); {left:,} are left, and this catalogue has {wanted:,}.",
        " Split it, or ask for a higher limit.",
    ),
    "open-jobs": ("Your key may have {limit:,} jobs on their way at once, and has them.", ""),
}


def limit(error: LimitError) -> JSONResponse:
    detail, or_else = LIMIT_DETAILS[error.name]
    detail = detail.format(limit=error.limit, left=error.left, wanted=error.wanted)
    detail += f" Try again in {error.retry_after:,} s." if error.retry_after else or_else
    answer = problem(429, "limit", "A limit of your key is reached", detail, retry_after=error.retry_after)
    answer.headers.update(rate_limits.of_error(error))
    return answer


def job_not_found(_: JobNotFoundError) -> JSONResponse:
    detail = "There is no job with this request id. Was it copied whole?"
    return problem(404, "job-not-found", "No such job", detail)


def job_gone(_: JobGoneError) -> JSONResponse:
    detail = "This job was deleted, or has expired. Send the catalogue again (with a new Idempotency-Key)."
    return problem(410, "job-gone", "The job is gone", detail)


def job_ended(error: JobEndedError) -> JSONResponse:
    detail = f"The job is {error.state} and cannot be cancelled any more; see /status/{error.job_id}."
    return problem(409, "job-ended", "The job has ended, or is about to", detail)


def no_webhook(error: NoWebhookError) -> JSONResponse:
    detail = f"The job was sent without a webhook_url; watch /status/{error.job_id} instead."
    return problem(409, "no-webhook", "The job has no webhook", detail)


def idempotency(error: IdempotencyError) -> JSONResponse:
    detail = (
        "This Idempotency-Key was used before with another file or other fields; what came of those is at "
        f"/status/{error.job_id}. Use a new key, or repeat the request as it was."
    )
    return problem(422, "idempotency-key", "The key belongs to another order", detail)


def job_not_finished(error: JobNotFinishedError) -> JSONResponse:
    detail = f"The job still runs. Ask again in {error.retry_after} s, or watch /status/{error.job_id}."
    return problem(409, "job-not-finished", "The job has not finished", detail, retry_after=error.retry_after)


def result_expired(_: ResultExpiredError) -> JSONResponse:
    detail = "The result has been removed at the end of its retention. Send the catalogue again."
    return problem(410, "result-expired", "The result is gone", detail)


def image_not_found(_: ImageNotFoundError) -> JSONResponse:
    detail = "No image stands under this link. It may have been removed at the end of its retention."
    return problem(404, "image-not-found", "No such image", detail)


def upload_too_large(error: UploadTooLargeError) -> JSONResponse:
    detail = (
        f"The upload has {error.size:,} bytes; at most {error.limit:,} are taken. "
        "Split the catalogue into several files."
    )
    return problem(413, "upload-too-large", "The upload is too large", detail, limit=error.limit)


def unavailable(error: UnavailableError) -> JSONResponse:
    logger.warning("%s; the cause is %s", error, type(error.__cause__).__name__)
    detail = f"A service behind Catalight does not answer. Try again in {error.retry_after} s."
    return problem(503, "unavailable", "Not available now", detail, retry_after=error.retry_after)


def content_type(detail: str) -> JSONResponse:
    return problem(415, "content-type", "The content type is not taken", detail)


def invalid_request(error: RequestValidationError, request: Request) -> JSONResponse:
    sent = request.headers.get("content-type", "")
    if request.method == "POST" and not sent.lower().startswith("multipart/form-data"):
        detail = f"Send the CSV as multipart/form-data in the field `file`; this was {sent or 'untyped'!r}."
        return content_type(detail)
    found = [{"field": str(e["loc"][-1]), "message": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{entry['field']}: {entry['message']}" for entry in found)
    return problem(422, "invalid-request", "The request cannot be used", detail, errors=found)


def bad_request(detail: str) -> JSONResponse:
    return problem(400, "bad-request", HTTPStatus.BAD_REQUEST.phrase, detail)


def forbidden(detail: str) -> JSONResponse:
    return problem(403, "forbidden", HTTPStatus.FORBIDDEN.phrase, detail)


def http_error(error: HTTPException) -> JSONResponse:
    title = HTTPStatus(error.status_code).phrase
    detail = HTTP_DETAILS.get(error.status_code, str(error.detail))
    answer = problem(error.status_code, title.lower().replace(" ", "-"), title, detail)
    answer.headers.update(error.headers or {})
    return answer


def unexpected(error: Exception) -> JSONResponse:
    logger.error("unexpected error", exc_info=error)
    detail = "Something went wrong inside Catalight; it has been logged. Try again later."
    return problem(500, "internal-error", "Internal error", detail)


CATALIGHT_ERRORS: dict[type[CatalightError], Callable[..., JSONResponse]] = {
    CatalogueError: catalogue,
    OptionError: option,
    UnauthorizedError: unauthorized,
    LimitError: limit,
    JobNotFoundError: job_not_found,
    JobGoneError: job_gone,
    JobNotFinishedError: job_not_finished,
    JobEndedError: job_ended,
    NoWebhookError: no_webhook,
    IdempotencyError: idempotency,
    ResultExpiredError: result_expired,
    ImageNotFoundError: image_not_found,
    UploadTooLargeError: upload_too_large,
    UnavailableError: unavailable,
}


def install(app: FastAPI) -> None:
    """Answer every error of `app` with a problem."""
    for kind, answer in (CATALIGHT_ERRORS | {HTTPException: http_error}).items():
        app.add_exception_handler(kind, lambda _, error, answer=answer: answer(error))
    app.add_exception_handler(RequestValidationError, lambda request, error: invalid_request(error, request))
    app.middleware("http")(_unexpected_too)


async def _unexpected_too(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Let no exception out: Starlette, Mangum and uvicorn would log it with its text."""
    try:
        return await go_on(request)
    except Exception as error:  # noqa: BLE001
        return unexpected(error)
