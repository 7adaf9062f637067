"""The MongoDB password changes during a job, without a deployment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.client import Client, rows_of
from local.hosts.image_server import ImageServer
from local.runner.system import MONGODB_PARAMETER, System
from tests.e2e.conftest import QUICK
from tests.e2e.test_job import finish
from tests.integration.guarded_mongod import GuardedMongod, guarded_mongod
from tests.integration.local.waiting import eventually
from tests.pipeline import csv_of

FIRST, SECOND = "first/p@ss:word", "second/p@ss:word"
IMAGES = 150


@pytest.fixture
def mongod(tmp_path: Path) -> Iterator[GuardedMongod]:
    with guarded_mongod(tmp_path, FIRST) as mongod:
        yield mongod


@pytest.fixture
def rotating(mongod: GuardedMongod, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("CATALIGHT_ALLOW_PRIVATE_HOSTS", "1")
    monkeypatch.setenv("MONGODB_URI", mongod.uri_with(FIRST))
    with System(parameters=QUICK | {"OutagePause": "1"}) as system:
        yield system


def healthy(system: System) -> bool:
    return requests.get(f"{system.url}/healthz", timeout=30).ok


def log(system: System, function: str) -> str:
    return (system.folder / f"{function}.log").read_text()


def test_no_job_is_lost_no_image_fails_and_no_function_restarts(
    rotating: System, mongod: GuardedMongod, images: ImageServer
) -> None:
    client = Client(rotating.url)
    request_id = client.upload(csv_of(*[f"{images.url}/{n}.jpg" for n in range(IMAGES)]))["request_id"]
    eventually(lambda: client.status(request_id)["images"]["done"] > 20)
    workers, api = set(rotating.workers("ImageFunction")), rotating.api.pid

    mongod.drop_user()  # open connections lose their rights, and new logins fail
    eventually(lambda: "MongoDB refuses the login" in log(rotating, "ImageFunction"))
    assert not healthy(rotating)
    mongod.create_user(SECOND)
    rotating.client("secretsmanager").put_secret_value(
        SecretId=MONGODB_PARAMETER, SecretString=mongod.uri_with(SECOND)
    )

    eventually(lambda: healthy(rotating))
    status = finish(client, request_id)
    assert status["images"] == {"total": IMAGES, "done": IMAGES, "failed": 0}
    assert [row["Status"] for row in rows_of(client.download(request_id))] == ["DONE"] * IMAGES
    assert "using the new one" in log(rotating, "ImageFunction")
    assert workers <= set(rotating.workers("ImageFunction"))
    assert rotating.api.pid == api
    rotating.check()
    everything = "".join(path.read_text(errors="replace") for path in rotating.folder.glob("*.log"))
    crashes = [line for line in everything.splitlines() if "Record processing exception" in line]
    assert crashes == []
    assert FIRST not in everything
    assert SECOND not in everything
