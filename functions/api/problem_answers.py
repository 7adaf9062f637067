"""The RFC 9457 problem+json response of each error that Catalight raises itself."""

import logging
from collections.abc import Callable

from fastapi.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from catalight.adapters.logging.facts import report
from catalight.domain import error_texts
from catalight.domain.errors import (
    CatalightError,
    CatalogueError,
    ColumnsNotFoundError,
    ExportStoppedError,
    FeedError,
    IdempotencyError,
    ImageNotFoundError,
    JobEndedError,
    JobGoneError,
    JobNotFinishedError,
    JobNotFoundError,
    LimitError,
    NoResultError,
    NotUnderstoodError,
    NoWebhookError,
    OptionError,
    RedeliveryError,
    ResultError,
    ResultExpiredError,
    UnauthorizedError,
    UnavailableError,
    UploadTooLargeError,
)
from catalight.domain.facts import EXPORT_STOPPED, RequestRefused
from catalight.domain.job import webhook
from functions.api import rate_limits
from functions.api.models import Note

logger = logging.getLogger("catalight.api")


class Problem(JSONResponse):
    """A problem+json response. When it is sent, it is reported."""

    media_type = "application/problem+json"
    code = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        report(RequestRefused(self.status_code, self.code, getattr(scope.get("route"), "path", None)))
        await super().__call__(scope, receive, send)


def problem(
    status: int, code: str, title: str, detail: str, *, retry_after: int | None = None, **extensions: object
) -> JSONResponse:
    """Build a response that says what is wrong and what to do; `code` is the stable end of its type."""
    body = {"type": f"urn:catalight:problem:{code}", "title": title, "status": status, "detail": detail}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    response = Problem(body | extensions, status, headers=headers)
    response.code = code
    return response


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


def feed(error: FeedError) -> JSONResponse:
    return problem(422, "feed", "The file cannot be fetched", error.detail, error=error.code)


def option(error: OptionError) -> JSONResponse:
    title = "A field or parameter has a value that is not allowed"
    return problem(422, "option", title, error_texts.of_option(error), field=error.field)


def unauthorized(error: UnauthorizedError) -> JSONResponse:
    found = "The API key is unknown or revoked" if error.given else "The request has no API key"
    detail = f"{found}. Send your key in the header `Authorization: Bearer catalight_...`."
    answer = problem(401, "unauthorized", "A valid API key is required", detail)
    # RFC 6750, section 3: no error code where no credentials were given.
    answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if error.given else "Bearer"
    return answer


def limit(error: LimitError) -> JSONResponse:
    title, detail = "A limit of your API key is reached", error_texts.of_limit(error)
    answer = problem(429, "limit", title, detail, retry_after=error.retry_after)
    answer.headers.update(rate_limits.of_error(error))
    return answer


def job_not_found(_: JobNotFoundError) -> JSONResponse:
    detail = "No job has this request id. Check that it was copied completely."
    return problem(404, "job-not-found", "No such job", detail)


def columns_not_found(_: ColumnsNotFoundError) -> JSONResponse:
    detail = "No columns are remembered under this id; GET /columns lists those that are."
    return problem(404, "columns-not-found", "No such columns", detail)


def job_gone(_: JobGoneError) -> JSONResponse:
    detail = "This job was deleted or has expired. Send the catalogue again (with a new Idempotency-Key)."
    return problem(410, "job-gone", "The job is gone", detail)


def job_ended(error: JobEndedError) -> JSONResponse:
    detail = f"The job is {error.state} and can no longer be cancelled; see /status/{error.job_id}."
    return problem(409, "job-ended", "The job has ended or is finishing", detail)


def no_webhook(error: NoWebhookError) -> JSONResponse:
    detail = f"The job was submitted without a webhook_url; poll /status/{error.job_id} instead."
    return problem(409, "no-webhook", "The job has no webhook", detail)


