"""Maps every error to an RFC 9457 problem+json response, in this one place."""

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import Scope

from catalight.domain import texts
from functions.api.problem_answers import CATALIGHT_ERRORS, problem

logger = logging.getLogger("catalight.api")


MULTIPART = "multipart/form-data"
UNKNOWN_FIELD = "unknown_field"
IN_OUR_WORDS = "in_our_words"  # the type of an error whose message is ours
# Other messages of Pydantic may hold a regular expression or the name of a class.
PLAIN_MESSAGES = {
    *(
        UNKNOWN_FIELD,
        IN_OUR_WORDS,
        "missing",
        "enum",
        "literal_error",
        "greater_than_equal",
        "less_than_equal",
    ),
    *("string_too_short", "string_too_long", "string_type"),
}
WHOLE_NUMBER, TRUE_OR_FALSE = "Input should be a whole number", "Input should be true or false"
IN_WORDS = {
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), WHOLE_NUMBER),
    **dict.fromkeys(("bool_type", "bool_parsing"), TRUE_OR_FALSE),
    "string_pattern_mismatch": "Input should be a colour such as #ffffff or #fff",
    "value_error": "Input should be a file, sent with a file name, as by curl -F file=@products.csv",
}

HTTP_DETAILS = {
    404: "Nothing is at this path; /docs lists the paths of this API.",
    405: "This path does not support this method; the Allow header lists the methods it supports.",
}


def content_type(detail: str) -> JSONResponse:
    return problem(415, "content-type", "The body is in a form that this call does not take", detail)


def invalid_request(error: RequestValidationError, request: Request) -> JSONResponse:
    sent = request.headers.get("content-type", "")
    form = request.scope["route"].body_field
    if form and not sent.lower().startswith((MULTIPART, form.field_info.media_type)):
        shown, takes_file = texts.shown(sent) or "untyped", form.field_info.media_type == MULTIPART
        wanted = (
            f"the CSV as {MULTIPART} in the field `file`" if takes_file else "the fields as a form or as JSON"
        )
        return content_type(f"Send {wanted}, not as {shown!r}.")
    # The location is the place, the name and, in a list, the index.
    found = [{"field": str(e["loc"][:2][-1]), "message": _in_words(e)} for e in error.errors()]
    return unusable(found)


def unusable(found: Sequence[Mapping[str, str]]) -> JSONResponse:
    detail = "; ".join(f"{entry['field']}: {entry['message']}" for entry in found)
    return problem(
        422,
        "invalid-request",
        "The request has fields or parameters that cannot be used",
        detail,
        errors=found,
    )


def _in_words(error: Mapping[str, Any]) -> str:
    kind = error["type"]
    return str(error["msg"]) if kind in PLAIN_MESSAGES else IN_WORDS.get(kind, "Input is not valid")


def bad_request(detail: str) -> JSONResponse:
    return problem(400, "bad-request", "The request cannot be read", detail)


def other_site() -> JSONResponse:
    detail = "A page of another site sent this request. To allow it, add its origin to CorsOrigins."
    return problem(403, "other-site", "Requests from other sites are not allowed", detail)


def http_error(error: HTTPException) -> JSONResponse:
    title = HTTPStatus(error.status_code).phrase
    detail = HTTP_DETAILS.get(error.status_code, str(error.detail))
    answer = problem(error.status_code, title.lower().replace(" ", "-"), title, detail)
    answer.headers.update(error.headers or {})
    return answer


def _with_methods(error: HTTPException, request: Request) -> JSONResponse:
    """Answer with all methods of the path, of which Starlette names those of one route."""
    answer = http_error(error)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(sorted(set(_methods(request.app.routes, request.scope))))
    return answer


def _methods(routes: Iterable[Any], scope: Scope) -> Iterator[str]:
    """Yield the methods of all routes with the path of a request."""
    for route in routes:
        if router := getattr(route, "original_router", None):  # FastAPI's, of an included router
            yield from _methods(router.routes, scope)
        elif route.matches(scope)[0] is not Match.NONE:
            yield from route.methods


def unexpected(error: Exception) -> JSONResponse:
    logger.error("unexpected error", exc_info=error)
    detail = "Catalight failed unexpectedly; the error was logged. Try again later."
    return problem(500, "internal-error", "Internal error", detail)


def install(app: FastAPI) -> None:
    """Respond to every error of `app` with a problem."""
    for kind, answer in CATALIGHT_ERRORS.items():
        app.add_exception_handler(kind, lambda _, error, answer=answer: answer(error))
    app.add_exception_handler(HTTPException, lambda request, error: _with_methods(error, request))
    app.add_exception_handler(RequestValidationError, lambda request, error: invalid_request(error, request))
    app.middleware("http")(_handle_unexpected)


async def _handle_unexpected(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Let no exception escape: Starlette, Mangum and uvicorn would log it with its text."""
    try:
        return await call_next(request)
    except Exception as error:  # noqa: BLE001
        return unexpected(error)
