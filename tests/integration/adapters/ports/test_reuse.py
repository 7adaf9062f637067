"""The ports Sources and References, in memory and on MongoDB alike."""

from dataclasses import replace
from datetime import timedelta

import pytest

from catalight.domain.image.report import Source
from catalight.domain.job.reuse import FirstOfBytes, KnownOutput, Reference, Seen
from catalight.domain.web.fetched import Validators
from tests.integration.adapters.ports.stores import LATER, NOW, Store

ID, OTHER = b"\x00" * 32, b"\xff" * 32
CHECKS = Validators('W/"1"', "Thu, 01 Jan 2026 00:00:00 GMT", b"u" * 16)
OUTPUT = KnownOutput(
    seen=Seen(b"\x00d" * 16, CHECKS, NOW),
    link="token/é.jpg",
    maker="maker",
    holder="holder",
    stored_at=NOW,
    bytes_out=2**40,
    width=3,
    height=2,
    source=Source("png", 6, 4),
    kept=True,
    small=True,
)
PLAIN = replace(OUTPUT, seen=Seen(b"d" * 32, None, NOW), source=None, kept=False, small=False)
FIRST = FirstOfBytes(1_002, "token/é.jpg", "maker", NOW)


def claims(store: Store) -> dict[str, frozenset[str]]:
    return {one.link: one.claims for one in store.references.of_links(["a", "b"])}


class TestSources:
    @pytest.mark.parametrize(
        "output",
        [
            OUTPUT,
            PLAIN,
            replace(
                OUTPUT, seen=replace(OUTPUT.seen, validators=Validators(None, CHECKS.modified, CHECKS.of))
            ),
        ],
    )
    def test_outputs_and_firsts_come_back_as_they_were_remembered(
        self, store: Store, output: KnownOutput
    ) -> None:
        store.sources.remember({ID: output}, {OTHER: FIRST}, LATER)
        assert store.sources.known([ID, OTHER]) == {ID: output}
        assert store.sources.firsts([ID, OTHER]) == {OTHER: FIRST}
        assert store.sources.known([]) == {} == store.sources.firsts([])

    def test_a_later_output_replaces_an_earlier_one(self, store: Store) -> None:
        store.sources.remember({ID: OUTPUT}, {}, LATER)
        store.sources.remember({ID: PLAIN}, {}, LATER)
        assert store.sources.known([ID]) == {ID: PLAIN}

    def test_the_lowest_position_and_the_first_link_stay(self, store: Store) -> None:
        earlier = FirstOfBytes(7, "another/link.jpg", "other", LATER)
        for first in (FIRST, earlier, FIRST):
            store.sources.remember({}, {ID: first}, LATER)
        assert store.sources.firsts([ID]) == {ID: replace(FIRST, position=7)}

    def test_a_job_forgets_what_it_has_used_last(self, store: Store) -> None:
        store.sources.remember({ID: OUTPUT, OTHER: replace(OUTPUT, holder="other")}, {b"1": FIRST}, LATER)
        store.sources.forget([ID, OTHER, b"1"], "holder")
        store.sources.forget([], "other")
        assert list(store.sources.known([ID, OTHER])) == [OTHER]
        assert store.sources.firsts([b"1"]) == {}


class TestReferences:
    def test_claims_are_added_once_and_removed_alone(self, store: Store) -> None:
        a, b = replace(OUTPUT, link="a"), replace(OUTPUT, link="b", stored_at=LATER)
        for claim in ("j1:1", "j1:1", "j1:2", "j10:1"):
            store.references.add(claim, [a, b])
        store.references.add("j1:1", [])
        assert claims(store) == dict.fromkeys("ab", frozenset({"j1:1", "j1:2", "j10:1"}))
        store.references.remove("j1:1", ["a"])
        store.references.remove_job("j1", ["b"])
        assert claims(store) == {"a": frozenset({"j1:2", "j10:1"}), "b": frozenset({"j10:1"})}
        assert store.references.of_links([]) == []

    def test_an_entry_without_a_claim_is_removed(self, store: Store) -> None:
        store.references.add("j1:1", [replace(OUTPUT, link="a"), replace(OUTPUT, link="b")])
        store.references.remove("j1:1", ["a"])
        store.references.remove_job("j1", ["b"])
        assert claims(store) == {}

    def test_the_entries_of_a_job(self, store: Store) -> None:
        store.references.add("j1:1", [replace(OUTPUT, link="a"), replace(OUTPUT, link="b", stored_at=LATER)])
        store.references.add("j2:1", [replace(OUTPUT, link="c")])
        assert {one.link for one in store.references.of_job("j1", 9)} == {"a", "b"}
        assert len(store.references.of_job("j1", 1)) == 1
        assert [one.link for one in store.references.of_job("j1", 9, before=LATER)] == ["a"]
        assert store.references.of_job("j", 9) == []

    def test_the_maker_stays_and_the_newest_time_counts(self, store: Store) -> None:
        store.references.add("j1:1", [replace(OUTPUT, link="a", stored_at=LATER)])
        store.references.add("j2:1", [replace(OUTPUT, link="a", maker="other")])
        expected = Reference("a", "maker", frozenset({"j1:1", "j2:1"}), LATER)
        assert store.references.of_links(["a"]) == [expected]
        store.references.renewed(["a", "b"], NOW)
        store.references.renewed(["a"], LATER + timedelta(days=1))
        assert store.references.of_links(["a"]) == [replace(expected, stored_at=LATER + timedelta(days=1))]
