"""Who calls, and which jobs are theirs: what every route below a key depends on."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from catalight.domain.api_keys import NOBODY, Limits
from catalight.domain.job.job import Job
from functions.api.services import Built

bearer = HTTPBearer(auto_error=False, description="An API key, where the deployment asks for one")


@dataclass(frozen=True, slots=True)
class Caller:
    """The owner of the jobs that a request may touch, and what it may ask for."""

    owner: str
    limits: Limits | None


EVERYONE = Caller(NOBODY, None)  # where callers are not told apart


def caller(built: Built, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Caller:
    """Know the caller; raise UnauthorizedError where a key is asked for and none that stands was given."""
    if built.authenticate is None:
        return EVERYONE
    key = built.authenticate(given.credentials if given else None)
    return Caller(key.id, key.limits)


Calling = Annotated[Caller, Depends(caller)]
"""What a route declares to know its caller."""


def own_job(request_id: str, calling: Calling, built: Built) -> Job:
    """Find the job of a request; raise JobNotFoundError for another caller's too."""
    return built.own_job(calling.owner, request_id)


Own = Annotated[Job, Depends(own_job)]
"""What a route declares to be given the job that its path names."""
