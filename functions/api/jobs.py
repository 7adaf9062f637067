"""The routes below /jobs: list, cancel, retry and delete jobs, and deliver their webhooks again."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Response

from catalight.domain.catalogue import columns
from catalight.domain.errors import (
    JobEndedError,
    JobNotFinishedError,
    NoResultError,
    NoWebhookError,
    OptionError,
    RedeliveryError,
)
from catalight.domain.job.job import JobState
from catalight.domain.job.row import RowState
from functions.api import cursors
from functions.api.callers import Calling, Own
from functions.api.documented import documented_header, documented_problems
from functions.api.fields import ONLY_KNOWN
from functions.api.models import JobPage, ShownState, Status
from functions.api.row_models import RowPage, RowStatus
from functions.api.services import Built

# Of a page: Lambda allows responses of 6 MB, and a character may take two bytes or more.
MAX_CHARACTERS = 2_500_000
LOOKED_AT = 20_000  # rows for a page in some states: about 0.15 s, however few of them there are
OF_STATES = "Only rows in these states. A page may then have fewer than `limit`, or none, and not be the last"

router = APIRouter(prefix="/jobs", dependencies=[ONLY_KNOWN])

Cursor = Annotated[str | None, Query(description="`next` of the previous page; empty: the first page")]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("", responses=documented_problems(401, OptionError))
def list_jobs(
    calling: Calling,
    built: Built,
    state: Annotated[list[ShownState] | None, Query(description="Only jobs in these states")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobPage:
    """List the jobs, newest first."""
    states = frozenset(known for known in JobState if state is None or known.shown in state)
    jobs = built.job_list.page(calling.owner, states, cursors.read_job(cursor), limit)
    following = cursors.after_job(jobs[-1]) if len(jobs) == limit else None
    return JobPage(jobs=[Status.of(job) for job in jobs], next=following)


@router.get("/{request_id}/rows", responses=documented_problems(401, 404, 410, OptionError))
def list_rows(
    job: Own,
    built: Built,
    state: Annotated[list[RowState] | None, Query(description=OF_STATES)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RowPage:
    """List the rows of a job and their images, in the order of its CSV."""
    after, most = cursors.read_row(cursor), LOOKED_AT if state else None
    found = built.rows.page(job.id, frozenset(state or ()), after, limit, most)
    rows = list(_that_fit(RowStatus.of(row, job) for row in found))
    is_full = len(rows) < len(found) or len(found) == limit
    last = found[len(rows) - 1].number if is_full else after + LOOKED_AT
    has_more = is_full or (state and last < job.rows - 1)
    following = cursors.after_row(last) if has_more else None
    return RowPage(rows=rows, product=columns.product(job.header), next=following)


def _that_fit(rows: Iterable[RowStatus]) -> Iterator[RowStatus]:
    """Yield the first rows, at least one, whose JSON fits into a function's response."""
    size = 0
    for number, row in enumerate(rows):
        size += len(row.model_dump_json())
        if number and size > MAX_CHARACTERS:
            return
        yield row


@router.post(
    "/{request_id}/cancel", status_code=202, responses=documented_problems(401, 404, JobEndedError, 410, 413)
)
def cancel(job: Own, built: Built) -> Status:
    """Cancel a job; images in progress finish, and the result has the images that are done."""
    return Status.of(built.cancel_job(job.id))


@router.post(
    "/{request_id}/retry",
    status_code=202,
    responses=documented_problems(401, 404, JobNotFinishedError, NoResultError, 410, 413, 429)
    | {202: documented_header("Location", "Path of the job's status")},
)
def retry(job: Own, calling: Calling, response: Response, built: Built) -> Status:
    """Retry the failed images of a job that has ended, and only these; a new result replaces the old one."""
    response.headers["Location"] = f"/status/{job.id}"
    return Status.of(built.retry_job(job.id, calling.limits))


@router.delete("/{request_id}", status_code=204, responses=documented_problems(401, 404, 410))
def delete(job: Own, built: Built) -> None:
    """Delete a job; its rows, images and results are removed in the background."""
    built.delete_job(job.id)


@router.post(
    "/{request_id}/webhook/redeliver",
    status_code=202,
    responses=documented_problems(
        *(401, 404, 410, 413), NoWebhookError, JobNotFinishedError, RedeliveryError
    ),
)
def redeliver(job: Own, built: Built) -> Status:
    """Deliver the webhook of a job that has ended again, with the same webhook-id."""
    return Status.of(built.redeliver_webhook(job.id))
