"""Hosts and fetchers, closed after each test."""

from collections.abc import Iterator

import pytest

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.web.egress import EgressPolicy
from tests.integration.adapters.web.hosts import LOCAL, Host, NewFetcher


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
