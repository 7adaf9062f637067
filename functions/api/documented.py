"""What the API's description says of answers that FastAPI cannot know of."""

from http import HTTPStatus
from typing import Any

from functions.api.models import Problem


def documented_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route; each is application/problem+json."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    # 422 takes the place of FastAPI's own, which this API never sends.
    described = (*statuses, 422, 503)
    return {status: {"content": content, "description": HTTPStatus(status).phrase} for status in described}


def documented_header(name: str, text: str) -> dict[str, Any]:
    """Document a header of an answer."""
    return {"headers": {name: {"description": text, "schema": {"type": "string"}}}}
