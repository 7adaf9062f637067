"""Cancel, retry, delete, list and redeliver, on the whole local system."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from local.client import TIMEOUT, Client, rows_of
from local.hosts.image_server import ImageServer
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.system import System
from tests.e2e.test_job import finish
from tests.integration.local.waiting import eventually
from tests.pipeline import csv_of


def objects(system: System, prefix: str) -> set[str]:
    pages = system.client("s3").get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=system.stack.resources["Bucket"], Prefix=prefix)
    return {entry["Key"] for page in found for entry in page.get("Contents", [])}


def post(client: Client, path: str) -> int:
    return client.http.post(f"{client.url}{path}", timeout=TIMEOUT).status_code


def test_a_cancelled_job_ends_soon_with_a_partial_result(
    system: System, client: Client, images: ImageServer
) -> None:
    base = images.url
    cells = [f"{base}/slow/{n}.jpg" if n % 10 == 0 else f"{base}/{n}.jpg" for n in range(400)]
    with webhook_receiver(system.webhook_secret) as receiver:
        request_id = client.upload(csv_of(*cells), webhook_url=f"{receiver.url}/hook")["request_id"]
        eventually(lambda: client.status(request_id)["images"]["done"] > 0)
        assert post(client, f"/jobs/{request_id}/cancel") == 202
        status = finish(client, request_id)
        event = receiver.events.get(timeout=30)
    assert (status["status"], event["type"]) == ("CANCELLED", "job.cancelled")
    rows = rows_of(client.download(request_id))
    assert [row["Input Image Urls"] for row in rows] == cells
    assert {row["Errors"] for row in rows} <= {"", "cancelled", "timeout"}
    assert sum(row["Errors"] == "cancelled" for row in rows) > 100
    assert post(client, f"/jobs/{request_id}/cancel") == 409


def test_a_retry_processes_only_failed_images(client: Client, images: ImageServer) -> None:
    base = images.url
    data = csv_of(f"{base}/701.jpg", f"{base}/later/702.jpg {base}/703.jpg", "n/a")
    request_id = client.upload(data)["request_id"]
    assert finish(client, request_id)["errors"] == {"not_found": 1, "invalid_url": 1}
    first = rows_of(client.download(request_id))
    images.fixed.set()
    assert post(client, f"/jobs/{request_id}/retry") == 202
    status = finish(client, request_id)
    assert (status["run"], status["errors"]) == (2, {"invalid_url": 1})
    second = rows_of(client.download(request_id))
    assert [row["Status"] for row in second] == ["DONE", "DONE", "FAILED"]
    assert second[0]["Output Image Urls"] == first[0]["Output Image Urls"]
    assert [images.requests[path] for path in ("/701.jpg", "/later/702.jpg", "/703.jpg")] == [1, 2, 1]


def test_a_deleted_job_leaves_no_objects_in_the_bucket(
    system: System, client: Client, images: ImageServer
) -> None:
    before = objects(system, "images/")
    data = csv_of(f"{images.url}/1.jpg", f"{images.url}/2.jpg")
    request_id = client.upload(data, fresh="true")["request_id"]
    finish(client, request_id)
    assert len(objects(system, "images/") - before) == 2
    assert client.http.delete(f"{client.url}/jobs/{request_id}", timeout=TIMEOUT).status_code == 204
    assert client.http.get(f"{client.url}/status/{request_id}", timeout=TIMEOUT).status_code == 410
    eventually(lambda: not objects(system, "images/") - before)
    assert objects(system, f"results/{request_id}/") == set()


@pytest.mark.parametrize("senders", [4])
def test_concurrent_uploads_with_one_idempotency_key_make_one_job(
    client: Client, images: ImageServer, senders: int
) -> None:
    paths = [f"/{n}.jpg" for n in range(800, 840)]
    data = csv_of(*[f"{images.url}{path}" for path in paths])

    def upload(_: int) -> tuple[int, str]:
        answer = Client(client.url).http.post(
            f"{client.url}/upload",
            files={"file": ("c.csv", data)},
            headers={"Idempotency-Key": "duplicates"},
            timeout=TIMEOUT,
        )
        return answer.status_code, answer.text

    with ThreadPoolExecutor(senders) as pool:
        [(status, answer)] = set(pool.map(upload, range(senders)))
    assert status == 202
    request_id = answer.split('"')[3]
    assert finish(client, request_id)["images"] == {"total": 40, "done": 40, "failed": 0}
    assert {images.requests[path] for path in paths} == {1}


def test_jobs_and_rows_are_listed(client: Client, images: ImageServer) -> None:
    request_id = client.upload(csv_of(f"{images.url}/1.jpg", f"{images.url}/missing/2.jpg"))["request_id"]
    finish(client, request_id)
    newest = client.http.get(f"{client.url}/jobs?limit=1", timeout=TIMEOUT).json()
    assert [job["request_id"] for job in newest["jobs"]] == [request_id]
    failed = client.http.get(f"{client.url}/jobs/{request_id}/rows?state=FAILED", timeout=TIMEOUT).json()
    assert [(row["row"], row["images"][0]["error"]) for row in failed["rows"]] == [(2, "not_found")]


def test_a_webhook_is_redelivered_on_demand(system: System, client: Client, images: ImageServer) -> None:
    with webhook_receiver(system.webhook_secret) as receiver:
        data = csv_of(f"{images.url}/1.jpg")
        request_id = client.upload(data, webhook_url=f"{receiver.url}/hook")["request_id"]
        receiver.events.get(timeout=60)
        eventually(lambda: client.status(request_id)["webhook"]["state"] == "DELIVERED")
        assert post(client, f"/jobs/{request_id}/webhook/redeliver") == 202
        receiver.events.get(timeout=30)
        assert len(set(receiver.ids)) == 1
