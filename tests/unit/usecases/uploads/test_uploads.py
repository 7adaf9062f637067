"""Big uploads: what may go wrong with the file, its key and its client."""

import gzip
from dataclasses import replace
from datetime import timedelta

import pytest

from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.catalogue.requested import Request
from catalight.domain.errors import IdempotencyError, LimitError, NoResultError, NotUnderstoodError
from catalight.domain.job import fairness
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.upload import LIFETIME, MAX_ATTEMPTS, BigUpload, SaidOfFile, UploadState, upload_key
from catalight.domain.messages import IngestUpload
from catalight.domain.usage import Amounts
from catalight.usecases.uploads import read_text
from catalight.usecases.uploads.turn import TURN, Turn
from catalight.usecases.uploads.unpack import MIN_SECONDS_LEFT
from tests.pipeline import csv_of
from tests.unit.usecases.uploads.big import Uploading, rows_of

DATA = csv_of(*(f"http://h/{n}.jpg" for n in range(30)))
LONG = csv_of(*(f"http://h/{n}.jpg" for n in range(300)))
STEPS = {"head": 200, "piece": 300, "margin": 100, "most": 5}


def codes(job: Job) -> list[str]:
    assert job.upload
    return [problem.code for problem in job.upload.problems]


def big(job: Job) -> BigUpload:
    assert job.upload
    return job.upload


def test_an_upload_is_processed_to_its_end_and_its_file_is_removed() -> None:
    uploading = Uploading()
    job = uploading.upload(DATA)
    uploading.run()
    assert uploading.jobs.get(job.id).state is JobState.COMPLETED
    assert uploading.result(job).count("\r\n") == 31
    assert not [key for key in uploading.store.objects if key.startswith("uploads/")]


def test_a_file_that_is_larger_than_announced_fails() -> None:
    uploading = Uploading()
    job = uploading.begin(10)
    uploading.store_file(job, DATA)
    assert codes(uploading.ingest()) == ["larger_than_announced"]
    assert uploading.store.objects == {}


def test_an_empty_file_fails() -> None:
    uploading = Uploading()
    uploading.store_file(uploading.begin(10), b"")
    assert codes(uploading.ingest()) == ["empty_file"]


def test_a_file_that_is_replaced_while_it_is_read_fails() -> None:
    uploading = Uploading(**STEPS)
    job = uploading.begin(len(DATA))
    uploading.store_file(job, DATA)
    [(message, _)] = uploading.ingest_queue.take()
    assert isinstance(message, IngestUpload)
    uploading.ingest_upload(message, lambda: 0.0)
    assert rows_of(uploading)
    uploading.store.objects[upload_key(job.id)] = DATA.replace(b"h/", b"x/")
    job = uploading.ingest()
    assert (job.state, codes(job)) == (JobState.FAILED, ["upload_changed"])
    with pytest.raises(NoResultError):
        uploading.offer_result(job)
    with pytest.raises(NoResultError):
        uploading.retry_job(job.id)


def test_what_a_failed_upload_has_stored_is_removed_when_nobody_can_still_write_it() -> None:
    uploading = Uploading(**STEPS)
    job = uploading.upload(DATA + b'1,"a"b,http://h/a.jpg\r\n')
    assert codes(job) == ["broken_quote"]
    assert rows_of(uploading)
    uploading.tend(job)
    assert rows_of(uploading)
    uploading.clock.forward(15 * 60)
    uploading.sweep_all()
    assert not rows_of(uploading)
    assert big(uploading.jobs.get(job.id)).cleared


def test_a_record_that_is_too_long_for_the_memory_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_text, "MAX_RECORD", 2_000)
    uploading = Uploading(**STEPS)
    cells = ",".join(["x" * 100] * 100)
    job = uploading.upload(DATA + f"1,{cells}\r\n".encode() + DATA)
    assert codes(job) == ["row_too_long"]


def test_an_upload_that_crashes_its_function_again_and_again_fails() -> None:
    uploading = Uploading()
    job = uploading.begin(len(DATA))
    uploading.store_file(job, DATA)
    for _ in range(MAX_ATTEMPTS):
        assert uploading.big_uploads.claim(job.id, uploading.clock(), uploading.clock())
    assert codes(uploading.ingest()) == ["not_read"]


def test_rows_count_against_the_key_before_the_job_is_sealed() -> None:
    uploading = Uploading()
    limits = Limits(rows_a_day=29)
    uploading.keys.insert(ApiKey("acme", "Acme", "digest", limits, uploading.clock()))
    job = uploading.upload(DATA, owner="acme", limits=limits)
    assert (job.state, codes(job), job.sealed) == (JobState.FAILED, ["limit"], False)
    assert uploading.image_queue.take() == []


