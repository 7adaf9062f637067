"""Each request to the local API has an id, and a line in its log without secrets."""

import json

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient

from catalight.adapters.logging import logs
from local.runner.api import RequestLog

JOB = "5f0c1f0e-33a1-5d7a-9d3f-0b8c9a1c2d3e"

inner, included = FastAPI(), APIRouter()


@included.get("/status/{request_id}")
def status(request_id: str) -> str:
    logs.logger().warning("seen")
    return request_id


@inner.get("/images/{token}/{name}")
def image(token: str, name: str) -> str:
    raise KeyError(token + name)


inner.include_router(included)
client = TestClient(RequestLog(inner), raise_server_exceptions=False)


def test_the_id_of_the_answer_is_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    answer = client.get(f"/status/{JOB}?key=CANARY", headers={"X-Request-Id": "CANARY"})
    [line] = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"request"' in line]
    assert line["http_request_id"] == answer.headers["X-Request-Id"]
    assert line["request"] | {"ms": 0} == {"method": "GET", "path": f"/status/{JOB}", "status": 200, "ms": 0}
    assert client.get(f"/status/{JOB}").headers["X-Request-Id"] != line["http_request_id"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [("/images/CANARY/CANARY.jpg", "/images/…/…"), ("/CANARY", "/…"), ("/status/CANARY", "/status/…")],
)
def test_what_a_stranger_wrote_and_links_of_images_are_not_logged(
    path: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get(path)
    client.request("CANARY", path)
    out = capsys.readouterr().out
    [line, *_] = [json.loads(line) for line in out.splitlines() if '"request"' in line]
    assert line["request"]["path"] == shown
    assert "CANARY" not in out.replace('"method": "CANARY"', "")
