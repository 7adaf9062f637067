"""A ZIP while functions crash, stall and run twice, and while services fail, at any call of a port."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.domain.errors import ExportStoppedError, UnavailableError
from catalight.domain.job.export import LEASE, ExportState
from catalight.domain.job.job import Job
from catalight.domain.messages import WriteExport
from tests.exporting import AS_ZIP, Exporting, files

MOST_POLLS = 200
UNKNOWN = {f"{fault} {when} begin" for fault in ("crash", "outage") for when in ("before", "after")}
UNKNOWN |= {f"{fault} before abort" for fault in ("crash", "outage")}
CELLS = [" ".join(f"http://h/{row}-{n}.jpg" for n in range(6)) for row in range(3)]


class CrashError(BaseException):
    """The function was killed."""


class Fault(StrEnum):
    CRASH = "crash"
    OUTAGE = "outage"
    STALL = "stall"  # for longer than its claim, while another function works
    DUPLICATE = "duplicate"  # the message is handled by another function at the same time


@dataclass
class Faults:
    """What happens at which calls, counted over the whole run."""

    plan: dict[int, Fault]
    another: Callable[[], None] = lambda: None
    forward: Callable[[float], None] = lambda _: None
    calls: int = 0
    happened: list[str] = field(default_factory=list)

    def __call__(self, call: str) -> None:
        self.calls += 1
        fault = self.plan.get(self.calls)
        if fault is None:
            return
        self.happened.append(f"{fault} {call}")
        match fault:
            case Fault.CRASH:
                raise CrashError
            case Fault.OUTAGE:
                raise UnavailableError("S3")
            case Fault.STALL:
                self.forward(LEASE.total_seconds() + 1)
                self.another()
            case Fault.DUPLICATE:
                self.another()


@dataclass
class Run:
    """A client that polls, and functions that handle what it asks for."""

    faults: Faults
    part: int = 200
    seconds: list[float] = field(default_factory=list)  # of the first functions, in images

    def __post_init__(self) -> None:
        self.exporting = Exporting(part=self.part, watch=self.faults, seconds=self._seconds_left)
        self.faults.another, self.faults.forward = self._another, self.exporting.clock.forward
        self.faults_off = Faults({})

    def _seconds_left(self) -> float:
        return self.seconds.pop(0) if self.seconds else 900.0

    def _another(self) -> None:
        self._handle(WriteExport(self.job.id, self.job.run, "zip"))

    def _handle(self, message: WriteExport) -> None:
        try:
            self.exporting.write(message, self.exporting.seconds)
        except (CrashError, UnavailableError):
            return

    def poll(self) -> bool:
        """Ask for the ZIP, and let a function handle each message. Return whether it is ready."""
        exporting = self.exporting
        try:
            answer = exporting.offer(self.job, AS_ZIP)
        except ExportStoppedError as stopped:
            exporting.clock.forward(stopped.retry_after)
            return False
        if hasattr(answer, "url"):
            return True
        while messages := exporting.queue.take():
            for message, _ in messages:
                assert isinstance(message, WriteExport)
                self._handle(message)
        exporting.clock.forward(61)
        return False

    def until_ready(self, *cells: str) -> Job:
        plan, self.faults.plan = self.faults.plan, {}
        self.job = self.exporting.a_job(*cells)
        self.faults.plan, self.faults.calls = plan, 0
        for _ in range(MOST_POLLS):
            if self.poll():
                return self.job
        raise AssertionError(f"never ready after {self.faults.happened}")


def expected() -> tuple[dict[str, bytes], int]:
    """The files of a ZIP without faults, and the number of calls that make it."""
    faults = Faults({})
    run = Run(faults)
    job = run.until_ready(*CELLS)
    return files(run.exporting.zip_of(job)), faults.calls


EXPECTED, CALLS = expected()


def check(run: Run) -> None:
    found = files(run.exporting.zip_of(run.job))
    assert list(found)[1:] == list(EXPECTED)[1:]  # the tokens in the links of the result differ by job
    assert [found[name] for name in list(found)[1:]] == [EXPECTED[name] for name in list(EXPECTED)[1:]]
    # An upload that is not recorded, or not any more, is known to nobody: the bucket's lifecycle ends it.
    unknown = [what for what in run.faults.happened if what in UNKNOWN]
    uploads = run.exporting.uploads.uploads
    assert len(uploads) <= len(unknown)
    uploads.clear()
    # A function that outlived its claim removes what it has stored too late, unless it dies before.
    late = any(what.startswith(Fault.STALL) for what in run.faults.happened)
    died = any(what.startswith((Fault.CRASH, Fault.OUTAGE)) for what in run.faults.happened)
    assert (late and died) or run.exporting.leftovers(run.job) == [], run.faults.happened
    run.exporting.watch = lambda _: None
    run.exporting.pipeline.delete_job(run.job.id)
    run.exporting.pipeline.run()
    run.exporting.clock.forward(timedelta(hours=1).total_seconds())
    run.exporting.pipeline.tend(run.job)
    assert (run.exporting.store.objects, run.exporting.exports.exports) == ({}, {})


def test_the_run_without_faults_has_many_parts() -> None:
    assert CALLS > 60
    assert len(EXPECTED) == 19


@pytest.mark.parametrize("fault", list(Fault))
def test_one_fault_at_each_call(fault: Fault) -> None:
    for call in range(1, CALLS + 1):
        run = Run(Faults({call: fault}))
        run.until_ready(*CELLS)
        assert run.faults.happened
        check(run)


@settings(max_examples=100)
@given(
    plan=st.dictionaries(st.integers(1, 2 * CALLS), st.sampled_from(Fault), max_size=8),
    seconds=st.lists(st.sampled_from([900.0, 900.0, 900.0, 10.0]), max_size=60),
    part=st.sampled_from([64, 200, 1_000, 100_000]),
)
def test_many_faults(plan: dict[int, Fault], seconds: list[float], part: int) -> None:
    run = Run(Faults(plan), part, seconds)
    run.until_ready(*CELLS)
    check(run)


def test_an_aborted_export_stops_and_leaves_nothing() -> None:
    """The job is deleted at each call of the port, while a function writes the ZIP."""
    for call in range(1, CALLS + 1):
        run = Run(Faults({}))
        run.job = run.exporting.a_job(*CELLS)
        exporting, deleted = run.exporting, list[int]()

        def watch(_: str, run: Run = run, deleted: list[int] = deleted, at: int = call) -> None:
            deleted.append(1)
            if len(deleted) == at:
                run.exporting.pipeline.delete_job(run.job.id)
                run.exporting.pipeline.run()

        exporting.watch = watch
        exporting.offer(run.job, AS_ZIP)
        exporting.handle()
        exporting.watch = lambda _: None
        exporting.clock.forward(timedelta(hours=1).total_seconds())
        exporting.pipeline.tend(run.job)
        assert exporting.store.objects == {}
        assert exporting.uploads.uploads == {}
        assert exporting.exports.exports == {}


def test_after_too_many_crashes_the_client_hears_of_it_and_may_try_again() -> None:
    run = Run(Faults({}))
    run.job = run.exporting.a_job(*CELLS)

    def watch(call: str) -> None:
        if call == "before stream":
            raise CrashError

    run.exporting.watch = watch
    polls = 0
    while run.exporting.exports.exports == {} or run.exporting.find(run.job).state is ExportState.PREPARING:
        assert not run.poll()
        polls += 1
    assert 25 <= polls <= 31  # it takes five minutes to see that a function crashed
    run.exporting.clock.forward(-31)
    with pytest.raises(ExportStoppedError) as stopped:
        run.exporting.offer(run.job, AS_ZIP)
    assert stopped.value.retry_after == 30
    run.exporting.clock.forward(30)
    run.exporting.watch = lambda _: None
    assert [run.poll(), run.poll()] == [False, True]
    check(run)


def test_an_outage_costs_no_attempt() -> None:
    run = Run(Faults({}))
    run.job = run.exporting.a_job(*CELLS)

    def watch(call: str) -> None:
        if call == "before stream":
            raise UnavailableError("S3")

    run.exporting.watch = watch
    assert not any(run.poll() for _ in range(50))
    run.exporting.watch = lambda _: None
    assert [run.poll(), run.poll()] == [False, True]