def with_key(limits: Limits, **sizes: int) -> Uploading:
    uploading = Uploading(**sizes)
    uploading.keys.insert(ApiKey("acme", "Acme", "digest", limits, uploading.clock()))
    return uploading


@pytest.mark.parametrize(
    ("limits", "used"),
    [
        (Limits(rows_a_day=12), Amounts()),
        (Limits(images_a_day=12), Amounts()),
        (Limits(rows_a_day=30), Amounts(rows=18)),
    ],
)
def test_a_file_of_too_many_rows_is_read_no_further_than_the_day_allows(
    limits: Limits, used: Amounts
) -> None:
    uploading = with_key(limits, **STEPS)
    uploading.admit.usage.add("acme", uploading.clock().date(), "earlier", used, limits.a_day)
    job = uploading.upload(DATA, owner="acme", limits=limits)
    assert (job.state, codes(job)) == (JobState.FAILED, ["limit"])
    assert 12 < job.rows <= 12 + STEPS["most"]
    assert len(rows_of(uploading)) == job.rows


def of_today(uploading: Uploading) -> Amounts:
    return uploading.admit.usage.of_day("acme", uploading.clock().date())


def test_the_bytes_of_a_file_count_once_however_it_ends() -> None:
    uploading = with_key(Limits(), **STEPS)
    job = uploading.begin(len(DATA), owner="acme", limits=Limits())
    uploading.store_file(job, DATA)
    assert uploading.ingest(lambda: 0.0).sealed
    assert of_today(uploading) == Amounts(rows=30, images=30, file_bytes=len(DATA))
    refused = with_key(Limits())
    assert codes(refused.upload(b"a,b\r\n1,2\r\n", owner="acme", limits=Limits())) == ["missing_column"]
    assert of_today(refused) == Amounts(file_bytes=10)


def test_a_file_larger_than_what_is_left_of_the_day_is_not_read() -> None:
    limits = Limits(file_bytes_a_day=len(DATA) + 10)
    uploading = with_key(limits)
    job = uploading.begin(len(DATA), owner="acme", limits=limits)
    uploading.admit.usage.add("acme", uploading.clock().date(), "x", Amounts(file_bytes=11), limits.a_day)
    uploading.store_file(job, DATA)
    failed = uploading.ingest()
    assert (codes(failed), failed.rows, big(failed).overview) == (["limit"], 0, None)
    with pytest.raises(LimitError) as refused:
        uploading.begin(len(DATA), owner="acme", limits=limits, idempotency_key="second")
    assert (refused.value.name, refused.value.left) == ("file-bytes", len(DATA) - 1)
    assert refused.value.retry_after


class Seconds:
    """Seconds left of a call's 900; each part of a file that is read takes ten."""

    def __init__(self, uploading: Uploading) -> None:
        self.left, self._read = 900.0, uploading.ranges.read_range
        uploading.ranges.read_range = self.read_range  # type: ignore[method-assign]

    def read_range(self, key: str, etag: str, start: int, end: int) -> bytes:
        self.left -= 10
        return self._read(key, etag, start, end)

    def __call__(self) -> float:
        return self.left


@pytest.mark.parametrize("data", [LONG, gzip.compress(LONG)])
def test_a_long_file_is_read_in_turns_and_goes_on_in_the_group_of_its_owner(data: bytes) -> None:
    uploading = Uploading(**STEPS)
    job = uploading.begin(len(data), owner="acme")
    uploading.store_file(job, data)
    seconds, turns = Seconds(uploading), list[float]()
    while taken := uploading.ingest_queue.take():
        [(message, _)] = taken
        assert isinstance(message, IngestUpload)
        seconds.left, uploading.ingest_queue.groups = 900.0, set()
        uploading.ingest_upload(message, seconds)
        turns.append(900 - seconds.left)
        sealed = uploading.jobs.get(job.id).sealed
        assert uploading.ingest_queue.groups == (set() if sealed else {fairness.of_owner("acme")})
    assert uploading.jobs.get(job.id).rows == len(rows_of(uploading)) == 300
    assert len(turns) > 3
    assert TURN <= turns[0] <= max(turns) <= 2 * TURN


def test_a_turn_lasts_at_least_as_long_as_what_it_had_to_repeat() -> None:
    answers = iter([900.0, 800.0, 700.0, 699.0])
    turn = Turn(lambda: next(answers))
    assert [turn() >= MIN_SECONDS_LEFT for _ in range(3)] == [True, True, False]
    assert Turn(lambda: 30.0)() == 30.0


