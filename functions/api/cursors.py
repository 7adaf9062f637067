"""Cursors: the position at which the next page begins, as opaque text."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from catalight.domain.errors import OptionError
from catalight.domain.job.job import Job


def after_job(job: Job) -> str:
    """Return the cursor of the page that begins after this job."""
    return _encoded([job.created_at.isoformat(), job.id])


def read_job(cursor: str | None) -> tuple[datetime, str] | None:
    """Decode a cursor of `after_job`: creation time and id, or None for the first page.

    Raise OptionError if it is not such a cursor.
    """
    if not cursor:
        return None
    try:
        created_at, job_id = _decoded(cursor)
        str(job_id).encode()
        return datetime.fromisoformat(created_at).astimezone(UTC), str(job_id)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise _invalid(cursor) from error


def after_row(number: int) -> str:
    """Return the cursor of the page that begins after this row, counted from 0."""
    return _encoded(number)


def read_row(cursor: str | None) -> int:
    """Decode a cursor of `after_row`: the row's number, or -1 for the first page.

    Raise OptionError if it is not such a cursor.
    """
    if not cursor:
        return -1
    try:
        number = _decoded(cursor)
    except (ValueError, RecursionError) as error:
        raise _invalid(cursor) from error
    if not isinstance(number, int):
        raise _invalid(cursor)
    return number


def _encoded(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _decoded(cursor: str) -> Any:
    return json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def _invalid(cursor: str) -> OptionError:
    return OptionError("cursor", cursor[:40], "the value of `next` from the previous page")
