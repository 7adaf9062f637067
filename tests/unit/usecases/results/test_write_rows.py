"""Results that are written in steps: the same bytes and counts wherever a function stops, dies or repeats."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.domain.errors import UnavailableError
from catalight.domain.job import links, stored_keys
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.result_form import RequestedResult, ResultEncoding, ResultForm, ResultFormat
from catalight.domain.messages import FinishJob
from catalight.usecases.results import note_same
from tests.exporting import Exporting, Watched
from tests.pipeline import MISSING, Pipeline

CELLS = [
    "http://h/a.jpg",
    "http://h/b.jpg http://h/c.jpg",
    "",
    "http://h/a.jpg",
    *[f"http://h/{n}.jpg" for n in range(4)],
]
STEP = 150  # bytes: one or two lines


class CrashError(BaseException):
    """The function was killed."""


@dataclass
class Finishing:
    """A job that is FINISHING; `watch` is called before and after each call of a port."""

    part: int = STEP
    requested: RequestedResult = field(default_factory=RequestedResult)
    watch: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        self.pipeline = Pipeline(hosts={"http://h/b.jpg": MISSING}, part_size=lambda _: self.part)
        self.pipeline.uploads.min_part = 50
        self.pipeline.submit = replace(self.pipeline.submit, new_id=lambda: "job")
        self.job = self.pipeline.start(*CELLS, result=self.requested)
        while taken := self.pipeline.image_queue.take():
            for message, _ in taken:
                self.pipeline.process(message)  # type: ignore[arg-type]
        self.pipeline.aggregator_queue.take()

    def finish(self, seconds: float = 0.0) -> bool:
        """Handle one FinishJob; return whether it has asked to be continued."""
        ports = self.pipeline
        watched: dict[str, Any] = {
            name: Watched(getattr(ports, name), lambda call: self.watch(call)) for name in PORTS
        }
        write = replace(
            ports.write_rows,
            steps=watched["results"],
            uploads=watched["uploads"],
            store=watched["store"],
            rows=watched["rows"],
        )
        finish = replace(
            ports.finish_job,
            jobs=watched["jobs"],
            results=watched["results"],
            uploads=watched["uploads"],
            aggregator_queue=watched["aggregator_queue"],
            write_rows=write,
        )
        finish(FinishJob(self.job.id, 1), lambda: seconds)
        return bool(ports.aggregator_queue.take())

    def until_done(self) -> Job:
        for _ in range(100):
            if self.pipeline.jobs.get(self.job.id).state is JobState.COMPLETED:
                return self.pipeline.jobs.get(self.job.id)
            try:
                self.finish()
            except (CrashError, UnavailableError):
                continue
        raise AssertionError("it does not end")

    def result(self, form: ResultForm | None = None) -> bytes:
        return self.pipeline.store.objects[links.result_key(self.job.id, 1, form or self.job.result)]


PORTS = ("jobs", "rows", "results", "uploads", "store", "aggregator_queue")


def lines_without_tokens(data: bytes) -> list[bytes]:
    return re.sub(rb"images/[\w-]{22}/", b"images/", data).split(b"\n")


def in_one_go(requested: RequestedResult) -> Finishing:
    whole = Finishing(part=1 << 20, requested=requested)
    assert not whole.finish(900.0)
    assert whole.pipeline.results.exports == {}
    return whole


@pytest.mark.parametrize("file_format", [ResultFormat.CSV, ResultFormat.JSONL])
def test_a_result_in_steps_has_the_same_bytes_and_counts(file_format: ResultFormat) -> None:
    requested = RequestedResult(file_format)
    whole = in_one_go(requested)
    steps = Finishing(requested=requested)
    continued = 0
    while steps.finish():
        continued += 1
        assert steps.pipeline.jobs.get(steps.job.id).state is JobState.FINISHING
        assert not [key for key in steps.pipeline.store.objects if key.startswith("results/")]
    assert continued > 3
    assert lines_without_tokens(steps.result()) == lines_without_tokens(whole.result())
    ended, expected = steps.until_done(), whole.until_done()
    assert ended.counts == expected.counts
    assert (ended.counts.done, ended.counts.failed) == (7, 1)
    assert (steps.pipeline.results.exports, steps.pipeline.uploads.uploads) == ({}, {})


def test_enough_time_writes_all_parts_at_once() -> None:
    steps = Finishing()
    assert not steps.finish(900.0)
    assert steps.until_done().counts.done == 7


def _calls() -> int:
    calls: list[str] = []
    run = Finishing()
    run.watch = calls.append
    run.until_done()
    return len(calls)


CALLS = _calls()


@dataclass
class Faults:
    """What happens at which calls, counted over the whole run."""

    run: Finishing
    plan: dict[int, str]
    calls: int = 0

    def __call__(self, _: str) -> None:
        self.calls += 1
        match self.plan.get(self.calls):
            case "crash":
                raise CrashError
            case "outage":
                raise UnavailableError("S3")
            case "twin":
                self.twin(0.0)
            case "fast twin":
                self.twin(900.0)
            case "lifecycle":
                self.run.pipeline.uploads.uploads.clear()

    def twin(self, seconds: float) -> None:
        try:
            self.run.finish(seconds)
        except (CrashError, UnavailableError):
            return


FAULTS = ["crash", "outage", "twin", "fast twin", "lifecycle"]
EXPECTED = in_one_go(RequestedResult())


def check(plan: dict[int, str]) -> None:
    run = Finishing()
    run.watch = Faults(run, plan)
    ended = run.until_done()
    assert lines_without_tokens(run.result()) == lines_without_tokens(EXPECTED.result())
    assert ended.counts == EXPECTED.until_done().counts
    run.watch = lambda _: None
    run.pipeline.delete_job(run.job.id)
    run.pipeline.run()
    run.pipeline.clock.forward(3600)
    run.pipeline.tend(run.job)
    assert (run.pipeline.store.objects, run.pipeline.results.exports) == ({}, {})


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_at_each_call(fault: str) -> None:
    assert CALLS > 60
    for call in range(1, CALLS + 1):
        check({call: fault})


@settings(max_examples=100)
@given(st.dictionaries(st.integers(1, 2 * CALLS), st.sampled_from(FAULTS), max_size=8))
def test_many_faults(plan: dict[int, str]) -> None:
    check(plan)


def test_a_job_that_is_deleted_between_steps_leaves_nothing() -> None:
    run = Finishing()
    assert run.finish()
    run.pipeline.delete_job(run.job.id)
    run.pipeline.run()
    assert not run.finish()
    assert run.pipeline.uploads.uploads == {}
    run.pipeline.clock.forward(3600)
    run.pipeline.tend(run.job)
    assert (run.pipeline.store.objects, run.pipeline.results.exports) == ({}, {})


def test_what_crashed_attempts_left_is_removed_before_the_step_is_recorded() -> None:
    run = Finishing()
    rows = list(run.pipeline.rows.stream(run.job.id))
    orphans = [key for row in rows for key in stored_keys.orphan_keys(run.job, row)]
    assert len(orphans) == 2  # of the image that failed, and of the one that is shared
    for key in orphans:
        run.pipeline.store.put(key, b"left", "image/jpeg")
    while run.finish():
        recorded = next(iter(run.pipeline.results.exports.values())).position.row
        left = {key for row in rows[:recorded] for key in stored_keys.orphan_keys(run.job, row)}
        assert not left & run.pipeline.store.objects.keys()
    assert not set(orphans) & run.pipeline.store.objects.keys()


class TestFallback:
    def test_a_workbook_for_which_the_time_is_short_becomes_csv(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        run = Finishing(requested=RequestedResult(ResultFormat.XLSX))
        seconds = iter([300.0, 299.0, 149.0])
        run.pipeline.finish_job(FinishJob(run.job.id, 1), lambda: next(seconds, 0.0))
        assert caplog.messages == ["the result is CSV in UTF-8: result_too_large"]
        [begun] = run.pipeline.results.exports.values()
        assert begun.form == run.job.result.plain
        caplog.clear()
        run.until_done()
        assert not caplog.messages  # the workbook was not tried again
        assert lines_without_tokens(run.result(run.job.result.plain)) == lines_without_tokens(
            EXPECTED.result()
        )
        assert (run.pipeline.results.exports, run.pipeline.uploads.uploads) == ({}, {})

    def test_a_character_that_the_encoding_lacks_in_a_late_step(self) -> None:
        requested = RequestedResult(ResultFormat.CSV, encoding=ResultEncoding.INPUT)
        run = Finishing(requested=requested)
        job = run.pipeline.jobs.get(run.job.id)
        assert job.origin
        run.pipeline.jobs.jobs[job.id] = replace(job, origin=replace(job.origin, encoding="windows-1252"))
        last = run.pipeline.rows.rows["job", len(CELLS) - 1]
        run.pipeline.rows.rows["job", last.number] = replace(last, cells=("8", "茶", last.cells[2]))
        ended = run.until_done()
        assert "茶".encode() in run.result(run.job.result.plain)
        assert ended.counts.done == 7
        assert (run.pipeline.results.exports, run.pipeline.uploads.uploads) == ({}, {})


class TestExports:
    @pytest.mark.parametrize("changes", [{"format": ResultFormat.JSONL}, {"only_failed": True}])
    def test_a_text_is_continued_by_messages(self, changes: dict[str, Any]) -> None:
        def export(part: int, seconds: float) -> tuple[bytes, int]:
            exporting = Exporting(part=part, seconds=lambda: seconds)
            exporting.pipeline.hosts["http://h/b.jpg"] = MISSING
            job = exporting.a_job(*CELLS * 2)
            exporting.offer(job, changes)
            messages = 0
            while exporting.handle():
                messages += 1
            [key] = [
                k
                for k in exporting.store.objects
                if k.startswith("results/") and k != f"results/{job.id}/1.csv"
            ]
            assert exporting.leftovers(job) == []
            return exporting.store.objects[key], messages

        (whole, one), (steps, several) = export(1 << 20, 900.0), export(40, 0.0)
        assert one == 1
        assert several > 1
        assert lines_without_tokens(steps) == lines_without_tokens(whole)


def test_memory_and_reads_of_a_step_do_not_grow_with_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step reads only its own rows, and a batch that follows."""
    monkeypatch.setattr(note_same, "BATCH", 2)
    run = Finishing()
    read: list[int] = []
    stream = run.pipeline.rows.stream

    def watched(job_id: str, after: int = -1) -> Any:
        for row in stream(job_id, after):
            read.append(row.number)
            yield row

    monkeypatch.setattr(run.pipeline.rows, "stream", watched)
    while run.finish():
        assert len(read) <= 5
        read.clear()