def test_an_upload_is_an_open_job_from_the_beginning() -> None:
    uploading = Uploading()
    limits = Limits(open_jobs=1)
    uploading.begin(9, owner="acme", limits=limits)
    second = replace(uploading.begin_upload, new_id=lambda: "second")
    uploading.begin_upload = second
    with pytest.raises(LimitError):
        uploading.begin(9, owner="acme", limits=limits)
    with pytest.raises(LimitError):
        uploading.begin(10**10, owner="other", limits=Limits())


def test_the_same_key_gives_the_same_upload_and_no_other() -> None:
    uploading = Uploading()
    first = uploading.begin(9, idempotency_key="key")
    assert uploading.begin(9, idempotency_key="key") == first
    with pytest.raises(IdempotencyError):
        uploading.begin(10, idempotency_key="key")


def test_an_upload_waits_for_its_confirmation() -> None:
    uploading = Uploading(**STEPS)
    job = uploading.upload(DATA, confirm=True)
    assert big(job).state is UploadState.UNDERSTOOD
    assert big(job).overview
    assert rows_of(uploading) == []
    uploading.confirm_upload(job.id)
    uploading.confirm_upload(job.id)
    assert uploading.ingest().sealed
    assert len(rows_of(uploading)) == 30


def test_what_cannot_be_confirmed() -> None:
    uploading = Uploading()
    job = uploading.begin(9)
    with pytest.raises(NotUnderstoodError):
        uploading.confirm_upload(job.id)


def test_columns_that_were_named_are_remembered_once_the_job_is_accepted() -> None:
    uploading = Uploading()
    data = b"A,B\r\nhttp://h/a.jpg,http://h/b.jpg\r\n"
    uploading.upload(data, SaidOfFile(Request(("B",))))
    [known] = uploading.column_memory.of_owner("")
    assert known.columns.images == ("B",)


@pytest.mark.parametrize("when", ["waiting", "reading", "understood"])
def test_cancelling_ends_an_upload_without_a_result(when: str) -> None:
    uploading = Uploading(**STEPS)
    job = uploading.begin(len(DATA), confirm=when == "understood")
    if when != "waiting":
        uploading.store_file(job, DATA)
        [(message, _)] = uploading.ingest_queue.take()
        assert isinstance(message, IngestUpload)
        uploading.ingest_upload(message, lambda: 0.0)
    assert uploading.cancel_job(job.id).state is JobState.CANCELLED
    uploading.run()
    uploading.clock.forward(15 * 60)
    uploading.sweep_all()
    assert (rows_of(uploading), uploading.store.objects) == ([], {})
    with pytest.raises(NoResultError):
        uploading.offer_result(uploading.jobs.get(job.id))


@pytest.mark.parametrize("tombstone", [True, False])
def test_a_file_that_comes_after_its_job_was_deleted_is_removed(tombstone: bool) -> None:
    uploading = Uploading()
    job = uploading.begin(len(DATA))
    uploading.delete_job(job.id)
    uploading.run()
    uploading.clock.forward(15 * 60)
    uploading.sweep_all()
    [left] = uploading.jobs.jobs.values()
    assert (left.state, left.upload) == (JobState.GONE, None)
    if not tombstone:
        uploading.jobs.jobs.clear()
    uploading.store_file(job, DATA)
    [(message, _)] = uploading.ingest_queue.take()
    assert isinstance(message, IngestUpload)
    uploading.ingest_upload(message, lambda: 900.0)
    assert uploading.store.objects == {}


def test_a_lost_event_is_found_by_the_sweeper() -> None:
    uploading = Uploading()
    job = uploading.begin(len(DATA))
    uploading.store.put(upload_key(job.id), DATA, "text/csv")
    uploading.clock.forward(15 * 60)
    uploading.sweep_all()
    assert uploading.ingest().sealed


def test_an_upload_that_is_never_finished_is_gone_after_a_day() -> None:
    uploading = Uploading()
    job = uploading.begin(9)
    uploading.clock.forward((LIFETIME - timedelta(seconds=1)).total_seconds())
    uploading.sweep_all()
    assert uploading.jobs.get(job.id).state is JobState.PENDING
    uploading.clock.forward(3_600)
    uploading.sweep_all()
    found = uploading.jobs.find(job.id)
    assert found
    assert found.state is JobState.GONE


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (gzip.compress(DATA)[:-9], "corrupt_gzip"),
        (gzip.compress(gzip.compress(DATA)), "gzip_twice"),
        (b"PK\x03\x04" + b"x" * 26_000_000, "corrupt_workbook"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 26_000_000, "workbook_too_large"),
        (b"a,b\r\n1,2\r\n", "missing_column"),
    ],
)
def test_files_that_cannot_be_read(data: bytes, code: str) -> None:
    job = Uploading().upload(data)
    assert (job.state, codes(job)[0]) == (JobState.FAILED, code)
