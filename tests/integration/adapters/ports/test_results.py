"""The port Results, in memory and on MongoDB alike."""

from dataclasses import replace

from catalight.domain.image.report import Times
from catalight.domain.job.export import Export, ExportState, Position, Step
from catalight.domain.job.job import Counts
from catalight.domain.job.result_form import CLASSIC
from tests.integration.adapters.ports.stores import LATER, NOW, Store

NEW = Export("job", 1, CLASSIC, "acme", 10, NOW)
COUNTS = Counts(3, 1, 900, 300, {"not_found": 1}, Times(5, 4, 3, 2, 1))
STEP = Step(Position(row=4, lines=5, counts=COUNTS), ["e1"], [], 4)


def begun(store: Store) -> Export:
    assert store.results.begin(NEW, "upload")
    return replace(NEW, upload="upload")


def test_the_first_who_begins_one_writes_it(store: Store) -> None:
    assert store.results.find(NEW.id) is None
    export = begun(store)
    assert store.results.begin(NEW, "upload")  # its answer was lost
    assert not store.results.begin(NEW, "another")
    assert store.results.of_job("job") == [export]
    assert store.exports.of_job("job") == []


def test_a_step_is_recorded_once_with_its_counts(store: Store) -> None:
    export = begun(store)
    assert store.results.advance(export, STEP, LATER)
    assert store.results.advance(export, STEP, LATER)  # a twin made the same part, or an answer was lost
    expected = replace(export.with_step(STEP), claimed_until=LATER)
    assert store.results.find(NEW.id) == expected
    further = Step(replace(STEP.position, row=9), ["e2"], [], 9)
    assert store.results.advance(export.with_step(STEP), further, LATER)
    assert not store.results.advance(export, STEP, LATER)
    assert not store.results.advance(replace(export, upload="another"), STEP, LATER)


def test_one_is_forgotten_unless_another_upload_was_begun(store: Store) -> None:
    export = begun(store)
    store.results.forget(replace(export, upload="another"))
    assert store.results.find(NEW.id) == export
    store.results.forget(export)
    assert store.results.find(NEW.id) is None
    assert not store.results.advance(export, STEP, LATER)


def test_an_aborted_one_cannot_be_continued_or_begun(store: Store) -> None:
    export = begun(store)
    aborted = store.results.abort(NEW.id)
    assert aborted
    assert aborted.state is ExportState.ABORTED
    assert not store.results.advance(export, STEP, LATER)
    assert not store.results.begin(NEW, "another")
    store.results.delete("job")
    assert store.results.of_job("job") == []
