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

OWNER = "key-1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture(params=["memory", "mongo"])
def hosts(request: pytest.FixtureRequest) -> Iterator[Hosts]:
    if request.param == "memory":
        yield MemoryHosts()
    else:
        yield MongoHosts(request.getfixturevalue("mongodb"))


@pytest.mark.parametrize("owner", [OWNER, ""])
def test_an_owner_finds_its_own_and_what_all_share(hosts: Hosts, owner: str) -> None:
    mine = [Host("shop.test:443", at(2.5), 1, owner), Host("$ü.test:80", at(9), 2, owner)]
    shared = Host("shop.test:443", at(1), 1)
    hosts.back_off([*mine, shared, Host("shop.test:443", at(3600), 9, "another")])
    names = ["shop.test:443", "$ü.test:80", "other.test:80"]
    assert set(hosts.known(names, owner)) == {*mine, shared}
    assert hosts.known(names, "third") == [shared]
    assert hosts.known({"other.test:80"}, owner) == []
    assert hosts.known([], owner) == []


def test_a_backoff_is_never_shortened_and_keeps_its_strikes(hosts: Hosts) -> None:
    hosts.back_off([Host("h:80", at(60), 1, OWNER)])
    hosts.back_off([Host("h:80", at(4), 2, OWNER)])
    assert hosts.known(["h:80"], OWNER) == [Host("h:80", at(60), 2, OWNER)]


def test_a_working_host_is_forgiven_by_its_owner_after_its_backoff(hosts: Hosts) -> None:
    hosts.back_off([Host("h:80", at(60), 2, OWNER), Host("h:80", at(60), 2, "another")])
    hosts.clear_strikes("h:80", OWNER, at(59))
    assert hosts.known(["h:80"], OWNER)
    hosts.clear_strikes("h:80", OWNER, at(60))
    hosts.clear_strikes("other:80", OWNER, at(60))
    assert hosts.known(["h:80"], OWNER) == []
    assert hosts.known(["h:80"], "another")


def test_of_concurrent_backoffs_the_longest_wins(hosts: Hosts) -> None:
    backoffs = [
        [Host("h:80", at(seconds), seconds % 7, owner) for owner in (None, OWNER)] for seconds in range(40)
    ]
    Random(1).shuffle(backoffs)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hosts.back_off, backoffs))
    assert set(hosts.known(["h:80"], OWNER)) == {Host("h:80", at(39), 6), Host("h:80", at(39), 6, OWNER)}


def test_a_range_reads_once_and_a_burst_writes_one_document_for_each_of_the_two(
    mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    hosts = MongoHosts(mongodb)
    database.command("profile", 2)
    hosts.known([f"h{number}:80" for number in range(10)], OWNER)
    hosts.back_off([Host("h:80", at(3600), 1, OWNER), Host("h:80", at(10), 1)])
    database.command("profile", 0)
    assert [found["op"] for found in database["system.profile"].find()] == ["query", "update", "update"]


def test_a_document_of_release_0_1_0_stands_for_all_owners(
    mongodb: Connection, database: Database[dict[str, Any]]
) -> None:
    database["hosts"].insert_one({"_id": "h:80", "until": at(3600), "strikes": 8})
    hosts = MongoHosts(mongodb)
    assert hosts.known(["h:80"], OWNER) == [Host("h:80", at(3600), 8)]
    hosts.back_off([Host("h:80", at(9), 1)])
    hosts.clear_strikes("h:80", OWNER, at(7200))
    assert hosts.known(["h:80"], OWNER) == [Host("h:80", at(3600), 8)]


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
        MongoHosts(mongodb).known(["h:80"], OWNER)
    with pytest.raises(UnavailableError, match="MongoDB"):
        MongoHosts(mongodb).back_off([Host("h:80", NOW, 1)])
    mongodb.close()
