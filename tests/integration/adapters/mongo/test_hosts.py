"""The state of throttled hosts, in memory and in MongoDB."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from pymongo.database import Database

from catalight.adapters.mongo import Connection, MongoHosts
from catalight.domain.errors import UnavailableError
from catalight.domain.web.hosts import Host
from catalight.usecases.ports import Hosts
from local.runner.children import free_port
from tests.fakes import MemoryHosts

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture(params=["memory", "mongo"])
def hosts(request: pytest.FixtureRequest) -> Iterator[Hosts]:
    if request.param == "memory":
        yield MemoryHosts()
    else:
        yield MongoHosts(request.getfixturevalue("mongodb"))


def test_a_host_is_found_by_its_name(hosts: Hosts) -> None:
    hosts.back_off("shop.test:443", at(2.5), 1)
    hosts.back_off("$ü.test:80", at(9), 2)
    assert hosts.known(["shop.test:443", "$ü.test:80", "other.test:80"]) == {
        "shop.test:443": Host("shop.test:443", at(2.5), 1),
        "$ü.test:80": Host("$ü.test:80", at(9), 2),
    }
    assert hosts.known({"other.test:80"}) == {}
    assert hosts.known([]) == {}


def test_a_backoff_is_never_shortened_and_keeps_its_strikes(hosts: Hosts) -> None:
    hosts.back_off("h:80", at(60), 1)
    hosts.back_off("h:80", at(4), 2)
    assert hosts.known(["h:80"])["h:80"] == Host("h:80", at(60), 2)


def test_a_working_host_is_forgiven_after_its_backoff(hosts: Hosts) -> None:
    hosts.back_off("h:80", at(60), 2)
    hosts.clear_strikes("h:80", at(59))
    assert hosts.known(["h:80"])
    hosts.clear_strikes("h:80", at(60))
    hosts.clear_strikes("other:80", at(60))
    assert hosts.known(["h:80"]) == {}


def test_of_concurrent_backoffs_the_longest_wins(hosts: Hosts) -> None:
    backoffs = [(at(seconds), seconds % 7) for seconds in range(40)]
    Random(1).shuffle(backoffs)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda backoff: hosts.back_off("h:80", *backoff), backoffs))
    assert hosts.known(["h:80"])["h:80"] == Host("h:80", at(39), 6)


def test_strikes_expire_ten_minutes_after_the_backoff(
    mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    hosts = MongoHosts(mongodb)
    hosts.ensure_indexes()
    hosts.ensure_indexes()
    index = database["hosts"].index_information()["forgotten"]
    assert (index["key"], index["expireAfterSeconds"]) == ([("until", 1)], 600)


def test_a_database_that_is_down_is_unavailable() -> None:
    uri = f"mongodb://127.0.0.1:{free_port()}/"
    mongodb = Connection(lambda: uri, "test", select_seconds=0.1)
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoHosts(mongodb).known(["h:80"])
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoHosts(mongodb).back_off("h:80", NOW, 1)
    mongodb.close()
