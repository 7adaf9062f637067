"""The API's description is the committed one, and breaks no client of the last release."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from catalight.domain.errors import UnavailableError
from functions.api import problem_examples
from functions.api.problem_answers import CATALIGHT_ERRORS
from local.openapi import PAGE, document
from tests.openapi_changes import breaking_changes

RELEASES = sorted((Path(__file__).parents[4] / "tests/past").glob("*/openapi.json"))

type Document = dict[str, Any]


def test_the_committed_description_is_the_apis() -> None:
    assert PAGE.read_text() == document(), "run `make openapi` and commit docs/openapi.json"


@pytest.mark.parametrize("released", RELEASES, ids=lambda path: path.parent.name)
def test_no_client_of_a_release_breaks(released: Path) -> None:
    assert breaking_changes(json.loads(released.read_text()), json.loads(document())) == []


def test_the_example_of_each_error_is_that_error() -> None:
    operations = [one for path in json.loads(document())["paths"].values() for one in path.values()]
    errors = [
        (int(status), name, shown["value"])
        for operation in operations
        for status, answer in operation["responses"].items()
        if status >= "400" and "content" in answer
        for name, shown in answer["content"]["application/problem+json"]["examples"].items()
    ]
    assert all(value["status"] == status for status, _, value in errors)
    assert all(value["type"] == f"urn:catalight:problem:{name}" for _, name, value in errors)
    assert {name for _, name, _ in errors} >= {"catalogue", "redelivery", "limit", "image-not-found"}
    kinds = {type(error) for error in problem_examples._ERRORS} | {UnavailableError}
    assert kinds == set(CATALIGHT_ERRORS)


def field_of(schema: str, name: str) -> Callable[[Document], Any]:
    return lambda api: api["components"]["schemas"][schema]["properties"][name]


def drop(*path: str) -> Callable[[Document], None]:
    def change(api: Document) -> None:
        node: Any = api
        for part in path[:-1]:
            node = node[part]
        del node[path[-1]]

    return change


def require_a_field(api: Document) -> None:
    form = api["components"]["schemas"]["Body_upload"]
    form["properties"]["preset"] = {"type": "string"}
    form.setdefault("required", []).append("preset")


def require_a_parameter(api: Document) -> None:
    parameter = {"name": "tenant", "in": "query", "required": True, "schema": {"type": "string"}}
    api["paths"]["/jobs"]["get"]["parameters"].append(parameter)


def require_what_was_optional(api: Document) -> None:
    parameters = {one["name"]: one for one in api["paths"]["/upload"]["post"]["parameters"]}
    parameters["idempotency-key"]["required"] = True


def drop_the_parameters(api: Document) -> None:
    api["paths"]["/jobs"]["get"]["parameters"] = []


def drop_a_format(api: Document) -> None:
    api["components"]["schemas"]["Target"]["enum"].remove("avif")


def lower_a_limit(api: Document) -> None:
    field_of("Body_upload", "max_width")(api)["maximum"] = 100


def raise_a_minimum(api: Document) -> None:
    field_of("Body_upload", "quality")(api)["oneOf"][0]["minimum"] = 10


def make_nullable(api: Document) -> None:
    field_of("Accepted", "rows")(api).update(type=["integer", "null"])


def make_optional(api: Document) -> None:
    api["components"]["schemas"]["Status"]["required"].remove("images")


def change_a_nested_type(api: Document) -> None:
    field_of("Images", "done")(api)["type"] = "string"


BREAKS: list[tuple[Callable[[Document], None], list[str]]] = [
    (drop("paths", "/status/{request_id}", "get"), ["GET /status/{request_id} is gone"]),
    (
        drop("paths", "/jobs/{request_id}"),
        [
            "DELETE /jobs/{request_id} is gone",
            "GET /jobs/{request_id} is gone",
            "HEAD /jobs/{request_id} is gone",
        ],
    ),
    (
        drop_the_parameters,
        [f"GET /jobs: the query parameter {name} is gone" for name in ("cursor", "limit", "state")],
    ),
    (
        drop("components", "schemas", "Body_upload", "properties", "strict"),
        ["POST /upload: body.strict is gone"],
    ),
    (
        drop("components", "schemas", "Links", "properties", "rows"),
        [
            "GET /jobs → 200.jobs[].links.rows is gone",
            "GET /jobs/{request_id} → 200.links.rows is gone",
            "GET /status/{request_id} → 200.links.rows is gone",
            "GET /uploads/{request_id} → 200.links.rows is gone",
            "POST /jobs/{request_id}/cancel → 202.links.rows is gone",
            "POST /jobs/{request_id}/extend → 200.links.rows is gone",
            "POST /jobs/{request_id}/retry → 202.links.rows is gone",
            "POST /jobs/{request_id}/webhook/redeliver → 202.links.rows is gone",
            "POST /upload → 202.links.rows is gone",
            "POST /uploads → 201.links.rows is gone",
            "POST /uploads/{request_id}/confirm → 202.links.rows is gone",
        ],
    ),
    (
        drop("paths", "/upload", "post", "responses", "202", "headers", "Location"),
        ["POST /upload → 202: the header Location is gone"],
    ),
    (drop("paths", "/upload", "post", "responses", "202"), ["POST /upload → 202 is gone"]),
    (
        drop("paths", "/upload", "post", "requestBody", "content", "multipart/form-data"),
        ["POST /upload: multipart/form-data is no longer accepted"],
    ),
    (require_a_field, ["POST /upload: body.preset is newly required"]),
    (require_a_parameter, ["GET /jobs: the query parameter tenant is newly required"]),
    (
        require_what_was_optional,
        ["POST /upload: the header parameter idempotency-key is newly required"],
    ),
    (
        drop_a_format,
        [
            f"POST {path}: body.format: 'avif' is no longer accepted"
            for path in ("/preview", "/upload", "/uploads", "/uploads")
        ],
    ),
    (lower_a_limit, ["POST /upload: body.max_width: maximum is lower"]),
    (raise_a_minimum, ["POST /upload: body.quality: minimum is higher"]),
    (make_nullable, ["POST /upload → 202.rows may newly be null"]),
]


@pytest.mark.parametrize(("change", "found"), BREAKS, ids=[breaks[1][0] for breaks in BREAKS])
def test_what_breaks_a_client_is_found(change: Callable[[Document], None], found: list[str]) -> None:
    old = json.loads(document())
    new = deepcopy(old)
    change(new)
    assert breaking_changes(old, new) == found
    assert breaking_changes(old, old) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (make_optional, "GET /status/{request_id} → 200.images may newly be missing"),
        (change_a_nested_type, "GET /status/{request_id} → 200.images.done may newly be string"),
    ],
    ids=["missing", "type"],
)
def test_an_answer_must_stay_as_reliable(change: Callable[[Document], None], found: str) -> None:
    old = json.loads(document())
    new = deepcopy(old)
    change(new)
    assert found in breaking_changes(old, new)


def test_what_is_added_breaks_nobody() -> None:
    old = json.loads(document())
    new = deepcopy(old)
    new["paths"]["/others"] = new["paths"]["/upload"]
    new["components"]["schemas"]["Status"]["properties"]["priority"] = {"type": "integer"}
    new["components"]["schemas"]["Body_upload"]["properties"]["sheet"] = {"type": "string"}
    new["components"]["schemas"]["Target"]["enum"].append("jxl")
    field_of("Body_upload", "max_width")(new)["maximum"] = 65_535
    assert breaking_changes(old, new) == []
