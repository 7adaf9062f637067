"""Big uploads on the whole local system: the file goes straight to S3, whose event starts its reading."""

import gzip
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests
import xlsxwriter
from pymongo import MongoClient

from catalight.domain.job.upload import COPIES
from catalight.usecases.uploads.unpack import PART
from local.client import TIMEOUT, Client
from local.hosts.image_server import ImageServer
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.system import System
from tests.e2e.test_job import finish
from tests.integration.local.waiting import eventually

ROWS = 20_000
HEADER = ("Serial Number", "Product Name", "Input Image Urls")


def rows(images: ImageServer, number: int, more: str = "") -> list[tuple[str, str, str]]:
    """Rows that share a few images, so that they cost little."""
    return [(str(n), f'Tea "{n}"{more}', f"{images.url}/{970 + n % 3}.jpg") for n in range(number)]


def csv(images: ImageServer, number: int = ROWS, more: str = "") -> bytes:
    lines = [
        '{},"{}",{}'.format(serial, name.replace('"', '""'), url)
        for serial, name, url in rows(images, number, more)
    ]
    return "\r\n".join([",".join(HEADER), *lines, ""]).encode()


def packed(images: ImageServer, number: int) -> bytes:
    """A file that unpacks to more than one part of its copy."""
    data = csv(images, number, " of the hills" * (PART // 13 // number + 1))
    assert len(data) > PART
    return gzip.compress(data)


def packed_workbook(images: ImageServer, number: int) -> bytes:
    return gzip.compress(workbook(images, number))


def workbook(images: ImageServer, number: int = ROWS) -> bytes:
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for line, cells in enumerate([HEADER, *rows(images, number)]):
            sheet.write_row(line, 0, cells)
    return file.getvalue()


def objects(system: System) -> set[str]:
    s3 = system.client("s3")
    [bucket] = s3.list_buckets()["Buckets"]
    found = [s3.list_objects_v2(Bucket=bucket["Name"], Prefix=prefix) for prefix in ("uploads/", "spools/")]
    return {entry["Key"] for answer in found for entry in answer.get("Contents", [])}


def complete_copies(system: System, job: str) -> set[str]:
    """Return which copies a job was read from: of the unpacked file, and of the rows of a workbook."""
    with MongoClient[dict[str, Any]](system.mongodb_uri) as mongo:
        document = mongo[system.mongodb_database]["jobs"].find_one({"_id": job}) or {}
    copies = {name: document["upload"][name] for name in COPIES}
    return {name for name, copy in copies.items() if copy and copy["complete"]}


def read(client: Client, job: str) -> dict[str, Any]:
    """Wait until a file was read, and return the status of its upload."""
    states = ("SUBMITTED", "FAILED", "UNDERSTOOD")
    eventually(lambda: client.upload_status(job)["upload"]["state"] in states, 120)
    return client.upload_status(job)


@pytest.mark.parametrize(
    ("file", "number", "copies"),
    [
        (csv, ROWS, set()),
        (packed, 3_000, {"spool"}),
        (workbook, 8_000, {"table"}),
        (packed_workbook, 4_000, {"spool", "table"}),
    ],
    ids=["csv", "gzip", "xlsx", "xlsx.gz"],
)
def test_files_that_are_read_in_steps(
    client: Client,
    system: System,
    images: ImageServer,
    file: Callable[[ImageServer, int], bytes],
    number: int,
    copies: set[str],
) -> None:
    data = file(images, number)
    job = client.upload_big(data)["request_id"]
    found = read(client, job)
    assert (found["upload"]["state"], found["rows"], found["images"]) == ("SUBMITTED", number, number)
    assert found["upload"]["bytes"] == len(data)
    assert complete_copies(system, job) == copies
    assert client.status(job)["duplicates"] == number - 3
    first = next(client.rows(job))
    url = f"{images.url}/970.jpg"
    assert first["images"][0]["url"] == url
    requests.post(f"{client.url}/jobs/{job}/cancel", timeout=TIMEOUT).raise_for_status()
    requests.delete(f"{client.url}/jobs/{job}", timeout=TIMEOUT).raise_for_status()
    eventually(lambda: not any(job in key for key in objects(system)), 30)


def test_a_small_one_to_its_end_after_its_client_has_confirmed(client: Client, images: ImageServer) -> None:
    job = client.upload_big(csv(images, 5), confirm="true", max_width="100")["request_id"]
    found = read(client, job)
    assert found["upload"]["state"] == "UNDERSTOOD"
    assert found["understood"]["accepted"]
    assert found["understood"]["understood"]["columns"]["images"] == ["Input Image Urls"]
    assert len(found["understood"]["first_rows"]) == 5
    requests.post(f"{client.url}/uploads/{job}/confirm", timeout=TIMEOUT).raise_for_status()
    status = finish(client, job)
    assert status["images"] == {"total": 5, "done": 5, "failed": 0}
    assert client.download(job).count(b"\r\n") == 6


def test_a_bad_file_fails_its_job_with_its_problems_and_a_webhook(
    client: Client, system: System, images: ImageServer
) -> None:
    with webhook_receiver(system.webhook_secret) as receiver:
        job = client.upload_big(b"a,b\r\n1,2\r\n", webhook_url=f"{receiver.url}/hook")["request_id"]
        event = receiver.events.get(timeout=60)
    assert event["type"] == "job.failed"
    status = client.status(job)
    assert status["status"] == "FAILED"
    assert status["upload"]["problems"]
    assert requests.get(f"{client.url}/download/{job}", timeout=TIMEOUT).status_code == 409


def test_a_file_that_is_larger_than_announced_is_refused(client: Client, images: ImageServer) -> None:
    """moto does not enforce the condition of the form; our own check does."""
    begun = requests.post(f"{client.url}/uploads", data={"size": "10"}, timeout=TIMEOUT).json()
    client.send_file(begun["upload"], csv(images, 3))
    found = read(client, begun["request_id"])
    assert [problem["code"] for problem in found["upload"]["problems"]] == ["larger_than_announced"]


def test_a_page_may_send_the_form_and_read_what_links_lead_to(client: Client, images: ImageServer) -> None:
    """A browser sends a preflight for an upload with progress, and lets a page read what CORS allows."""
    page = {"Origin": client.url}
    data = csv(images, 3)
    begun = client.begin_big(data)
    asked = page | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    preflight = requests.options(begun["upload"]["url"], headers=asked, timeout=TIMEOUT)
    assert preflight.status_code == 200, preflight.text
    assert preflight.headers["Access-Control-Allow-Origin"] in ("*", page["Origin"])
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    form = begun["upload"]
    sent = requests.post(
        form["url"], data=form["fields"], files={"file": data}, headers=page, timeout=TIMEOUT
    )
    assert sent.status_code == 204
    assert sent.headers["Access-Control-Allow-Origin"] in ("*", page["Origin"])
    job = begun["request_id"]
    finish(client, job)
    result = requests.get(f"{client.url}/download/{job}", headers=page, timeout=TIMEOUT)
    assert result.headers["Access-Control-Allow-Origin"] in ("*", page["Origin"])
