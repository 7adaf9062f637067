"""How long a job is kept: the form field of /upload, and the route that keeps a job for longer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query

from catalight.domain.errors import OptionError
from functions.api.callers import Own
from functions.api.documented import documented_problems
from functions.api.fields import ONLY_KNOWN
from functions.api.models import Status
from functions.api.services import Built

KEEP_DAYS = (
    "Days for which the job, its images and its result are kept, from the start of a run; at most as many as "
    "the deployment allows, by default 90; without it, the deployment's own number, by default 30"
)
DAYS = "Days from now on"
SHORTEN = "Whether the job may be deleted earlier than it would have been"

router = APIRouter(prefix="/jobs", dependencies=[ONLY_KNOWN])


def _keep_days(
    built: Built, keep_days: Annotated[int | None, Form(ge=1, description=KEEP_DAYS)] = None
) -> int | None:
    """Return for how many days the job is kept. Raise OptionError if that is too long."""
    if keep_days is not None:
        built.retention.check_days("keep_days", keep_days)
    return keep_days


FormKeepDays = Annotated[int | None, Depends(_keep_days)]
"""The type of a parameter that receives what the form says of the time for which a job is kept."""


@router.post("/{request_id}/extend", responses=documented_problems(401, 404, 410, 413, OptionError))
def extend(
    job: Own,
    built: Built,
    days: Annotated[int, Query(ge=1, description=DAYS)],
    shorten: Annotated[bool, Query(description=SHORTEN)] = False,
) -> Status:
    """Keep a job, its images and its result for longer; `expires_at` says until when."""
    return Status.of(built.extend_job(job.id, days, shorten=shorten))
