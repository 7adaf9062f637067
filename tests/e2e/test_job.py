"""Jobs on the whole local system: every stage is the real one."""

import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from pathlib import Path

import pytest
import requests
from PIL import Image

from catalight.domain.job.ranges import DUPLICATE, IMAGES_PER_RANGE
from local.client import Client, rows_of
from local.hosts.image_server import ImageServer
from local.hosts.webhook_receiver import WebhookReceiver, webhook_receiver
from local.runner.system import System
from tests.e2e.conftest import WINDOW
from tests.integration.local.waiting import children
from tests.pipeline import csv_of

JOB_SECONDS = 60


@pytest.fixture
def receiver(system: System) -> Iterator[WebhookReceiver]:
    with webhook_receiver(system.webhook_secret, failures=1) as server:
        yield server


def finish(client: Client, request_id: str) -> dict[str, object]:
    *_, last = client.watch(request_id, JOB_SECONDS)
    return last


def test_good_and_bad_images_have_their_results(
    client: Client, images: ImageServer, receiver: WebhookReceiver
) -> None:
    base = images.url
    data = csv_of(
        f"{base}/1.jpg, {base}/2.jpg",
        f"{base}/busy/3.jpg",
        f"{base}/missing/4.jpg|{base}/5.jpg",
        f"{base}/slow/6.jpg",
        f"{base}/cut/7.jpg",
        f"{base}/text/8.jpg",
        f"{base}/forbidden/9.jpg",
        "n/a",
        "",
        "http://host.invalid/a.jpg",
    )
    accepted = client.upload(data, webhook_url=f"{receiver.url}/hook", quality="40", max_width="300")
    assert (accepted["status"], accepted["rows"], accepted["images"]) == ("PENDING", 10, 11)

    status = finish(client, accepted["request_id"])

    assert status["status"] == "COMPLETED"
    assert status["images"] == {"total": 11, "done": 4, "failed": 7}
    rows = rows_of(client.download(accepted["request_id"]))
    assert [row["Errors"] for row in rows] == [
        "",
        "",
        "not_found,",
        "timeout",
        "corrupt_image",
        "not_an_image",
        "blocked_by_host",
        "invalid_url",
        "",
        "dns_error",
    ]
    links = [link for row in rows for link in row["Output Image Urls"].split(",") if link]
    assert len(links) == 4
    for link in links:
        answer = client.image(link)
        assert answer.headers["Content-Type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as image:
            assert image.size == (300, 225)
    assert images.requests["/slow/6.jpg"] == 3
    assert images.requests["/missing/4.jpg"] == 1

    event = receiver.events.get(timeout=30)
    assert event["data"]["images"] == status["images"]
    assert len(receiver.ids) == 2
    assert set(receiver.ids) == {f"msg_{accepted['request_id']}_1_job.completed"}


def test_each_rendition_is_an_image_of_its_own(
    client: Client, images: ImageServer, receiver: WebhookReceiver
) -> None:
    base = images.url
    data = csv_of(f"{base}/961.jpg, {base}/962.jpg", f"{base}/missing/963.jpg", f"{base}/961.jpg")
    asked = [
        {"name": "large"},
        {"name": "small", "max_width": 300, "format": "webp"},
        {"name": "square", "width": 200, "height": 200, "fit": "pad", "format": "png"},
        {"preset": "thumbnail", "quality": 40},
    ]
    accepted = client.upload(data, renditions=json.dumps(asked), webhook_url=f"{receiver.url}/hook")
    assert (accepted["images"], accepted["outputs"]) == (4, 16)

    status = finish(client, accepted["request_id"])

    assert status["images"] == {"total": 16, "done": 12, "failed": 4}
    assert status["renditions"] == ["large", "small", "square", "thumbnail"]
    assert receiver.events.get(timeout=30)["data"]["images"] == status["images"]
    assert images.requests["/962.jpg"] == images.requests["/missing/963.jpg"] == 1
    first, missing, again = client.rows(accepted["request_id"])
    found = []
    for rendition in first["images"][0]["renditions"]:
        with Image.open(io.BytesIO(client.image(rendition["output_url"]).content)) as image:
            found.append((image.format, image.size))
            assert (rendition["width"], rendition["height"]) == image.size
    assert found == [
        ("JPEG", (600, 450)),
        ("WEBP", (300, 225)),
        ("PNG", (200, 200)),
        ("JPEG", (300, 300)),
    ]
    assert [rendition["error"] for rendition in missing["images"][0]["renditions"]] == ["not_found"] * 4
    links = [[one["output_url"] for one in row["images"][0]["renditions"]] for row in (first, again)]
    assert len(set(links[0])) == 4
    assert links[0] == links[1]
    after = sum(rendition["bytes_out"] for image in first["images"] for rendition in image["renditions"])
    before = sum(image["bytes_in"] for image in first["images"])
    assert status["bytes"] == {"in": before, "out": after}


def test_a_job_larger_than_its_window_never_fills_the_queue(
    system: System, client: Client, images: ImageServer
) -> None:
    queue = system.stack.resources["ImageQueue"]
    sqs = system.client("sqs")
    rows = [f"{images.url}/{n}.jpg" for n in range(120)]
    request_id = client.upload(csv_of(*rows))["request_id"]
    most = 0
    for status in client.watch(request_id, JOB_SECONDS, every=0.05):  # noqa: B007
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
        most = max(
            most,
            int(attributes["ApproximateNumberOfMessages"])
            + int(attributes["ApproximateNumberOfMessagesNotVisible"])
            + int(attributes["ApproximateNumberOfMessagesDelayed"]),
        )
    # A range leaves the queue just after its successor is sent, so each worker may add one message.
    assert 0 < most <= WINDOW + (os.process_cpu_count() or 1)
    assert status["images"] == {"total": 120, "done": 120, "failed": 0}
    result = rows_of(client.download(request_id))
    assert [row["Serial Number"] for row in result] == [str(n) for n in range(1, 121)]
    assert {row["Status"] for row in result} == {"DONE"}


def test_progress_shows_within_ranges(client: Client, images: ImageServer) -> None:
    """All ranges of a job of 60 images take as long, so their ends alone would show three values."""
    urls = [f"{images.url}/late/{number}.jpg" for number in range(9250, 9310)]
    request_id = client.upload(csv_of(*urls))["request_id"]
    assert client.http.get(f"{client.url}/status/{request_id}").headers["Retry-After"] == "1"
    seen = [status["images"]["done"] for status in client.watch(request_id, JOB_SECONDS, 0.2)]
    assert seen == sorted(seen)
    assert seen[-1] == 60
    assert len(set(seen)) >= 5, seen
    assert any(done % IMAGES_PER_RANGE for done in seen), seen


def test_repeated_urls_are_fetched_once_unless_ranges_race(client: Client, images: ImageServer) -> None:
    paths = [f"/{number}.jpg" for number in range(900, 905)]
    missing = "/missing/905.jpg"
    rows = [f"{images.url}{paths[n % 5]}" for n in range(300)] + [f"{images.url}{missing}"] * 10
    accepted = client.upload(csv_of(" ".join(rows[:5]), *rows[5:]))
    assert (accepted["images"], accepted["duplicates"]) == (310, 304)
    status = finish(client, accepted["request_id"])
    assert (status["images"], status["duplicates"]) == ({"total": 310, "done": 300, "failed": 10}, 304)
    ranges = ceil((6 + 304 * DUPLICATE) / IMAGES_PER_RANGE)  # each may download a URL that has not ended
    for path in (*paths, missing):
        assert 1 <= images.requests[path] <= ranges, images.requests
    result = rows_of(client.download(accepted["request_id"]))
    links = {link for row in result for link in row["Output Image Urls"].split(",") if link}
    assert len(links) <= 5 * ranges
    for link in links:
        assert client.image(link).headers["Content-Type"] == "image/jpeg"


def image_workers() -> list[int]:
    """Return the processes that run the image function."""
    handler = b"functions.images.handler.handle"
    found = []
    for pid in children(os.getpid()):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            if handler in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_job_survives_workers_that_are_killed(client: Client, images: ImageServer) -> None:
    rows = [f"{images.url}/{n}.jpg" for n in range(100)]
    request_id = client.upload(csv_of(*rows))["request_id"]
    killed = 0
    for status in client.watch(request_id, JOB_SECONDS, every=0.05):
        if killed < 2 and status["images"]["done"] >= 20 * (killed + 1):
            os.kill(image_workers()[0], signal.SIGKILL)
            killed += 1
    assert killed == 2
    assert status["images"] == {"total": 100, "done": 100, "failed": 0}
    result = rows_of(client.download(request_id))
    assert [row["Serial Number"] for row in result] == [str(n) for n in range(1, 101)]


def test_the_responses_of_a_running_job(client: Client, images: ImageServer) -> None:
    request_id = client.upload(csv_of(f"{images.url}/slow/1.jpg"))["request_id"]
    answer = requests.get(f"{client.url}/download/{request_id}", timeout=10)
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert int(answer.headers["Retry-After"]) > 0
    assert requests.get(f"{client.url}/download/unknown", timeout=10).status_code == 404
    assert requests.get(f"{client.url}/healthz", timeout=10).json() == {"status": "ok"}
    assert finish(client, request_id)["errors"] == {"timeout": 1}


def test_a_result_can_be_uploaded_again(client: Client, images: ImageServer) -> None:
    first = client.upload(csv_of(f"{images.url}/1.jpg"), fresh="true")["request_id"]
    finish(client, first)
    result = client.download(first)
    second = client.upload(result, fresh="true")["request_id"]
    finish(client, second)
    [before], [after] = rows_of(result), rows_of(client.download(second))
    assert list(before) == list(after)
    assert before["Output Image Urls"] != after["Output Image Urls"]
    assert before["Bytes Out"] == after["Bytes Out"]


def test_a_link_with_redirect_false_can_be_fetched_without_the_api(
    client: Client, images: ImageServer
) -> None:
    request_id = client.upload(csv_of(f"{images.url}/1.jpg"), name="Frühling.csv")["request_id"]
    finish(client, request_id)
    body = requests.get(f"{client.url}/download/{request_id}?redirect=false", timeout=10).json()
    answer = requests.get(body["url"], timeout=10)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "Fr%C3%BChling-catalight.csv" in answer.headers["Content-Disposition"]