def redelivery(error: RedeliveryError) -> JSONResponse:
    detail = (
        f"It is being delivered, or was redelivered less than {webhook.REDELIVERY_PAUSE.seconds} s ago, or "
        f"{webhook.REDELIVERIES} times within a day. Try again in {error.retry_after:,} s."
    )
    title = "The webhook cannot be redelivered yet"
    return problem(429, "redelivery", title, detail, retry_after=error.retry_after)


def idempotency(error: IdempotencyError) -> JSONResponse:
    detail = (
        "This Idempotency-Key was used with another file or other fields; that job is at "
        f"/status/{error.job_id}. Use a new key, or repeat the original request unchanged."
    )
    return problem(422, "idempotency-key", "Idempotency-Key already used for a different request", detail)


def job_not_finished(error: JobNotFinishedError) -> JSONResponse:
    detail = f"The job is still running. Try again in {error.retry_after} s, or poll /status/{error.job_id}."
    return problem(409, "job-not-finished", "The job has not finished", detail, retry_after=error.retry_after)


def no_result(error: NoResultError) -> JSONResponse:
    detail = (
        f"The job is {error.state}: its file was not submitted, so there is no result and nothing to retry. "
        f"See /uploads/{error.job_id}, and send the file in a new upload."
    )
    return problem(409, "no-result", "The job has no result", detail)


def not_understood(error: NotUnderstoodError) -> JSONResponse:
    detail = f"The upload is {error.state}; confirm it once it is UNDERSTOOD. See /uploads/{error.job_id}."
    return problem(409, "upload-not-understood", "The upload cannot be confirmed now", detail)


def result_expired(_: ResultExpiredError) -> JSONResponse:
    detail = "The result was deleted at the end of its retention period. Send the catalogue again."
    return problem(410, "result-expired", "The result has expired", detail)


def result_form(error: ResultError) -> JSONResponse:
    title = "The result cannot be written in this form"
    return problem(422, "result-form", title, error.detail, error=error.code)


def export_stopped(error: ExportStoppedError) -> JSONResponse:
    detail = (
        f"It was begun several times and could not be finished. Try again in {error.retry_after} s; the "
        f"result as it was written is at /download/{error.job_id}, and each image under its link."
    )
    title = "The result could not be written in this form"
    return problem(503, EXPORT_STOPPED, title, detail, retry_after=error.retry_after)


def image_not_found(_: ImageNotFoundError) -> JSONResponse:
    detail = (
        "No image is stored under this link. It may have been deleted at the end of its retention period."
    )
    return problem(404, "image-not-found", "No such image", detail)


def upload_too_large(error: UploadTooLargeError) -> JSONResponse:
    detail = (
        f"The upload has {error.size:,} bytes; at most {error.limit:,} are accepted. "
        "Send it by POST /uploads, pack it with gzip, or split it into several files."
    )
    return problem(413, "upload-too-large", "The upload is too large", detail, limit=error.limit)


def unavailable(error: UnavailableError) -> JSONResponse:
    logger.warning("%s; caused by %s", error, type(error.__cause__).__name__)
    return unavailable_answer(error)


def unavailable_answer(error: UnavailableError) -> JSONResponse:
    detail = f"A service that Catalight depends on does not respond. Try again in {error.retry_after} s."
    return problem(503, "unavailable", "A service does not respond", detail, retry_after=error.retry_after)


CATALIGHT_ERRORS: dict[type[CatalightError], Callable[..., JSONResponse]] = {
    CatalogueError: catalogue,
    FeedError: feed,
    OptionError: option,
    UnauthorizedError: unauthorized,
    LimitError: limit,
    JobNotFoundError: job_not_found,
    ColumnsNotFoundError: columns_not_found,
    JobGoneError: job_gone,
    JobNotFinishedError: job_not_finished,
    JobEndedError: job_ended,
    NoWebhookError: no_webhook,
    RedeliveryError: redelivery,
    IdempotencyError: idempotency,
    ResultError: result_form,
    ResultExpiredError: result_expired,
    NoResultError: no_result,
    NotUnderstoodError: not_understood,
    ExportStoppedError: export_stopped,
    ImageNotFoundError: image_not_found,
    UploadTooLargeError: upload_too_large,
    UnavailableError: unavailable,
}
