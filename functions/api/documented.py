"""The parts of the OpenAPI description that FastAPI cannot derive from the routes."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from catalight.domain.errors import CatalightError
from functions.api.models import Problem
from functions.api.problem_examples import BY_KIND, BY_STATUS, examples


def documented_problems(*found: int | type[CatalightError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of a route's errors, each with its examples: 422, 503 and these.

    A status stands for the problem with which any route answers it.
    """
    # 422 replaces the entry of FastAPI's own validation error, which this API never sends.
    return _problems(*found, 422, 503)


def _problems(*found: int | type[CatalightError]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of errors; each is application/problem+json."""
    shown = [BY_STATUS[one] if isinstance(one, int) else BY_KIND[one] for one in found]
    return {status: _problem(one for one in shown if one["status"] == status) for status in _statuses(shown)}


def _statuses(shown: Iterable[Mapping[str, Any]]) -> list[int]:
    return list(dict.fromkeys(one["status"] for one in shown))


def _problem(shown: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found = examples(shown)
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": found}
    phrase = HTTPStatus(next(iter(found.values()))["value"]["status"]).phrase
    return {"content": {"application/problem+json": content}, "description": phrase}


EVERYWHERE = _problems(400, 403)
"""The errors that any route may return."""

HEADERS_ONLY = "Headers only"  # the group of all HEAD requests


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


JSON_TOO = {("/uploads", "post"): "application/x-www-form-urlencoded"}
"""Operations that take the fields of their form as JSON too, see JsonForm."""

JSON_EXAMPLE = {"size": 31_457_280, "upload_name": "products.csv"}


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
    for (name, method), form in JSON_TOO.items():
        content = document["paths"][name][method]["requestBody"]["content"]
        content["application/json"] = content[form] | {"example": JSON_EXAMPLE}
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
    return get | names | {"tags": [HEADERS_ONLY], "responses": responses}
