"""The port ColumnMemory, in memory and on MongoDB alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from catalight.adapters.mongo import Connection, MongoColumnMemory
from catalight.domain.catalogue.requested import MAX_REMEMBERED, Remembered, Request
from tests.integration.adapters.ports.stores import LATER, NOW, Store

CHOSEN = Remembered("a", Request(("$Front", "Back.1"), "SKU"), ("SKU", "$Front", "Back.1"), NOW, NOW)


def numbered(number: int) -> Remembered:
    return replace(CHOSEN, id=str(number))


def ids(store: Store, owner: str = "acme") -> list[str]:
    return [known.id for known in store.columns.of_owner(owner)]


def test_columns_are_remembered_for_their_owner(store: Store) -> None:
    assert store.columns.of_owner("acme") == []
    store.columns.remember("acme", CHOSEN)
    assert store.columns.of_owner("acme") == [CHOSEN]
    assert store.columns.of_owner("") == []


def test_a_later_choice_replaces_an_earlier_one_and_a_late_call_changes_nothing(store: Store) -> None:
    later = replace(CHOSEN, columns=Request(name="Title"), chosen_at=LATER, used_at=LATER)
    for chosen in (CHOSEN, later, later, CHOSEN):
        store.columns.remember("acme", chosen)
    assert store.columns.of_owner("acme") == [later]


def test_the_one_that_was_not_used_for_the_longest_time_falls_out(store: Store) -> None:
    for number in range(MAX_REMEMBERED):
        store.columns.remember("acme", numbered(number))
    store.columns.use("acme", "0", NOW + timedelta(seconds=1))
    store.columns.remember("acme", numbered(MAX_REMEMBERED))
    assert ids(store) == [str(MAX_REMEMBERED), "0", *map(str, range(MAX_REMEMBERED - 1, 1, -1))]


def test_a_use_is_recorded_and_never_goes_back(store: Store) -> None:
    store.columns.remember("acme", CHOSEN)
    store.columns.use("acme", "a", LATER)
    store.columns.use("acme", "a", NOW)
    store.columns.use("acme", "b", LATER)
    store.columns.use("nobody", "a", LATER)
    assert store.columns.of_owner("acme") == [replace(CHOSEN, used_at=LATER)]
    assert store.columns.of_owner("nobody") == []


def test_columns_are_forgotten_once(store: Store) -> None:
    store.columns.remember("acme", CHOSEN)
    store.columns.remember("acme", numbered(1))
    assert not store.columns.forget("other", "a")
    assert store.columns.forget("acme", "a")
    assert not store.columns.forget("acme", "a")
    assert ids(store) == ["1"]


def test_simultaneous_choices_are_all_remembered_within_the_limit(mongodb: Connection) -> None:
    memory = MongoColumnMemory(mongodb)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: memory.remember("acme", numbered(number)), range(MAX_REMEMBERED + 20)))
    assert len({known.id for known in memory.of_owner("acme")}) == MAX_REMEMBERED


def test_what_was_not_used_for_a_year_is_removed(mongodb: Connection) -> None:
    memory = MongoColumnMemory(mongodb)
    memory.ensure_indexes()
    memory.ensure_indexes()
    index = mongodb["columns"].index_information()["forgotten"]
    assert (index["key"], index["expireAfterSeconds"]) == ([("used_at", 1)], 365 * 86_400)
    memory.remember("acme", CHOSEN)
    year = timedelta(days=365)
    memory.remember("acme", replace(CHOSEN, id="b", chosen_at=NOW + year, used_at=NOW + year))
    assert [known.id for known in memory.of_owner("acme")] == ["b"]
    document = mongodb["columns"].find_one() or {}
    assert document["used_at"] == NOW + year
