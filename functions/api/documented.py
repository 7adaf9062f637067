"""The parts of the OpenAPI description that FastAPI cannot derive from the routes."""

from http import HTTPStatus
from typing import Any

from functions.api.models import Problem


def documented_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of a route's errors: these statuses, 422 and 503."""
    # 422 replaces the entry of FastAPI's own validation error, which this API never sends.
    return _problems(*statuses, 422, 503)


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of errors; each is application/problem+json."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"content": content, "description": HTTPStatus(status).phrase} for status in statuses}


EVERYWHERE = _problems(400, 403)
"""The errors that any route may return."""


def documented_header(name: str, text: str) -> dict[str, Any]:
    """Return the OpenAPI entry of a response header."""
    return {"headers": {name: {"description": text, "schema": {"type": "string"}}}}


JOB_OPERATIONS = (
    "job",
    "status",
    "download",
    "list_rows",
    "cancel",
    "retry",
    "delete",
    "extend",
    "redeliver",
)
_OF_UPLOADS = ("upload_status", "confirm_upload")
"""The operation ids (route names) of the operations on a job."""


def documented_links(*, of_upload: bool = False) -> dict[str, Any]:
    """Return the OpenAPI links from a response with a `request_id` to the operations on that job."""
    parameters = {"request_id": "$response.body#/request_id"}
    names = (*JOB_OPERATIONS, *_OF_UPLOADS) if of_upload else JOB_OPERATIONS
    return {"links": {name: {"operationId": name, "parameters": parameters} for name in names}}


def documented_part(name: str, content_type: str) -> dict[str, Any]:
    """Return the OpenAPI entry of the content type of a form part."""
    encoding = {name: {"contentType": content_type}}
    return {"requestBody": {"content": {"multipart/form-data": {"encoding": encoding}}, "required": True}}


EXACTLY_ONE = {"Body_upload": ("file", "file_url")}
"""Fields of which a form has exactly one."""


def corrected(document: dict[str, Any]) -> dict[str, Any]:
    """Correct the OpenAPI description in place: add HEAD, remove null from parameters and form fields.

    Forms take no other fields.
    """
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                _without_null(parameter["schema"])
        if "get" in path:
            path["head"] = _head(path["get"])
    document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Body_"):
            schema["additionalProperties"] = False
            if fields := EXACTLY_ONE.get(name):
                schema["oneOf"] = [{"required": [field]} for field in fields]
            for field in schema["properties"].values():
                _without_null(field)
    return document


def without_authentication(document: dict[str, Any]) -> dict[str, Any]:
    """Remove API keys and 401 from the OpenAPI description, in place, for a deployment that needs no keys."""
    for path in document["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
            operation["responses"].pop("401", None)
    document["components"].pop("securitySchemes", None)
    return document


def _without_null(schema: dict[str, Any]) -> None:
    """Remove null from a schema: parameters and form fields are text, so null cannot be sent."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0]


def _head(get: dict[str, Any]) -> dict[str, Any]:
    """Return the HEAD operation that belongs to the GET operation `get`."""
    responses = {
        status: {key: value for key, value in answer.items() if key != "content"}
        for status, answer in get["responses"].items()
    }
    names = {"summary": f"{get['summary']}: headers only", "operationId": f"{get['operationId']}_head"}
    return get | names | {"responses": responses}
