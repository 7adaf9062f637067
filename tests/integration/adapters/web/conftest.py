"""Hosts and fetchers, closed after each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.web.egress import EgressPolicy
from tests.integration.adapters.web.hosts import LOCAL, Host, NewFetcher, answer, tls_host


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.fixture
def new_fetcher() -> Iterator[NewFetcher]:
    fetchers: list[Fetcher] = []

    def new(egress: EgressPolicy = LOCAL, **settings: object) -> Fetcher:
        fetchers.append(Fetcher(egress, **settings))  # type: ignore[arg-type]
        return fetchers[-1]

    yield new
    for fetcher in fetchers:
        fetcher.close()


@pytest.fixture
def fetcher(new_fetcher: NewFetcher) -> Fetcher:
    return new_fetcher()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """An HTTPS host named shop.test; fetchers that are created later trust its certificate."""
    host, certificate = tls_host(tmp_path, "shop.test")
    monkeypatch.setattr("catalight.adapters.web.http.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    host.routes["/"] = answer(b"picture")
    yield host
    host.close()
