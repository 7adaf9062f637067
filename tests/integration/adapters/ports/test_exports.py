"""The port Exports, in memory and on MongoDB alike."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from catalight.adapters.mongo import Connection, MongoExports
from catalight.domain.errors import ResultError, ResultErrorCode
from catalight.domain.job.export import REST, Export, ExportState, Position, Step
from catalight.domain.job.result_form import ResultForm, ResultFormat
from tests.integration.adapters.ports.stores import LATER, NOW, Store

NEW = Export("job", 1, ResultForm(ResultFormat.ZIP), "acme", 10, NOW)
REFUSAL = ResultError(ResultErrorCode.CELL_TOO_LONG, "Why.")
SOON = NOW + timedelta(seconds=60)
STEP = Step(
    Position(offset=9, entries=2, row=1, place=3, missing=("ü$.jpg",), missing_total=1), ["e1"], [7], 2
)


def asked(store: Store) -> Export:
    assert store.exports.ask(NEW, NOW, SOON)
    return store.exports.find(NEW.id) or NEW


def claimed(store: Store) -> Export:
    asked(store)
    export = store.exports.claim(NEW.id, NOW, SOON)
    assert export
    return export


def test_an_export_is_stored_once_and_asked_for_while_nobody_works_on_it(store: Store) -> None:
    assert store.exports.find(NEW.id) is None
    assert asked(store) == replace(NEW, asked_until=SOON)
    assert not store.exports.ask(NEW, SOON - timedelta(seconds=1), LATER)
    assert store.exports.ask(NEW, SOON, LATER)
    assert store.exports.find(NEW.id) == replace(NEW, asked_until=LATER)


def test_who_asked_in_vain_takes_it_back_and_nobody_elses(store: Store) -> None:
    asked(store)
    store.exports.withdraw(NEW.id, LATER)
    store.exports.withdraw("unknown", SOON)
    assert not store.exports.ask(NEW, NOW, LATER)
    store.exports.withdraw(NEW.id, SOON)
    assert store.exports.ask(NEW, NOW, LATER)


def test_a_claim_holds_until_it_is_over(store: Store) -> None:
    assert store.exports.claim(NEW.id, NOW, SOON) is None
    first = claimed(store)
    assert (first.claim, first.attempts, first.claimed_until) == (1, 1, SOON)
    assert store.exports.claim(NEW.id, SOON - timedelta(seconds=1), LATER) is None
    second = store.exports.claim(NEW.id, SOON, LATER)
    assert second
    assert (second.claim, second.attempts) == (2, 2)
    assert not store.exports.ask(NEW, SOON, LATER)


def test_what_an_earlier_claim_writes_changes_nothing(store: Store) -> None:
    first = claimed(store)
    second = store.exports.claim(NEW.id, SOON, LATER)
    assert not store.exports.begin(first, "upload")
    assert not store.exports.advance(first, STEP, LATER)
    assert not store.exports.release(first, LATER)
    assert not store.exports.reset(first)
    assert not store.exports.finish(first)
    assert not store.exports.fail(first, REFUSAL, NOW)
    assert store.exports.find(NEW.id) == second


def test_progress_is_added_once_and_extends_the_claim(store: Store) -> None:
    first = claimed(store)
    assert store.exports.begin(first, "upload")
    begun = replace(first, upload="upload")
    assert store.exports.advance(begun, STEP, LATER)
    written = store.exports.find(NEW.id)
    assert written == replace(begun.with_step(STEP), claimed_until=LATER)
    assert (written.parts, written.directories, written.done, written.attempts) == (("e1",), (7,), 2, 0)
    assert store.exports.advance(begun, STEP, LATER)  # the answer to the first call was lost
    assert store.exports.find(NEW.id) == written
    other = replace(STEP, position=Position(offset=10))
    assert not store.exports.advance(begun, other, LATER)
    assert store.exports.find(NEW.id) == written
    third = Step(Position(offset=20), ["e2", "e3"], [], 3)
    assert store.exports.advance(written, third, LATER)
    found = store.exports.find(NEW.id)
    assert found
    assert (found.parts, found.directories, found.position) == (("e1", "e2", "e3"), (7,), third.position)


def test_a_released_export_goes_on_and_an_outage_is_no_attempt(store: Store) -> None:
    first = claimed(store)
    assert store.exports.release(first, SOON, refund=True)
    found = store.exports.find(NEW.id)
    assert found
    assert (found.attempts, found.claimed_until, found.asked_until) == (0, None, SOON)
    second = store.exports.claim(NEW.id, NOW, SOON)
    assert second
    assert store.exports.release(second, SOON)
    found = store.exports.find(NEW.id)
    assert found
    assert (found.attempts, found.claim) == (1, 2)


def test_a_reset_forgets_what_is_written(store: Store) -> None:
    first = claimed(store)
    store.exports.begin(first, "upload")
    store.exports.advance(replace(first, upload="upload"), STEP, LATER)
    assert store.exports.reset(first)
    found = store.exports.find(NEW.id)
    assert found == replace(first, attempts=0, claimed_until=LATER)


def test_a_finished_export_is_ready_and_claimed_no_more(store: Store) -> None:
    first = claimed(store)
    store.exports.begin(first, "upload")
    assert store.exports.finish(first)
    found = store.exports.find(NEW.id)
    assert found
    assert (found.state, found.done, found.upload, found.claimed_until) == (ExportState.READY, 10, None, None)
    assert store.exports.claim(NEW.id, LATER, LATER) is None
    assert not store.exports.ask(NEW, LATER, LATER)
    assert not store.exports.fail(first, REFUSAL, NOW)


def test_a_failed_export_is_asked_for_again_after_a_rest_and_keeps_its_upload(store: Store) -> None:
    first = claimed(store)
    store.exports.begin(first, "upload")
    assert store.exports.fail(first, None, NOW)
    found = store.exports.find(NEW.id)
    assert found
    assert (found.state, found.failed_at, found.refusal) == (ExportState.FAILED, NOW, None)
    assert not store.exports.ask(NEW, NOW + REST - timedelta(seconds=1), LATER)
    assert store.exports.ask(NEW, NOW + REST, LATER)
    found = store.exports.find(NEW.id)
    assert found
    assert (found.state, found.attempts, found.upload) == (ExportState.PREPARING, 0, "upload")


def test_what_can_never_be_written_is_never_asked_for_again(store: Store) -> None:
    store.exports.fail(claimed(store), REFUSAL, NOW)
    found = store.exports.find(NEW.id)
    assert found
    assert (found.refusal, found.failure) == (REFUSAL.code, REFUSAL.detail)
    assert not store.exports.ask(NEW, LATER, LATER)


def test_active_exports_are_counted_by_owner(store: Store) -> None:
    for number in range(3):
        store.exports.ask(replace(NEW, run=number), NOW, SOON)
    store.exports.ask(replace(NEW, run=7, owner="other"), NOW, SOON)
    assert store.exports.count_active("acme", NOW, zips=True) == 3
    assert store.exports.count_active("acme", NOW, zips=False) == 0
    assert store.exports.count_active("acme", SOON, zips=True) == 0
    claimed_one = store.exports.claim(NEW.id, NOW, LATER)
    assert claimed_one
    assert store.exports.count_active("acme", SOON, zips=True) == 1
    store.exports.finish(claimed_one)
    assert store.exports.count_active("acme", NOW, zips=True) == 2


def test_a_job_has_its_exports_until_they_are_deleted(store: Store) -> None:
    others = [replace(NEW, run=2), replace(NEW, form=ResultForm(only_failed=True))]
    for export in (NEW, *others, replace(NEW, job_id="job2")):
        store.exports.ask(export, NOW, SOON)
    assert {export.id for export in store.exports.of_job("job")} == {NEW.id, *(other.id for other in others)}
    store.exports.delete("job")
    assert store.exports.of_job("job") == []
    assert len(store.exports.of_job("job2")) == 1


def test_an_aborted_export_is_never_written_again(store: Store) -> None:
    first = claimed(store)
    store.exports.begin(first, "upload")
    aborted = store.exports.abort(NEW.id)
    assert aborted
    assert (aborted.state, aborted.upload) == (ExportState.ABORTED, "upload")
    assert not store.exports.advance(replace(first, upload="upload"), STEP, LATER)
    assert not store.exports.ask(NEW, LATER, LATER)
    assert store.exports.claim(NEW.id, LATER, LATER) is None
    assert store.exports.abort("unknown") is None


def test_of_simultaneous_requests_and_functions_one_asks_and_one_claims(mongodb: Connection) -> None:
    exports = MongoExports(mongodb)
    with ThreadPoolExecutor(8) as pool:
        asks = list(pool.map(lambda _: exports.ask(NEW, NOW, SOON), range(30)))
        claims = list(pool.map(lambda _: exports.claim(NEW.id, NOW, SOON), range(30)))
    assert sum(asks) == 1
    assert sum(claim is not None for claim in claims) == 1
