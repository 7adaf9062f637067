"""API keys on the whole local system, as in a deployment on AWS."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from local.client import TIMEOUT, Client, rows_of
from local.hosts.image_server import ImageServer, image_server
from local.hosts.webhook_receiver import webhook_receiver
from local.runner.system import System
from tests.e2e.conftest import QUICK
from tests.e2e.test_job import finish
from tests.integration.local.waiting import eventually
from tests.pipeline import csv_of


@dataclass(frozen=True)
class Customer:
    """A caller with its own key."""

    key: str
    client: Client
    webhook_secret: str


@pytest.fixture(scope="module")
def locked() -> Iterator[System]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
        with System(parameters=QUICK | {"Authentication": "keys"}) as system:
            yield system


def manage(system: System, **event: Any) -> dict[str, Any]:
    answer: dict[str, Any] = system.invoke("KeysFunction", event)
    return answer


def new_customer(system: System, name: str, **limits: int) -> Customer:
    made = manage(system, action="make", name=name, **limits)
    client = Client(system.url)
    client.http.headers["Authorization"] = f"Bearer {made['token']}"
    return Customer(made["key"], client, made["webhook_secrets"][0])


def test_a_job_belongs_to_its_key_and_its_images_to_everybody(locked: System, images: ImageServer) -> None:
    mine, yours = new_customer(locked, "mine"), new_customer(locked, "yours")
    request_id = mine.client.upload(csv_of(f"{images.url}/1.jpg"))["request_id"]
    assert finish(mine.client, request_id)["errors"] == {}
    for client, status in ((yours.client, 404), (Client(locked.url), 401)):
        for path in ("/status/{}", "/download/{}", "/jobs/{}/rows"):
            answer = client.http.get(locked.url + path.format(request_id), timeout=TIMEOUT)
            assert answer.status_code == status
    [row] = rows_of(mine.client.download(request_id))
    image = Client(locked.url).image(row["Output Image Urls"])
    assert image.headers["Content-Type"] == "image/jpeg"


def test_a_revoked_key_is_rejected_while_its_job_goes_on(locked: System) -> None:
    customer = new_customer(locked, "leaving")
    with webhook_receiver(customer.webhook_secret) as receiver, image_server(60, 45) as host:
        customer.client.upload(csv_of(f"{host.url}/held/1.jpg"), webhook_url=f"{receiver.url}/hook")
        assert manage(locked, action="revoke", key=customer.key)["revoked_at"]
        assert customer.client.http.get(f"{locked.url}/jobs", timeout=TIMEOUT).status_code == 401
        host.fixed.set()
        assert receiver.events.get(timeout=30)["type"] == "job.completed"


def test_each_key_has_its_own_webhook_secret_and_two_during_rotation(
    locked: System, images: ImageServer
) -> None:
    customer = new_customer(locked, "rotating")
    [new, old] = manage(locked, action="rotate-webhook-secret", key=customer.key)["webhook_secrets"]
    assert old == customer.webhook_secret
    for secret in (new, old):
        with webhook_receiver(secret) as receiver:
            customer.client.upload(csv_of(f"{images.url}/1.jpg"), webhook_url=f"{receiver.url}/hook")
            assert receiver.events.get(timeout=30)["type"] == "job.completed"
    assert new != new_customer(locked, "another").webhook_secret


def test_one_keys_url_does_not_stop_anothers_images_of_the_same_host(locked: System) -> None:
    """The URL of one answers 503 with `Retry-After: 3600`. The other waits for it once, for some seconds."""
    mine, yours = new_customer(locked, "met"), new_customer(locked, "not met")
    with image_server(60, 45) as host:
        request_id = mine.client.upload(csv_of(f"{host.url}/resting/1.jpg"))["request_id"]
        eventually(lambda: first_image(mine.client, request_id)["attempts"] == 1)
        data = csv_of(*(f"{host.url}/{number}.jpg" for number in range(30)))
        began = time.monotonic()
        status = finish(yours.client, yours.client.upload(data)["request_id"])
        assert (status["status"], status["errors"]) == ("COMPLETED", {})
        assert time.monotonic() - began < 40
        assert first_image(mine.client, request_id)["state"] == "PENDING"
        assert host.requests["/resting/1.jpg"] == 1


def first_image(client: Client, request_id: str) -> dict[str, Any]:
    answer = client.http.get(f"{client.url}/jobs/{request_id}/rows", timeout=TIMEOUT)
    answer.raise_for_status()
    image: dict[str, Any] = answer.json()["rows"][0]["images"][0]
    return image


def test_too_many_rows_are_429(locked: System, images: ImageServer) -> None:
    customer = new_customer(locked, "small", rows_a_day=2)
    customer.client.upload(csv_of(f"{images.url}/1.jpg", f"{images.url}/2.jpg"))
    answer = customer.client.http.post(
        f"{locked.url}/upload", files={"file": ("c.csv", csv_of(f"{images.url}/3.jpg"))}, timeout=TIMEOUT
    )
    assert (answer.status_code, answer.headers["RateLimit-Policy"]) == (429, '"rows";q=2;w=86400')
    manage(locked, action="change-limits", key=customer.key, rows_a_day=3)
    customer.client.upload(csv_of(f"{images.url}/3.jpg"))


def test_of_twenty_uploads_at_once_as_many_are_accepted_as_may_be_open(
    locked: System, images: ImageServer
) -> None:
    customer = new_customer(locked, "hasty", open_jobs=1)
    data = csv_of(" ".join(f"{images.url}/slow/{number}.jpg" for number in range(20)))

    def upload(_: int) -> int:
        files = {"file": ("c.csv", data)}
        headers = customer.client.http.headers
        return requests.post(
            f"{locked.url}/upload", files=files, headers=headers, timeout=TIMEOUT
        ).status_code

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(upload, range(20))) == [202, *[429] * 19]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"action": "make"},
        {"action": "make", "name": ""},
        {"action": "make", "name": "x", "rows_a_day": "many"},
        {"action": "make", "name": "x", "rows_a_week": 1},
        {"action": "revoke", "key": "nobody"},
        {"action": "change-limits", "key": "nobody", "rows_a_day": 5},
        {"action": "change-limits", "key": "nobody"},
    ],
)
def test_mistakes_of_the_operator_are_reported(locked: System, event: dict[str, Any]) -> None:
    assert manage(locked, **event)["error"]


def test_the_command_line_stores_a_key_and_uses_it(locked: System, tmp_path: Path) -> None:
    made = manage(locked, action="make", name="terminal")
    environment = {"PATH": os.environ["PATH"], "XDG_CONFIG_HOME": str(tmp_path), "CATALIGHT_URL": locked.url}

    def catalight(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("catalight")), *arguments]
        return subprocess.run(
            command, env=environment, input=stdin, capture_output=True, text=True, timeout=60, check=False
        )

    refused = catalight("list")
    assert (refused.returncode, "Store it with `catalight key set`" in refused.stderr) == (2, True)
    assert catalight("key", "set", stdin="catalight_wrong\n").returncode == 2
    assert catalight("key", "set", stdin=made["token"]).returncode == 0
    assert (catalight("list", "--json").stdout, catalight("list").returncode) == ("[]\n", 0)
