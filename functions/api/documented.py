"""What the API's description says of answers that FastAPI cannot know of."""

from http import HTTPStatus
from typing import Any

from functions.api.models import Problem


def documented_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the errors of a route that does something."""
    # 422 takes the place of FastAPI's own, which this API never sends.
    return _problems(*statuses, 422, 503)


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe errors; each is application/problem+json."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"content": content, "description": HTTPStatus(status).phrase} for status in statuses}


EVERYWHERE = _problems(400, 403)
"""The errors that any route may answer."""


def documented_header(name: str, text: str) -> dict[str, Any]:
    """Document a header of an answer."""
    return {"headers": {name: {"description": text, "schema": {"type": "string"}}}}


def with_heads(document: dict[str, Any]) -> dict[str, Any]:
    """Add to the API's description, in place, the HEAD that each GET is answered to."""
    for path in document["paths"].values():
        if "get" in path:
            path["head"] = path["get"] | {
                "summary": f"{path['get']['summary']}: headers only",
                "operationId": f"{path['get']['operationId'].removesuffix('_get')}_head",
                "responses": {
                    status: {key: value for key, value in answer.items() if key != "content"}
                    for status, answer in path["get"]["responses"].items()
                },
            }
    return document
