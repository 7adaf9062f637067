"""What the API does before its first request: nothing that another service can delay."""

import socket
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from functions.api import services as built

VARIABLES = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "key",
    "MONGODB_URI_SECRET_ARN": "arn",
    "MONGODB_DATABASE": "catalight",
    "BUCKET": "bucket",
    "AUTHENTICATION": "api-keys",
    "WINDOW": "20",
    "API_BASE_URL": "",
    "LINK_BASE_URL": "",
    "PATIENCE_SECONDS": "900",
    "JOB_DEADLINE_SECONDS": "86400",
    "RETENTION_DAYS": "30",
    "LONGEST_DAYS": "90",
} | {
    f"{queue}_QUEUE_URL": "https://q.test" for queue in ("IMAGE", "AGGREGATOR", "WEBHOOK", "EXPORT", "INGEST")
}

CACHED = (built.services, built.mongodb, built.s3, built.store)


@pytest.fixture
def _from_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    for cached in CACHED:
        cached.cache_clear()
    yield
    for cached in CACHED:
        cached.cache_clear()


@pytest.mark.usefixtures("_from_nothing")
def test_the_services_are_built_without_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """So an outage cannot stop them, the first request waits for no indexes, and SnapStart can store them."""

    def connect(*_: Any) -> NoReturn:
        raise AssertionError("a connection is made")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    assert built.services().authenticate
