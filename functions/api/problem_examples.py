"""An example of each problem, made by what answers the real error."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import HTTPException

from catalight.domain.errors import (
    CatalightError,
    CatalogueError,
    ColumnsNotFoundError,
    ExportStoppedError,
    FeedError,
    IdempotencyError,
    ImageErrorCode,
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
    Problem,
    RedeliveryError,
    ResultError,
    ResultErrorCode,
    ResultExpiredError,
    UnauthorizedError,
    UnavailableError,
    UploadTooLargeError,
)
from functions.api import problems
from functions.api.models import REQUEST_ID
from functions.api.problem_answers import CATALIGHT_ERRORS, unavailable_answer

NO_COLUMN = 'No column has URLs of images. Name it, as columns={"images": ["Photo"]}.'
TOO_LONG = "Row 7 has a cell of 40,000 characters in the column Text; XLSX takes 32,767."

_ERRORS: tuple[CatalightError, ...] = (
    CatalogueError((Problem("no_image_column", NO_COLUMN, line=1),), 1),
    FeedError(ImageErrorCode.NOT_FOUND, "The host answered 404 (not found)."),
    OptionError("columns", "{images", "JSON"),
    UnauthorizedError(given=False),
    LimitError("rows", 1_000_000, 2_500, 8_000, 3_600),
    JobNotFoundError(REQUEST_ID),
    ColumnsNotFoundError("ab"),
    JobGoneError(REQUEST_ID),
    JobNotFinishedError(REQUEST_ID, 2),
    JobEndedError(REQUEST_ID, "COMPLETED"),
    NoWebhookError(REQUEST_ID),
    RedeliveryError(REQUEST_ID, 60),
    IdempotencyError(REQUEST_ID),
    ResultError(ResultErrorCode.CELL_TOO_LONG, TOO_LONG),
    ResultExpiredError(REQUEST_ID),
    NoResultError(REQUEST_ID, "FAILED"),
    NotUnderstoodError(REQUEST_ID, "READING"),
    ExportStoppedError(REQUEST_ID, 60),
    ImageNotFoundError(),
    UploadTooLargeError(5_242_880, 4_718_592),
)
# It is answered without its cause, which is logged: there is none here.
_ANSWERS = {type(error): CATALIGHT_ERRORS[type(error)](error) for error in _ERRORS} | {
    UnavailableError: unavailable_answer(UnavailableError("MongoDB")),
}
BY_KIND: Mapping[type[CatalightError], dict[str, Any]] = {
    kind: json.loads(bytes(answer.body)) for kind, answer in _ANSWERS.items()
}
_UNKNOWN = [{"field": "max_widht", "message": "There is no such form field; the nearest is max_width"}]
_OF_REQUESTS = (
    problems.bad_request("There was an error parsing the body"),
    problems.other_site(),
    problems.content_type("Send the fields as multipart/form-data, not as 'text/plain'."),
    problems.unusable(_UNKNOWN),
    problems.http_error(HTTPException(404)),
)
_GENERAL = (
    UnauthorizedError,
    JobNotFoundError,
    JobGoneError,
    UploadTooLargeError,
    LimitError,
    UnavailableError,
)
BY_STATUS: Mapping[int, dict[str, Any]] = {
    example["status"]: example
    for example in (
        *(json.loads(bytes(answer.body)) for answer in _OF_REQUESTS),
        *(BY_KIND[kind] for kind in _GENERAL),
    )
}
"""The problem that any route with this status may answer."""


def examples(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the OpenAPI examples of some problems, by the end of their type."""
    return {one["type"].rpartition(":")[2]: {"summary": one["title"], "value": one} for one in found}
