"""The ports, in memory and on MongoDB alike: API keys and their usage."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.usage import Amounts, Slot
from tests.integration.adapters.ports.stores import LATER, NOW, Store


class TestKeys:
    KEY = ApiKey("k", "Acme", "digest", Limits(3, 4), NOW)

    def test_a_key_is_found_by_its_id_and_by_its_digest(self, store: Store) -> None:
        assert store.keys.find("k") is None
        store.keys.insert(self.KEY)
        assert store.keys.find("k") == store.keys.find_by_digest("digest") == self.KEY
        assert store.keys.find_by_digest("k") is None

    def test_a_key_is_stored_once(self, store: Store) -> None:
        """MongoDB's response may be lost; an error on the repeated insert would lose the token."""
        for name in ("Acme", "another"):
            store.keys.insert(replace(self.KEY, name=name))
        assert store.keys.all() == [self.KEY]

    def test_keys_are_listed_from_the_oldest(self, store: Store) -> None:
        newer = replace(self.KEY, id="a", digest="other", created_at=LATER)
        store.keys.insert(newer)
        store.keys.insert(self.KEY)
        assert store.keys.all() == [self.KEY, newer]

    def test_a_key_is_revoked_once(self, store: Store) -> None:
        store.keys.insert(self.KEY)
        store.keys.revoke("k", NOW)
        store.keys.revoke("k", LATER)
        store.keys.revoke("nobody", NOW)
        assert store.keys.all() == [replace(self.KEY, revoked_at=NOW)]

    def test_some_limits_are_changed(self, store: Store) -> None:
        store.keys.insert(self.KEY)
        store.keys.change_limits("k", {"rows_a_day": 7, "open_jobs": 2})
        store.keys.change_limits("nobody", {"rows_a_day": 9})
        assert store.keys.all() == [
            replace(self.KEY, limits=replace(self.KEY.limits, rows_a_day=7, open_jobs=2))
        ]

    def test_duplicate_rotations_make_one_webhook_secret(self, store: Store) -> None:
        store.keys.insert(self.KEY)
        for _ in range(2):
            store.keys.rotate_webhook_secret("k", 1, LATER)
        assert store.keys.find("k") == replace(self.KEY, webhook_version=2, overlap_until=LATER)


def rows(number: int) -> Amounts:
    return Amounts(rows=number)


class TestUsage:
    DAY = NOW.date()
    TEN = Amounts(10, 10, 10, 10)

    def test_rows_add_up_to_the_limit_and_no_further(self, store: Store) -> None:
        submissions = {"a": 4, "b": 7, "c": 6, "d": 1}
        added = [
            store.usage.add("k", self.DAY, submission, rows(number), self.TEN)
            for submission, number in submissions.items()
        ]
        assert added == [True, False, True, False]
        assert store.usage.of_day("k", self.DAY) == rows(10)

    @pytest.mark.parametrize("name", [name for name, _ in Amounts().items()])
    def test_no_amount_exceeds_its_own_limit(self, store: Store, name: str) -> None:
        six = Amounts(**{name: 6})
        assert store.usage.add("k", self.DAY, "a", six, self.TEN)
        assert not store.usage.add("k", self.DAY, "b", six, self.TEN)
        assert store.usage.add("k", self.DAY, "c", Amounts(4, 4, 4, 4), self.TEN)
        assert getattr(store.usage.of_day("k", self.DAY), name) == 10

    def test_a_repeated_submission_is_counted_once(self, store: Store) -> None:
        six = Amounts(6, 6, 6)
        assert [store.usage.add("k", self.DAY, "a", six, self.TEN) for _ in range(3)] == [True] * 3
        assert store.usage.of_day("k", self.DAY) == six

    def test_more_than_the_limit_is_never_added(self, store: Store) -> None:
        assert not store.usage.add("k", self.DAY, "a", rows(11), self.TEN)
        assert store.usage.of_day("k", self.DAY) == Amounts()

    def test_days_and_owners_are_counted_separately(self, store: Store) -> None:
        store.usage.add("k", self.DAY, "a", rows(5), self.TEN)
        assert store.usage.of_day("k", LATER.date()) == store.usage.of_day("j", self.DAY) == Amounts()

    def test_downloads_are_added_without_a_limit_and_then_nothing_else_is(self, store: Store) -> None:
        store.usage.add_downloads("k", self.DAY, 7)
        assert store.usage.add("k", self.DAY, "a", rows(1), self.TEN)
        store.usage.add_downloads("k", self.DAY, 4)
        assert not store.usage.add("k", self.DAY, "b", rows(1), self.TEN)
        assert store.usage.of_day("k", self.DAY) == Amounts(rows=1, download_bytes=11)

    def test_concurrent_adds_never_exceed_the_limit(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            added = list(
                pool.map(lambda n: store.usage.add("k", self.DAY, f"{n}", rows(1), self.TEN), range(40))
            )
        assert sum(added) == store.usage.of_day("k", self.DAY).rows == 10


class TestSlots:
    def test_an_order_has_one_slot_and_repeating_it_takes_it_again(self, store: Store) -> None:
        assert store.usage.take("k", Slot("a", NOW), 2)
        assert store.usage.take("k", Slot("a", LATER), 2)
        assert store.usage.take("k", Slot("b", NOW), 2)
        assert not store.usage.take("k", Slot("c", NOW), 2)
        assert store.usage.take("j", Slot("c", NOW), 2)
        assert store.usage.slots("k") == [Slot("a", LATER), Slot("b", NOW)]

    def test_a_slot_that_was_taken_again_is_not_freed(self, store: Store) -> None:
        store.usage.take("k", Slot("a", LATER), 2)
        store.usage.take("k", Slot("b", NOW), 2)
        store.usage.free("k", [Slot("a", NOW), Slot("b", NOW)])
        store.usage.free("nobody", [Slot("a", LATER)])
        assert store.usage.slots("k") == [Slot("a", LATER)]
        assert store.usage.slots("nobody") == []

    def test_simultaneous_orders_never_exceed_the_limit(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda n: store.usage.take("k", Slot(f"{n}", NOW), 3), range(40)))
        assert sum(taken) == len(store.usage.slots("k")) == 3


class TestReserving:
    COST = timedelta(seconds=4)
    LATEST = NOW + timedelta(seconds=10)

    def test_costs_add_up_to_the_latest_time(self, store: Store) -> None:
        for _ in range(2):
            assert store.usage.reserve("k", self.COST, NOW, self.LATEST) is None
        assert store.usage.reserve("k", self.COST, NOW, self.LATEST) == NOW + 2 * self.COST
        assert store.usage.reserve("j", self.COST, NOW, self.LATEST) is None
        two = timedelta(seconds=2)
        assert store.usage.reserve("k", self.COST, NOW + two, self.LATEST + two) is None

    def test_what_was_not_used_is_not_kept(self, store: Store) -> None:
        store.usage.reserve("k", self.COST, NOW - timedelta(hours=1), NOW)
        for _ in range(2):
            assert store.usage.reserve("k", self.COST, NOW, self.LATEST) is None
        assert store.usage.reserve("k", self.COST, NOW, self.LATEST) == NOW + 2 * self.COST

    def test_simultaneous_calls_never_reserve_too_much(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            until = list(pool.map(lambda _: store.usage.reserve("k", self.COST, NOW, self.LATEST), range(40)))
        assert until.count(None) == 2
