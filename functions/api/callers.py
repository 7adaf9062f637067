"""Dependencies of the routes that need an API key: the caller, and the job that the path names."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from catalight.domain.api_keys import NO_OWNER, Limits
from catalight.domain.job.job import Job
from functions.api.services import Built

bearer = HTTPBearer(auto_error=False, description="An API key, if the deployment requires one")


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of the jobs that a request may access, and the owner's limits (None: no limits)."""

    owner: str
    limits: Limits | None


EVERYONE = Caller(NO_OWNER, None)  # if no keys are required, all callers share one owner


def caller(built: Built, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Caller:
    """Return the caller; raise UnauthorizedError if a key is required and no valid one was given."""
    if built.authenticate is None:
        return EVERYONE
    key = built.authenticate(given.credentials if given else None)
    return Caller(key.id, key.limits)


Calling = Annotated[Caller, Depends(caller)]
"""The type of a route parameter that receives the caller."""


def own_job(request_id: str, calling: Calling, built: Built) -> Job:
    """Return the job that the path names; raise JobNotFoundError also if it belongs to another caller."""
    return built.own_job(calling.owner, request_id)


Own = Annotated[Job, Depends(own_job)]
"""The type of a route parameter that receives the job named in the path."""
