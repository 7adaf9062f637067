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


FORM = "multipart/form-data; boundary=b"


class _Bucket(Handler):
    def do_GET(self) -> None:
        self.answer(206 if self.headers["Range"] else 200, self.path.encode(), etag='"1"')

    def do_DELETE(self) -> None:
        self.answer(204, b"")

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

    def own_text(request: Request) -> JSONResponse:
        return JSONResponse({"file_name": f"{bucket.url}/moto-api/data.json", "upload": {"state": "READING"}})

    routes = [
        *(Route("/download/1", answer), Route("/jobs/1/rows", answer)),
        *(Route("/images/1", redirect), Route("/uploads", form, methods=["POST"])),
    ]
    routes.append(Route("/uploads/1", own_text))
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


def test_texts_of_callers_are_not_signed(client: TestClient, bucket: Server) -> None:
    answer = client.get("/uploads/1").json()
    assert answer == {"file_name": f"{bucket.url}/moto-api/data.json", "upload": {"state": "READING"}}


def test_a_link_can_only_be_read(client: TestClient) -> None:
    link = client.get("/download/1").json()["url"]
    assert client.delete(link).status_code == 405
    assert client.put(link, content=b"other").status_code == 405
    assert client.post(link, files={"file": b"x"}).status_code == 403
    assert client.get(f"{link}\u00e9").status_code == 403


def test_what_is_stored_is_no_page_of_the_api(client: TestClient) -> None:
    found = client.get(client.get("/download/1").json()["url"])
    assert client.head("/download/1").status_code == 200
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert found.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("content_type", "before"),
    [
        (FORM, "--b\r\nContent-Disposition: form-data; name=key\r\n\r\nresults/1\r\n"),
        (FORM, '--b\r\ncontent-disposition:form-data;name="key"\r\n\r\nresults/1\r\n'),
        (FORM, '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nresults/1\r\n'),
        (FORM, '--b\r\nContent-Disposition: form-data; name="key"; filename="f"\r\n\r\nresults/1\r\n'),
        ("application/x-www-form-urlencoded", "key=results/1&file=x&a="),
        (
            f"{FORM}; boundary*=utf-8''c",
            "--c\r\nContent-Disposition: form-data; name=key\r\n\r\nresults/1\r\n",
        ),
    ],
)
def test_the_key_of_a_form_is_the_one_that_the_storage_finds(
    client: TestClient, content_type: str, before: str
) -> None:
    url = client.post("/uploads").json()["upload"]["url"]
    own = f'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n{KEY}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    assert client.post(url, content=f"{own}{file}", headers={"Content-Type": FORM}).status_code == 200
    forged = client.post(url, content=f"{before}{own}{file}", headers={"Content-Type": content_type})
    assert forged.status_code == 403
