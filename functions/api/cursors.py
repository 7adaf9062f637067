"""Cursors: where the next page begins, as text that means nothing to clients."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from catalight.domain.errors import OptionError
from catalight.domain.job.job import Job


def after_job(job: Job) -> str:
    """The page of the jobs after this one."""
    return _encoded([job.created_at.isoformat(), job.id])


def read_job(cursor: str | None) -> tuple[datetime, str] | None:
    """What `after_job` wrote, if anything: a creation time and an id; raise OptionError for anything else."""
    if not cursor:
        return None
    try:
        created_at, job_id = _decoded(cursor)
        str(job_id).encode()
        return datetime.fromisoformat(created_at).astimezone(UTC), str(job_id)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _unknown(cursor) from error


def after_row(number: int) -> str:
    """The page of the rows after this one, counted from 0."""
    return _encoded(number)


def read_row(cursor: str | None) -> int:
    """What `after_row` wrote, or -1 for the first page; raise OptionError for anything else."""
    if not cursor:
        return -1
    try:
        number = _decoded(cursor)
    except (ValueError, RecursionError) as error:
        raise _unknown(cursor) from error
    if not isinstance(number, int):
        raise _unknown(cursor)
    return number


def _encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _decoded(cursor: str) -> Any:
    return json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def _unknown(cursor: str) -> OptionError:
    return OptionError("cursor", cursor[:40], "what `next` of the page before says")
