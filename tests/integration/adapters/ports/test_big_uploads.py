"""The port BigUploads, in memory and on MongoDB alike."""

from dataclasses import replace
from datetime import timedelta

import pytest

from catalight.domain.catalogue.files import Dialect
from catalight.domain.catalogue.requested import Request
from catalight.domain.errors import Problem
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.naming import Naming
from catalight.domain.job.origin import Origin
from catalight.domain.job.result_form import RequestedResult, ResultFormat
from catalight.domain.job.upload import BigUpload, Checkpoint, SaidOfFile, Spool, UploadState
from tests.integration.adapters.ports.stores import LATER, NOW, Store, a_job

SOON = NOW + timedelta(seconds=60)
SAID = SaidOfFile(Request(("Photo $.1",), "SKU"), 3, strict=True, encoding="utf-8", sheet="1")
BIG = BigUpload(9, "text/csv", SAID, RequestedResult(ResultFormat.XLSX), confirm=True)
CHECKPOINT = Checkpoint(
    7, 3, "utf-8", ascii=True, reader={"records": 1, "short": {"first": None}}, made={"rows": 1}
)
PROBLEM = Problem("broken_quote", "Why.", 3, "Photo", "x$")


def new(store: Store, **fields: object) -> Job:
    return store.jobs.insert(replace(a_job(), id="job", upload=replace(BIG, **fields)))  # type: ignore[arg-type]


def claimed(store: Store) -> Job:
    new(store)
    job = store.big_uploads.claim("job", NOW, SOON)
    assert job
    return job


def big(job: Job | None) -> BigUpload:
    assert job
    assert job.upload
    return job.upload


def test_an_upload_is_stored_with_its_job_and_left_out_of_lists(store: Store) -> None:
    full = replace(BIG, overview={"rows": 1}, checkpoint=CHECKPOINT, problems=(PROBLEM,), problems_total=1)
    new(
        store,
        **{name: getattr(full, name) for name in ("overview", "checkpoint", "problems", "problems_total")},
    )
    assert big(store.jobs.find("job")) == full
    [listed] = store.job_list.page(a_job().owner, set(JobState), None, 9)
    assert big(listed).size == 9


def test_only_one_function_holds_an_upload(store: Store) -> None:
    job = claimed(store)
    assert (big(job).claim, big(job).attempts, big(job).claimed_until) == (1, 1, SOON)
    assert store.big_uploads.claim("job", SOON - timedelta(seconds=1), LATER) is None
    second = store.big_uploads.claim("job", SOON, LATER)
    assert (big(second).claim, big(second).attempts) == (2, 2)
    assert not store.big_uploads.advance(job, NOW, LATER)
    assert not store.big_uploads.understand(job, NOW, LATER)
    assert not store.big_uploads.release(job)
    assert not store.big_uploads.submit(job, NOW)
    assert not store.big_uploads.end(job, JobState.FAILED, NOW, claimed=True)
    assert big(store.jobs.find("job")) == big(second)


def test_progress_and_the_end_of_a_claim(store: Store) -> None:
    job = claimed(store)
    spool = Spool("u", ("e1", "e2"), 7)
    ahead = replace(
        big(job), attempts=0, checkpoint=CHECKPOINT, spool=spool, state=UploadState.READING, read=7
    )
    job = replace(
        job, upload=ahead, rows=2, images=3, duplicates=1, counts=Counts(failed=1, errors={"invalid_url": 1})
    )
    assert store.big_uploads.advance(job, SOON, LATER)
    assert store.big_uploads.advance(job, SOON, LATER)  # it may be repeated
    stored = store.jobs.get("job")
    assert big(stored) == replace(ahead, claimed_until=LATER)
    assert (stored.rows, stored.images, stored.duplicates, stored.counts) == (2, 3, 1, job.counts)
    assert (stored.moved_at, stored.looks) == (SOON, 0)
    assert store.big_uploads.release(job)
    assert big(store.jobs.get("job")).claimed_until is None
    again = store.big_uploads.claim("job", NOW, SOON)
    assert big(again).attempts == 1
    assert again
    assert store.big_uploads.release(again, refund=True)
    assert big(store.jobs.get("job")).attempts == 0


