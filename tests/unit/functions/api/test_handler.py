"""The API behind API Gateway, with the sample events of `events/`."""

import asyncio
import base64
import gzip
import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from functions.api import docs
from tests.pipeline import Pipeline

EVENTS = Path(__file__).parents[4] / "events"
DOMAIN = "example.execute-api.us-east-1.amazonaws.com"


def event(name: str, method: str = "", **headers: str) -> dict[str, Any]:
    sent: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    sent["headers"] |= {key.replace("_", "-"): value for key, value in headers.items()}
    sent["requestContext"]["http"]["method"] = method or sent["requestContext"]["http"]["method"]
    return sent


type Invoke = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def invoke(client: TestClient) -> Iterator[Invoke]:
    """Mangum with the app of `client`; it needs the thread's event loop, even when it is imported."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asgi = import_module("functions.api.handler").asgi
    yield lambda sent: asgi(sent, None)
    asyncio.set_event_loop(None)
    loop.close()


def test_links_use_the_gateways_own_host(invoke: Invoke, pipeline: Pipeline) -> None:
    answer = invoke(event("api-upload", x_forwarded_host="evil.test", forwarded="host=evil.test"))
    assert answer["statusCode"] == 202
    assert pipeline.jobs.get(json.loads(answer["body"])["request_id"]).api_base == f"https://{DOMAIN}"


@pytest.mark.parametrize("forged", [{"host": f"{DOMAIN},evil.test"}, {"x_forwarded_proto": "gopher"}])
def test_forged_hosts_and_protocols_are_refused(invoke: Invoke, forged: dict[str, str]) -> None:
    answer = invoke(event("api-upload", **forged))
    assert (answer["statusCode"], answer["headers"]["content-type"]) == (400, "application/problem+json")


def test_a_head_answer_has_no_body(invoke: Invoke) -> None:
    get, head = invoke(event("api-welcome")), invoke(event("api-welcome", "HEAD"))
    assert (get["statusCode"], head["statusCode"]) == (200, 200)
    assert get["body"]
    assert not head["body"]
    assert head["headers"] == get["headers"]


def test_answers_have_an_hsts_header(invoke: Invoke) -> None:
    assert "max-age" in invoke(event("api-welcome"))["headers"]["strict-transport-security"]


@pytest.mark.parametrize("name", ["Gr%C3%B6%C3%9Fe-%E9%9E%8B.jpg", "Größe-鞋.jpg"])
def test_a_link_with_unicode_letters_is_found(invoke: Invoke, pipeline: Pipeline, name: str) -> None:
    """The gateway decodes the path (https://github.com/middleapi/standard-server/pull/93)."""
    token = "t" * 22
    pipeline.store.put(f"images/{token}/Größe-鞋.jpg", b"", "image/jpeg")
    sent = event("api-status")
    sent["rawPath"] = sent["requestContext"]["http"]["path"] = f"/images/{token}/{name}"
    assert invoke(sent)["statusCode"] == 307


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
@pytest.mark.parametrize("name", docs.SWAGGER_UI)
def test_swagger_ui_fits_into_an_answer_of_lambda(invoke: Invoke, name: str, accepted: str) -> None:
    """Into 6 MB as JSON: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
    sent = event("api-status", accept_encoding=accepted)
    sent["rawPath"] = sent["requestContext"]["http"]["path"] = f"/docs/{docs.FILES.version}/{name}"
    answer = invoke(sent)
    packed = accepted == "gzip"
    assert len(json.dumps(answer)) < (700_000 if packed else 6_000_000)
    assert answer["headers"].get("content-encoding") == ("gzip" if packed else None)
    assert answer["headers"]["vary"] == "Accept-Encoding"
    body = answer["body"]
    got = gzip.decompress(base64.b64decode(body)) if answer["isBase64Encoded"] else body.encode()
    assert got == docs.FILES.files[name]
