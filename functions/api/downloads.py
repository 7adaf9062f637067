"""The route /download: the result in the form in which it was written, or in the one that is asked for."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.responses import JSONResponse, RedirectResponse

from catalight.domain.errors import (
    ExportStoppedError,
    JobNotFinishedError,
    NoResultError,
    OptionError,
    ResultError,
    ResultExpiredError,
)
from catalight.domain.job.result_form import FailedPlaces, Placement, ResultEncoding, ResultFormat
from catalight.usecases.exports.offer_result import Preparing
from functions.api.callers import Own
from functions.api.documented import documented_header, documented_problems
from functions.api.edge import IsHead
from functions.api.fields import ONLY_KNOWN
from functions.api.models import Download
from functions.api.models import Preparing as PreparingModel
from functions.api.services import Built

FORMAT = "File format; by default that in which the result was written, or the one that Accept names"
PLACEMENT = "Where the new URLs are: in columns of their own, or in the place of the old ones"
FAILED = "What `replace` leaves in the place of an image that failed: its old URL, or nothing"
ENCODING = "Of a CSV; `input`: that of the file that was sent"
ROWS = "`failed`: only the rows with an image that failed"
NOT_OF_A_ZIP = "nothing: a ZIP has the result as it was written"
MAX_ACCEPT = 2_000  # characters
NDJSON = "application/x-ndjson"  # another name for JSON Lines

router = APIRouter()


class Rows(StrEnum):
    """Which rows a result has."""

    ALL = "all"
    FAILED = "failed"


def _changes(
    format: Annotated[ResultFormat | None, Query(description=FORMAT)] = None,  # noqa: A002 (the parameter's name)
    result: Annotated[Placement | None, Query(description=PLACEMENT)] = None,
    failed: Annotated[FailedPlaces | None, Query(description=FAILED)] = None,
    result_encoding: Annotated[ResultEncoding | None, Query(description=ENCODING)] = None,
    rows: Annotated[Rows | None, Query(description=ROWS)] = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> dict[str, Any]:
    """Return what the request says of the form. Raise OptionError if that does not go together."""
    said = {"placement": result, "failed": failed, "encoding": result_encoding}
    changes: dict[str, Any] = {name: value for name, value in said.items() if value}
    if rows:
        changes["only_failed"] = rows is Rows.FAILED
    if wanted := format or _accepted(accept):
        changes["format"] = wanted
    if wanted is ResultFormat.ZIP and len(changes) > 1:
        given = {"result": result, "failed": failed, "result_encoding": result_encoding, "rows": rows}
        name, value = next((name, value) for name, value in given.items() if value)
        raise OptionError(name, str(value), NOT_OF_A_ZIP)
    return changes


def _accepted(accept: str) -> ResultFormat | None:
    """Return the format that an Accept header (RFC 9110, 12.5.1) names, the most wanted first.

    None if it names none, or wants JSON or any type as much: then the result is as it was written.
    """
    known: dict[str, ResultFormat | None] = {
        "application/json": None,
        "*/*": None,
        NDJSON: ResultFormat.JSONL,
    }
    known |= {wanted.media_type: wanted for wanted in ResultFormat}
    best, weight = None, 0.0
    for entry in accept[:MAX_ACCEPT].lower().split(","):
        media, *parameters = (part.strip() for part in entry.split(";"))
        quality = _quality(parameters)
        if media in known and quality > weight:
            best, weight = known[media], quality
    return best


def _quality(parameters: list[str]) -> float:
    """Return the weight of an entry of an Accept header, from 0 to 1; 0 if it is invalid."""
    given = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    is_number = given.replace(".", "", 1).isdecimal() and given.isascii()
    return min(1.0, float(given)) if is_number else 0.0


@router.get(
    "/download/{request_id}",
    response_model=Download,
    responses=documented_problems(
        *(401, 404, 410, JobNotFinishedError, NoResultError, ResultExpiredError),
        *(OptionError, ResultError, ExportStoppedError),
    )
    | {
        202: {"model": PreparingModel, "description": "It is being written in this form"}
        | documented_header("Retry-After", "Seconds to wait before the next request"),
        307: {"description": "To the result"},
    },
    dependencies=[ONLY_KNOWN],
)
def download(
    job: Own,
    built: Built,
    head: IsHead,
    changes: Annotated[dict[str, Any], Depends(_changes)],
    *,
    redirect: bool = True,
) -> Response | Download:
    """Redirect to the result; with `redirect=false`, return its presigned URL as JSON.

    A form in which the result was not written is made when it is first asked for: until then the answer is
    202. HEAD has nothing made.
    """
    offer = built.offer_result(job, changes, head=head and redirect, start=not head)
    if isinstance(offer, Preparing):
        body = PreparingModel(done=offer.done, total=offer.total, retry_after=offer.retry_after)
        return JSONResponse(body.model_dump(), 202, headers={"Retry-After": str(offer.retry_after)})
    if redirect:
        return RedirectResponse(offer.url, 307)
    return Download(url=offer.url, expires_at=offer.expires_at)
