"""What has ended in a range is recorded while its other images are still processed."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event, Lock

import pytest

from catalight.domain.errors import UnavailableError
from catalight.domain.job import ranges
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.row import Row
from catalight.domain.job.sweeping import GRACE
from catalight.domain.messages import ProcessRange
from catalight.usecases.images.host_scheduler import HostScheduler
from catalight.usecases.images.work import Work
from tests.one_by_one import OneByOne
from tests.pipeline import MISSING, THREADS, Pipeline, answering

A, B, C = "http://h/a.jpg", "http://h/b.jpg", "http://h/c.jpg"
PATIENCE = 30.0  # seconds; what is waited for comes at once


def one_by_one(pipeline: Pipeline) -> Pipeline:
    """Let each image be recorded before the next one is fetched."""
    compress_images = OneByOne.like(pipeline.process_range.compress_images)
    pipeline.process_range = replace(pipeline.process_range, compress_images=compress_images)
    return pipeline


class Slow(Pipeline):
    """All images but A take until `seen` is set, by the first save; `saves` is what each has ended."""

    def __init__(self, pause: float, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(threads=THREADS)
        monkeypatch.setattr(ranges, "record_pause", lambda *of_job: pause)
        self.saves, self.patience = list[int](), PATIENCE
        self.seen, self._lock, self.at_work = Event(), Lock(), 0
        self._save = self.rows.save
        self.rows.save = self.save  # type: ignore[method-assign]
        compress_images = replace(self.compress_images, downloads=2, per_host=2, fetch=answering(self.slow))
        self.process_range = replace(self.process_range, compress_images=compress_images)

    def slow(self, url: str, headers: RequestHeaders) -> bytes:
        with self._lock:
            self.at_work += 1
        try:
            if url != A:
                self.seen.wait(self.patience)
            return self.fetch(url, headers)
        finally:
            with self._lock:
                self.at_work -= 1

    def save(self, rows: Sequence[Row]) -> list[Row]:
        self.saves.append(sum(image.ended for row in rows for image in row.images))
        saved = self._save(rows)
        self.seen.set()
        return saved


@pytest.mark.parametrize(("cells", "saves"), [((A, B), [1, 1]), ((f"{A} {B}",), [1, 2])])
def test_what_has_ended_is_recorded_while_another_image_is_fetched(
    cells: tuple[str, ...], saves: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Slow(0.01, monkeypatch)
    job = pipeline.start(*cells)
    pipeline.process(ProcessRange(job.id, 1, 0))
    assert pipeline.saves == saves  # B waited for the first
    assert pipeline.jobs.get(job.id).counts.done == 2


def test_within_the_pause_nothing_is_recorded_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Slow(PATIENCE, monkeypatch)
    pipeline.patience = 0.05
    job = pipeline.start(A, B, C)
    pipeline.process(ProcessRange(job.id, 1, 0))
    assert pipeline.saves == [3]


def test_after_an_outage_nothing_more_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Slow(0.01, monkeypatch)
    stop = HostScheduler.stop

    def stopped(scheduler: HostScheduler[Work]) -> None:
        stop(scheduler)
        pipeline.seen.set()

    def down(rows: Sequence[Row]) -> list[Row]:
        raise UnavailableError("MongoDB")

    monkeypatch.setattr(HostScheduler, "stop", stopped)
    pipeline.rows.save = down  # type: ignore[method-assign]
    job = pipeline.start(A, *(f"http://h/{number}.jpg" for number in range(8)))
    with pytest.raises(UnavailableError):
        pipeline.process(ProcessRange(job.id, 1, 0))
    assert pipeline.at_work == 0
    assert len(pipeline.fetched) == 3  # A, and the two that had begun


@pytest.mark.parametrize("first", [b"an image", MISSING])
def test_of_two_handlers_each_image_counts_once_and_one_continues(first: bytes | Exception) -> None:
    """The second handler starts and ends while the first one fetches A; it has time for A alone."""
    pipeline = one_by_one(Pipeline(window=1, hosts={A: first}))
    job = pipeline.start(A, *[f"http://h/{number}.jpg" for number in range(9)], C)
    message = ProcessRange(job.id, 1, 0)
    pipeline.image_queue.take()

    def meanwhile(url: str, headers: RequestHeaders) -> bytes:
        twin = replace(pipeline.process_range.compress_images, fetch=pipeline.fetch_changed)
        pipeline.process_range = replace(pipeline.process_range, compress_images=twin)
        pipeline.process(message, lambda: 0.0)
        return pipeline.fetch(url, headers)

    slow = replace(pipeline.process_range.compress_images, fetch=answering(meanwhile))
    replace(pipeline.process_range, compress_images=slow)(message, lambda: 100.0)
    counts = pipeline.jobs.get(job.id).counts
    assert counts.done + counts.failed == 10
    assert counts.failed == (first is MISSING)


def test_of_two_handlers_that_share_the_work_only_one_sends_the_next_range() -> None:
    """The second handler does all but the first image while the first one fetches its second image."""
    pipeline = one_by_one(Pipeline(window=1))
    job = pipeline.start(*(f"http://h/{number}.jpg" for number in range(10)), A)
    message = ProcessRange(job.id, 1, 0)
    pipeline.image_queue.take()
    fetched = []

    def meanwhile(url: str, headers: RequestHeaders) -> bytes:
        fetched.append(url)
        if len(fetched) == 2:
            pipeline.process(message)
        return pipeline.fetch(url, headers)

    slow = replace(pipeline.process_range.compress_images, fetch=answering(meanwhile))
    replace(pipeline.process_range, compress_images=slow)(message, lambda: 100.0)
    assert pipeline.image_queue.take() == [(ProcessRange(job.id, 1, 1), 0)]
    assert pipeline.jobs.get(job.id).counts.done == 10


def test_an_output_of_two_images_stays_claimed_if_a_duplicate_records_the_second() -> None:
    """Both images have the output of an earlier job, which is deleted."""
    pipeline = one_by_one(Pipeline(hosts={A: b"the same bytes", B: b"the same bytes"}))
    earlier = pipeline.start(A, B)
    pipeline.run()
    job = pipeline.start(A, B)
    save, saves = pipeline.rows.save, []

    def second_is_late(rows: Sequence[Row]) -> list[Row]:
        saves.append(rows)
        if len(saves) == 2:
            save([replace(row, images=(row.images[0].failed(MISSING),)) for row in rows])
        return save(rows)

    pipeline.rows.save = second_is_late  # type: ignore[method-assign]
    pipeline.run()
    pipeline.delete_job(earlier.id)
    pipeline.run()
    pipeline.clock.forward(GRACE.total_seconds())
    pipeline.tend(earlier)
    link = pipeline.rows.rows[job.id, 0].images[0].link
    assert f"images/{link}" in pipeline.store.objects
