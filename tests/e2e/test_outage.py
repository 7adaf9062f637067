"""MongoDB is down: the API accepts nothing and answers 503."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
import requests

from local.client import Client
from local.hosts.image_server import ImageServer
from local.runner import aws
from local.runner.mongod import Mongod, find
from local.runner.system import System
from tests.pipeline import csv_of


def test_without_its_database_the_api_answers_503_with_retry_after(
    images: ImageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongod = Mongod(find(), tmp_path / "data", tmp_path / "log", aws.environment(""))
    try:
        mongod.wait_until_primary()
        monkeypatch.setenv("MONGODB_URI", mongod.uri)
        with System() as system:
            request_id = Client(system.url).upload(csv_of(f"{images.url}/1.jpg"))["request_id"]
            mongod.child.stop()
            files = {"file": ("a.csv", csv_of(f"{images.url}/1.jpg"))}
            calls = (
                partial(requests.get, f"{system.url}/healthz"),
                partial(requests.get, f"{system.url}/status/{request_id}"),
                partial(requests.post, f"{system.url}/upload", files=files),
            )
            with ThreadPoolExecutor() as threads:  # each waits for the database
                answers = [threads.submit(call, timeout=30) for call in calls]
            for answer in (answer.result() for answer in answers):
                assert answer.status_code == 503, answer.text
                assert answer.headers["content-type"] == "application/problem+json"
                assert int(answer.headers["Retry-After"]) > 0
            assert requests.get(f"{system.url}/", timeout=10).status_code == 200
    finally:
        mongod.child.stop()
