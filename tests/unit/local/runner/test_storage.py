"""What links to the local storage become for callers on other machines, and what they open."""

import json
import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from local.hosts.http_server import Handler, Server, serving
from local.runner.storage import Storage

KEY = "uploads/0b7e6c1e-5a0f-4f0c-9f5e-3f1f0a6d2b11"
NAME = "r%C3%BC.csv?X-Amz-Expires=9&response-content-disposition=a%3B%20b"


class _Bucket(Handler):
    def do_GET(self) -> None:
        self.answer(206 if self.headers["Range"] else 200, self.path.encode(), etag='"1"')

    def do_POST(self) -> None:
        self.answer(200, self.rfile.read(int(self.headers["Content-Length"])))


@pytest.fixture
def bucket() -> Iterator[Server]:
    with serving(server := Server(("127.0.0.1", 0), _Bucket)):
        yield server


@pytest.fixture
def client(bucket: Server) -> Iterator[TestClient]:
    link = f"{bucket.url}/bucket/{NAME}"

    def answer(request: Request) -> JSONResponse:
        return JSONResponse({"url": link, "text": "ü"})

    def form(request: Request) -> JSONResponse:
        return JSONResponse({"upload": {"url": f"{bucket.url}/bucket", "fields": {"key": KEY}}})

    def redirect(request: Request) -> RedirectResponse:
        return RedirectResponse(link, 307)

    routes = [
        *(Route("/download/1", answer), Route("/jobs/1/rows", answer)),
        *(Route("/images/1", redirect), Route("/uploads", form, methods=["POST"])),
    ]
    with TestClient(Storage(Starlette(routes=routes), bucket.url), "http://10.0.0.7:8000") as client:
        yield client


def test_links_lead_to_the_host_of_the_request_and_open_what_they_led_to(client: TestClient) -> None:
    body = client.get("/download/1").json()
    location = client.get("/images/1", follow_redirects=False).headers["Location"]
    assert body == {"url": location, "text": "ü"}
    assert location.startswith(f"http://10.0.0.7:8000/storage/bucket/{NAME}&")
    found = client.get(location, headers={"Range": "bytes=0-9"})
    assert (found.status_code, found.text, found.headers["ETag"]) == (206, f"/bucket/{NAME}", '"1"')


def test_only_links_that_were_handed_out_open_anything(client: TestClient, bucket: Server) -> None:
    link = client.get("/download/1").json()["url"]
    for forged in (
        link.replace("r%C3", "s%C3"),
        link.replace("Expires=9", "Expires=8"),
        re.sub("signature=.*", "signature=", link),
        "http://10.0.0.7:8000/storage/bucket",
    ):
        assert client.get(forged).status_code == 403
    assert client.get("/jobs/1/rows").json()["url"] == f"{bucket.url}/bucket/{NAME}", "a caller's own text"


def test_a_form_is_for_its_own_key(client: TestClient) -> None:
    url = client.post("/uploads").json()["upload"]["url"]
    file = {"file": b"x" * 200_000}
    sent = client.post(url, data={"key": KEY}, files=file)
    assert sent.status_code == 200
    assert file["file"] in sent.content
    for other in ({"key": "results/1"}, {"policy": json.dumps({"key": KEY})}):
        assert client.post(url, data=other, files=file).status_code == 403
    assert client.get(url).status_code == 403
