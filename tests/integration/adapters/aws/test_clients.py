"""Calls of AWS keep to their budget."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest

from catalight.adapters.aws.clients import Budget, config, without_late_attempts
from catalight.adapters.aws.s3 import S3Store
from catalight.domain.errors import UnavailableError
from local.runner import aws

ADDRESSES = 8


def store(port: int, budget: Budget) -> S3Store:
    create: Any = aws.session().client
    client = create("s3", endpoint_url=f"http://127.0.0.1:{port}", config=config(budget))
    return S3Store(without_late_attempts(client, budget), "bucket")


@pytest.fixture
def full() -> Iterator[int]:
    """The port of a server that lets nobody connect: its queue is full, and Linux drops what comes then."""
    with ExitStack() as cleanup:
        server = cleanup.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = cleanup.enter_context(socket.socket())
            waiting.settimeout(0)
            with suppress(BlockingIOError):
                waiting.connect(server.getsockname())
        yield server.getsockname()[1]


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that are looked up; each has eight times the address that it really has."""
    looked_up: list[str] = []
    resolve = socket.getaddrinfo

    def eight_times(host: str, *rest: Any) -> list[Any]:
        looked_up.append(host)
        return resolve(host, *rest)[:1] * ADDRESSES

    monkeypatch.setattr(socket, "getaddrinfo", eight_times)
    return looked_up


def test_after_an_attempt_that_tried_many_addresses_there_is_no_other(full: int, lookups: list[str]) -> None:
    budget = Budget(connect=0.1, read=1, attempts=2, retry_within=0.5)
    with pytest.raises(UnavailableError, match="S3"):
        store(full, budget).exists("key")
    assert len(lookups) == 1


def test_after_a_quick_failure_there_is_another_attempt(full: int, lookups: list[str]) -> None:
    budget = Budget(connect=0.05, read=1, attempts=2, retry_within=5)
    with pytest.raises(UnavailableError, match="S3"):
        store(full, budget).exists("key")
    assert len(lookups) == 2
