"""Image links through CloudFront: the policies of the template, as the local runner applies them."""

from collections.abc import Iterator

import pytest
import requests

from local.client import TIMEOUT, Client, rows_of
from local.hosts.image_server import ImageServer
from local.runner.system import System
from tests.e2e.test_job import finish
from tests.integration.local.waiting import eventually
from tests.pipeline import csv_of

PARAMETERS = {
    "LinkDomain": "images.example.com",
    "LinkCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0-1",
    "BucketOrigins": "https://shop.example",
}


@pytest.fixture(scope="module")
def edge() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        with System(parameters=PARAMETERS) as system:
            yield system


def ask(url: str, method: str = "GET", **headers: str) -> requests.Response:
    return requests.request(method, url, timeout=TIMEOUT, allow_redirects=False, headers=headers)


def test_links_are_served_from_the_bucket_until_the_job_is_deleted(edge: System, images: ImageServer) -> None:
    client = Client(edge.url)
    job = client.upload(csv_of(f"{images.url}/9330.jpg"))["request_id"]
    finish(client, job)
    link = rows_of(client.download(job))[0]["Output Image Urls"]
    assert link.startswith(f"{edge.url}/images/")
    image = ask(link)
    assert (image.status_code, image.content[:3]) == (200, b"\xff\xd8\xff")
    assert image.headers["Content-Type"] == "image/jpeg"
    # Not the object's own year: a browser must not show for longer what was deleted.
    assert image.headers["Cache-Control"] == "public, max-age=600"
    assert image.headers["X-Content-Type-Options"] == "nosniff"
    assert image.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Access-Control-Allow-Origin" not in image.headers
    assert ask(f"{link}?v=2&response-content-type=text/html").headers["Content-Type"] == "image/jpeg"
    part = ask(link, Range="bytes=0-2")
    assert (part.status_code, part.content) == (206, b"\xff\xd8\xff")
    assert ask(link, "HEAD").headers["Content-Length"] == str(len(image.content))
    assert ask(link, Origin="https://shop.example").headers["Access-Control-Allow-Origin"] == (
        "https://shop.example"
    )
    assert "Access-Control-Allow-Origin" not in ask(link, Origin="https://other.example").headers
    assert [ask(link, method).status_code for method in ("PUT", "POST", "DELETE")] == [403, 403, 403]
    requests.delete(f"{client.url}/jobs/{job}", timeout=TIMEOUT).raise_for_status()
    eventually(lambda: ask(link).status_code == 403)


def test_nothing_but_images_is_reached(edge: System) -> None:
    unknown = "x" * 22
    assert ask(f"{edge.url}/images/{unknown}/x.jpg").status_code == 403
    assert ask(f"{edge.url}/images/?list-type=2").status_code == 403
    assert ask(f"{edge.url}/results/{unknown}/1.csv").status_code == 404
