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


FOLLOWING = ("status", "download", "list_rows", "cancel", "retry", "delete", "redeliver")
"""The operations on a job, by the names of their routes."""


def documented_links() -> dict[str, Any]:
    """Document where an answer that tells of a job leads to."""
    parameters = {"request_id": "$response.body#/request_id"}
    return {"links": {name: {"operationId": name, "parameters": parameters} for name in FOLLOWING}}


def documented_part(name: str, content_type: str) -> dict[str, Any]:
    """Document what a part of a form holds."""
    encoding = {name: {"contentType": content_type}}
    return {"requestBody": {"content": {"multipart/form-data": {"encoding": encoding}}}}


def whole(document: dict[str, Any]) -> dict[str, Any]:
    """Mend the API's description in place: what FastAPI leaves out, and what it says too much."""
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                _without_null(parameter["schema"])
        if "get" in path:
            path["head"] = _head(path["get"])
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Body_"):
            for field in schema["properties"].values():
                _without_null(field)
    return document


def without_keys(document: dict[str, Any]) -> dict[str, Any]:
    """Leave out of the description, in place, the keys that a deployment does not ask for."""
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
            operation["responses"].pop("401", None)
    document["components"].pop("securitySchemes", None)
    return document


def _without_null(schema: dict[str, Any]) -> None:
    """Parameters and fields of forms are text: what may be left out cannot be sent as null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0]


def _head(get: dict[str, Any]) -> dict[str, Any]:
    """What HEAD does where GET does `get`."""
    responses = {
        status: {key: value for key, value in answer.items() if key != "content"}
        for status, answer in get["responses"].items()
    }
    names = {"summary": f"{get['summary']}: headers only", "operationId": f"{get['operationId']}_head"}
    return get | names | {"responses": responses}
