"""HEAD, Host headers and presigned URLs on the whole system, over HTTP."""

import http.client
from urllib.parse import urlsplit

import pytest
import requests

from local.client import Client
from local.runner.system import System
from tests.contract.resources import Resources, ended_job

TIMEOUT = 10


def test_head_redirects_to_a_url_that_allows_head(resources: Resources, system: System) -> None:
    client = Client(system.url)
    client.http.headers.update(resources.headers)
    request_id = ended_job(client, f"{resources.images}/1.jpg")
    for link in (resources.image, f"{system.url}/download/{request_id}"):
        first = requests.head(link, headers=resources.headers, timeout=TIMEOUT)
        assert (first.status_code, first.content) == (307, b"")
        followed = requests.head(first.headers["Location"], timeout=TIMEOUT)
        assert followed.status_code == 200
        got = requests.get(link, headers=resources.headers, timeout=TIMEOUT)
        assert int(followed.headers["Content-Length"]) == len(got.content) > 0
        assert followed.headers["Content-Type"] == got.headers["Content-Type"]


def test_links_are_presigned_with_signature_version_4(resources: Resources) -> None:
    location = requests.get(resources.image, timeout=TIMEOUT, allow_redirects=False).headers["Location"]
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in location


@pytest.mark.parametrize(
    "host", ["rebound.test", "rebound.test:80", "127.0.0.1.rebound.test", "localhost@evil.test"]
)
def test_dns_rebinding_to_this_machine_is_refused(system: System, host: str) -> None:
    answer = requests.get(f"{system.url}/jobs", headers={"Host": host}, timeout=TIMEOUT)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_links_have_the_host_of_the_request(system: System, resources: Resources) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}
    answer = requests.get(f"{system.url}/", headers=forged, timeout=TIMEOUT)
    assert "Strict-Transport-Security" not in answer.headers
    assert resources.image.startswith(system.url)


def test_a_head_response_has_no_body(system: System) -> None:
    connection = http.client.HTTPConnection(urlsplit(system.url).netloc, timeout=TIMEOUT)
    for _ in range(2):  # on one connection: extra bytes would be read as the next response
        connection.request("HEAD", "/openapi.json")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
    connection.close()
