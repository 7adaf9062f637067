"""A scripted service, and a client of it."""

from collections.abc import Iterator

import pytest

from tests.unit.cli.service import Service, Watched, a_service


@pytest.fixture
def service() -> Iterator[Service]:
    with a_service() as server:
        yield server


@pytest.fixture
def client(service: Service) -> Iterator[Watched]:
    with Watched(service.url) as client:
        yield client
