"""The ports, in memory and on MongoDB alike: API keys and their usage."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from catalight.domain.api_keys import ApiKey, Limits
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

    def test_duplicate_rotations_make_one_webhook_secret(self, store: Store) -> None:
        store.keys.insert(self.KEY)
        for _ in range(2):
            store.keys.rotate_webhook_secret("k", 1, LATER)
        assert store.keys.find("k") == replace(self.KEY, webhook_version=2, overlap_until=LATER)


class TestUsage:
    DAY = NOW.date()

    def test_rows_add_up_to_the_limit_and_no_further(self, store: Store) -> None:
        submissions = {"a": 4, "b": 7, "c": 6, "d": 1}
        added = [
            store.usage.add("k", self.DAY, submission, rows, 10) for submission, rows in submissions.items()
        ]
        assert added == [True, False, True, False]
        assert store.usage.rows("k", self.DAY) == 10

    def test_a_repeated_submission_is_counted_once(self, store: Store) -> None:
        assert [store.usage.add("k", self.DAY, "a", 6, 10) for _ in range(3)] == [True] * 3
        assert store.usage.rows("k", self.DAY) == 6

    def test_more_than_the_limit_is_never_added(self, store: Store) -> None:
        assert not store.usage.add("k", self.DAY, "a", 11, 10)
        assert store.usage.rows("k", self.DAY) == 0

    def test_days_and_owners_are_counted_separately(self, store: Store) -> None:
        store.usage.add("k", self.DAY, "a", 5, 10)
        assert store.usage.rows("k", LATER.date()) == store.usage.rows("j", self.DAY) == 0

    def test_concurrent_adds_never_exceed_the_limit(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            added = list(pool.map(lambda n: store.usage.add("k", self.DAY, f"{n}", 1, 10), range(40)))
        assert sum(added) == store.usage.rows("k", self.DAY) == 10
