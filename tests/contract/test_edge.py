"""HEAD, hosts and presigned URLs where they matter: on the whole system, over HTTP."""

import http.client
from urllib.parse import urlsplit

import pytest
import requests

from local.client import Client
from local.runner.system import System
from tests.contract.known import Known, ended_job

TIMEOUT = 10


def test_a_head_leads_to_what_can_be_asked_by_head(there: Known, system: System) -> None:
    client = Client(system.url)
    client.http.headers.update(there.headers)
    request_id = ended_job(client, f"{there.images}/1.jpg")
    for link in (there.image, f"{system.url}/download/{request_id}"):
        first = requests.head(link, headers=there.headers, timeout=TIMEOUT)
        assert (first.status_code, first.content) == (307, b"")
        followed = requests.head(first.headers["Location"], timeout=TIMEOUT)
        assert followed.status_code == 200
        got = requests.get(link, headers=there.headers, timeout=TIMEOUT)
        assert int(followed.headers["Content-Length"]) == len(got.content) > 0
        assert followed.headers["Content-Type"] == got.headers["Content-Type"]


def test_links_are_presigned_in_the_way_that_every_bucket_takes(there: Known) -> None:
    location = requests.get(there.image, timeout=TIMEOUT, allow_redirects=False).headers["Location"]
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in location


@pytest.mark.parametrize(
    "host", ["rebound.test", "rebound.test:80", "127.0.0.1.rebound.test", "localhost@evil.test"]
)
def test_a_page_that_points_its_name_at_this_machine_is_not_served(system: System, host: str) -> None:
    answer = requests.get(f"{system.url}/jobs", headers={"Host": host}, timeout=TIMEOUT)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_links_are_made_of_the_host_that_was_asked(system: System, there: Known) -> None:
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.test", "Forwarded": "host=evil.test"}
    answer = requests.get(f"{system.url}/", headers=forged, timeout=TIMEOUT)
    assert "Strict-Transport-Security" not in answer.headers
    assert there.image.startswith(system.url)


def test_a_head_has_no_bytes_after_its_headers(system: System) -> None:
    connection = http.client.HTTPConnection(urlsplit(system.url).netloc, timeout=TIMEOUT)
    for _ in range(2):  # on one connection: what is sent too much would be taken for the next answer
        connection.request("HEAD", "/openapi.json")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
    connection.close()