def test_what_was_understood_waits_for_a_confirmation(store: Store) -> None:
    job = claimed(store)
    assert not store.big_uploads.confirm("job", NOW)
    job = replace(
        job,
        header=("SKU", "Photo $.1"),
        dialect=Dialect(";", "\n", bom=True),
        outputs=("Output Photo",),
        origin=Origin((1,), 0),
        remembered={"ab": Request(("Photo",))},
        naming=Naming("{serial}", columns=(0,)),
        mostly_known=True,
        upload=replace(big(job), state=UploadState.UNDERSTOOD, overview={"rows": 1}),
    )
    assert store.big_uploads.understand(job, SOON, None)
    stored = store.jobs.get("job")
    for name in ("header", "dialect", "outputs", "origin", "remembered", "naming", "mostly_known"):
        assert getattr(stored, name) == getattr(job, name)
    assert store.big_uploads.claim("job", LATER, LATER) is None
    assert store.big_uploads.confirm("job", LATER)
    assert not store.big_uploads.confirm("job", LATER)
    assert big(store.jobs.get("job")).state is UploadState.READING
    assert store.big_uploads.claim("job", LATER, LATER)


def test_a_submitted_job_is_sealed_once(store: Store) -> None:
    job = claimed(store)
    done = replace(big(job), state=UploadState.SUBMITTED, checkpoint=None)
    job = replace(job, upload=done, rows=5, ranges=2, deadline_at=LATER, expires_at=LATER, sweep_at=SOON)
    assert store.big_uploads.submit(job, NOW)
    assert store.big_uploads.submit(job, NOW)  # it may be repeated
    stored = store.jobs.get("job")
    assert (stored.sealed, stored.rows, stored.ranges, stored.deadline_at) == (True, 5, 2, LATER)
    assert big(stored) == replace(done, claimed_until=None)
    assert not store.big_uploads.end(job, JobState.CANCELLED, NOW, claimed=False)
    assert store.big_uploads.claim("job", LATER, LATER) is None


@pytest.mark.parametrize("by_claim", [True, False])
@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_an_upload_that_ends_has_its_problems(store: Store, state: JobState, *, by_claim: bool) -> None:
    job = claimed(store)
    failed = replace(job, upload=big(job).failed((PROBLEM,), 3))
    assert store.big_uploads.end(failed, state, SOON, claimed=by_claim)
    assert not store.big_uploads.end(failed, state, SOON, claimed=by_claim)
    stored = store.jobs.get("job")
    assert (stored.state, stored.cancelled, stored.sealed) == (state, state is JobState.CANCELLED, False)
    assert (stored.finished_at, stored.moved_at, stored.sweep_at) == (SOON, SOON, SOON)
    assert (big(stored).problems, big(stored).problems_total) == ((PROBLEM,), 3)
    assert big(stored).state is UploadState.FAILED
    assert not store.big_uploads.advance(job, NOW, LATER)
    assert not store.big_uploads.submit(job, NOW)
    assert not store.jobs.begin_run(replace(stored, run=2))
    store.big_uploads.clear("job")
    assert big(store.jobs.get("job")).cleared


def test_a_deleted_upload_is_not_written(store: Store) -> None:
    job = claimed(store)
    store.jobs.delete("job", NOW)
    assert not store.big_uploads.advance(job, NOW, LATER)
    assert not store.big_uploads.submit(job, NOW)
    assert store.big_uploads.claim("job", LATER, LATER) is None
    store.jobs.leave_tombstone("job", LATER)
    assert (tomb := store.jobs.find("job"))
    assert tomb.upload is None
