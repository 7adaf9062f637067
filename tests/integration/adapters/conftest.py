"""Hosts and fetchers that are closed after each test."""

from collections.abc import Iterator

import pytest

from catalight.adapters.fetch import Fetcher
from tests.integration.adapters.hosts import Host, NewFetcher


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.fixture
def new_fetcher() -> Iterator[NewFetcher]:
    fetchers: list[Fetcher] = []

    def new(*, allow_private_hosts: bool = True, **settings: object) -> Fetcher:
        fetchers.append(Fetcher(allow_private_hosts=allow_private_hosts, **settings))  # type: ignore[arg-type]
        return fetchers[-1]

    yield new
    for fetcher in fetchers:
        fetcher.close()


@pytest.fixture
def fetcher(new_fetcher: NewFetcher) -> Fetcher:
    return new_fetcher()
