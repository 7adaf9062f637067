"""The API over in-memory adapters, for the catalogues."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from functions.api.app import app
from tests.unit.functions.api.conftest import client, pipeline

__all__ = ["api", "client", "loop", "pipeline"]


@pytest.fixture(scope="module")
def loop() -> Iterator[TestClient]:
    """A client with one event loop for all requests: to start one takes longer than most of them."""
    with TestClient(app, base_url="https://api.test", follow_redirects=False) as running:
        yield running


@pytest.fixture
def api(loop: TestClient, client: TestClient) -> TestClient:
    """The same client, over the services of this test alone."""
    return loop
