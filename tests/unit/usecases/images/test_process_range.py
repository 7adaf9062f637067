from collections.abc import Sequence
from dataclasses import replace
from threading import Lock

import pytest

from catalight.domain.errors import ImageError, UnavailableError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.job import JobState
from catalight.domain.job.row import Row
from catalight.domain.messages import FinishJob, ProcessRange
from tests.pipeline import BUSY, MISSING, THREADS, Pipeline, an_output, tens

TEN = " ".join(f"http://h/{n}.jpg" for n in range(10))


def test_images_are_stored_and_their_rows_ended() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png", "http://h/b.png")
    pipeline.process(ProcessRange(job.id, 1, 0))
    images = [image for row in pipeline.rows.stream(job.id) for image in row.images]
    assert [pipeline.store.objects[f"images/{image.link}"] for image in images] == [b"http://", b"http://"]
    assert [(image.bytes_in, image.bytes_out, image.width, image.height) for image in images] == [
        (14, 7, 2, 1)
    ] * 2
    counts = pipeline.jobs.get(job.id).counts
    assert (counts.done, counts.bytes_in, counts.bytes_out) == (2, 28, 14)


def test_a_kept_source_is_marked_in_its_row_and_in_the_result() -> None:
    pipeline = Pipeline()
    made = iter([an_output(b"small", ImageFormat.GIF, kept=True), an_output(b"made")])
    compress_images = replace(pipeline.compress_images, compress=lambda data, renditions, job: [next(made)])
    pipeline.process_range = replace(pipeline.process_range, compress_images=compress_images)
    job = pipeline.start("http://h/a.png http://h/b.png")
    pipeline.run()
    [row] = pipeline.rows.stream(job.id)
    assert [image.kept for image in row.images] == [True, False]
    assert row.images[0].link
    assert row.images[0].link.endswith("/a.gif")
    assert ',DONE,,28,9,"KEPT,"' in pipeline.result(job)


def test_an_image_that_is_not_found_fails_only_itself() -> None:
    pipeline = Pipeline(hosts={"http://h/b.png": MISSING})
    job = pipeline.start("http://h/a.png http://h/b.png", "http://h/c.png")
    pipeline.run()
    assert pipeline.images(job) == {
        "http://h/a.png": "DONE",
        "http://h/b.png": "not_found",
        "http://h/c.png": "DONE",
    }


def test_the_end_of_a_range_sends_its_successor() -> None:
    pipeline = Pipeline(window=2)
    job = pipeline.start(*tens(4))
    pipeline.image_queue.take()
    pipeline.process(ProcessRange(job.id, 1, 1))
    assert pipeline.image_queue.take() == [(ProcessRange(job.id, 1, 3), 0)]
    pipeline.process(ProcessRange(job.id, 1, 3))
    assert pipeline.image_queue.take() == []


def test_the_last_range_starts_the_aggregation() -> None:
    pipeline = Pipeline()
    job = pipeline.start(*tens(2))
    pipeline.process(ProcessRange(job.id, 1, 1))
    assert pipeline.aggregator_queue.sent == []
    pipeline.process(ProcessRange(job.id, 1, 0))
    assert pipeline.aggregator_queue.sent == [(FinishJob(job.id, 1), 0)]
    assert pipeline.jobs.get(job.id).state is JobState.FINISHING


def test_a_transient_failure_is_retried_alone_after_a_delay() -> None:
    pipeline = Pipeline(hosts={"http://h/a.png": BUSY})
    job = pipeline.start("http://h/a.png http://h/b.png")
    pipeline.image_queue.take()
    message = ProcessRange(job.id, 1, 0)
    pipeline.process(message)
    assert pipeline.image_queue.take() == [(message, 2)]
    assert pipeline.images(job) == {"http://h/a.png": "PENDING", "http://h/b.png": "DONE"}
    pipeline.hosts.clear()
    pipeline.clock.forward(2)
    pipeline.process(message)
    assert pipeline.fetched == ["http://h/a.png", "http://h/b.png", "http://h/a.png"]
    assert set(pipeline.images(job).values()) == {"DONE"}


def test_a_retry_that_comes_too_early_is_sent_again_without_an_attempt() -> None:
    pipeline = Pipeline(hosts={"http://h/a.png": BUSY})
    job = pipeline.start("http://h/a.png")
    message = ProcessRange(job.id, 1, 0)
    pipeline.process(message)
    pipeline.image_queue.take()
    pipeline.process(message)
    assert pipeline.image_queue.take() == [(message, 2)]
    assert len(pipeline.fetched) == 1


def test_after_the_last_pause_a_transient_failure_is_final() -> None:
    pipeline = Pipeline(hosts={"http://h/a.png": BUSY})
    job = pipeline.start("http://h/a.png")
    pipeline.run()
    assert len(pipeline.fetched) == 3
    assert pipeline.images(job) == {"http://h/a.png": "http_error"}
    assert pipeline.jobs.get(job.id).state is JobState.COMPLETED


def test_a_second_delivery_does_nothing_twice() -> None:
    pipeline = Pipeline(window=1)
    job = pipeline.start(*tens(2))
    message = ProcessRange(job.id, 1, 0)
    pipeline.process(message)
    pipeline.image_queue.take()
    pipeline.process(message)
    assert len(pipeline.fetched) == 10
    assert pipeline.image_queue.take() == [
        (ProcessRange(job.id, 1, 1), 0)
    ]  # sent again, because the first may be lost
    pipeline.process(ProcessRange(job.id, 1, 1))
    pipeline.process(message)
    assert pipeline.image_queue.take() == []


def test_a_redelivery_after_a_crash_sends_the_successor_that_was_not_sent() -> None:
    pipeline = Pipeline(window=1)
    job = pipeline.start(*tens(2))
    message = ProcessRange(job.id, 1, 0)
    pipeline.process(message)
    pipeline.image_queue.take()
    pipeline.process(message)
    assert pipeline.image_queue.take() == [(ProcessRange(job.id, 1, 1), 0)]


def test_a_redelivery_after_a_crash_asks_for_completion_again() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png")
    message = ProcessRange(job.id, 1, 0)
    pipeline.aggregator_queue.down = True
    with pytest.raises(UnavailableError):
        pipeline.process(message)
    assert pipeline.jobs.get(job.id).state is JobState.FINISHING
    pipeline.aggregator_queue.down = False
    pipeline.process(message)
    assert pipeline.aggregator_queue.take() == [(FinishJob(job.id, 1), 0)]


def test_an_image_that_triggers_a_bug_fails_only_itself() -> None:
    pipeline = Pipeline(hosts={"http://h/a.png": RuntimeError("a bug")})
    job = pipeline.start("http://h/a.png http://h/b.png")
    pipeline.run()
    assert pipeline.images(job) == {"http://h/a.png": "internal_error", "http://h/b.png": "DONE"}


def test_an_outage_of_the_store_costs_no_attempt() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png")
    pipeline.image_queue.take()
    message = ProcessRange(job.id, 1, 0)
    pipeline.store.down = True
    pipeline.process(message)
    assert pipeline.image_queue.take() == [(message, 60)]
    pipeline.store.down = False
    pipeline.clock.forward(60)
    pipeline.process(message)
    [row] = pipeline.rows.stream(job.id)
    assert (row.images[0].state, row.images[0].attempts) == ("DONE", 0)


def test_images_of_one_row_with_the_same_name_are_stored_separately() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/1/a.jpg http://h/2/a.jpg")
    pipeline.run()
    [row] = pipeline.rows.stream(job.id)
    first, second = (str(image.link).split("/") for image in row.images)
    assert (first[1], second[1]) == ("a.jpg", "a.jpg")
    assert first[0] != second[0]


def test_compression_holds_the_coding_lock() -> None:
    pipeline = Pipeline()
    coder = Lock()
    coded: list[bool] = []

    def compress(data: bytes, options: Sequence[Rendition], job: str) -> list[Compressed | ImageError]:
        coded.append(coder.locked())
        return pipeline.compress(data, options, job)

    compress_images = replace(
        pipeline.compress_images, threads=THREADS, coding=coder, compress=compress, downloads=4
    )
    job = pipeline.start(TEN)
    replace(pipeline.process_range, compress_images=compress_images)(
        ProcessRange(job.id, 1, 0), lambda: 100.0
    )
    assert coded == [True] * 10


def test_an_image_that_cannot_be_compressed_in_time_is_left_for_the_next_delivery() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png http://h/b.png")
    compress_images = replace(pipeline.compress_images, threads=THREADS, downloads=2)
    pipeline.image_queue.take()
    message = ProcessRange(job.id, 1, 0)
    replace(pipeline.process_range, compress_images=compress_images)(message, lambda: 19.0)
    assert pipeline.images(job) == {"http://h/a.png": "DONE", "http://h/b.png": "PENDING"}
    assert pipeline.image_queue.take() == [(message, 0)]


def test_a_late_message_of_a_finished_job_changes_nothing() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png")
    pipeline.run()
    ended = pipeline.jobs.get(job.id)
    pipeline.process(ProcessRange(job.id, 1, 0))
    assert pipeline.jobs.get(job.id) == ended
    assert pipeline.aggregator_queue.take() == []


def test_a_message_of_another_run_or_of_no_job_is_dropped() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png")
    pipeline.process(ProcessRange(job.id, 2, 0))
    pipeline.process(ProcessRange("gone", 1, 0))
    assert pipeline.fetched == []


def test_without_time_left_one_image_is_done_and_the_rest_is_sent_again() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.png http://h/b.png")
    pipeline.image_queue.take()
    message = ProcessRange(job.id, 1, 0)
    pipeline.process(message, seconds_left=lambda: 1.0)
    assert pipeline.fetched == ["http://h/a.png"]
    assert pipeline.image_queue.take() == [(message, 0)]
    pipeline.process(message, seconds_left=lambda: 1.0)
    assert set(pipeline.images(job).values()) == {"DONE"}


class TestDuplicates:
    """Two workers that process the same range at the same time."""

    def test_a_duplicate_that_is_too_late_writes_nothing_and_sends_no_successor(self) -> None:
        pipeline = Pipeline(window=1)
        job = pipeline.start(*tens(2))
        message = ProcessRange(job.id, 1, 0)
        self._let_a_duplicate_write_first(pipeline, [pipeline.rows.rows[job.id, 0]])
        pipeline.image_queue.take()
        pipeline.process(message)
        assert pipeline.image_queue.take() == []
        assert pipeline.rows.rows[job.id, 0].version == 1

    def test_duplicates_that_share_a_range_still_send_its_successor(self) -> None:
        pipeline = Pipeline(window=1)
        one, other = tens(2)
        half = len(one) // 2
        job = pipeline.start(one[:half], one[half:], other)
        self._let_a_duplicate_write_first(pipeline, [pipeline.rows.rows[job.id, 0]])
        pipeline.image_queue.take()
        pipeline.process(ProcessRange(job.id, 1, 0))
        assert pipeline.image_queue.take() == [(ProcessRange(job.id, 1, 1), 0)]

    def test_an_image_postponed_by_a_duplicate_is_sent_again_with_its_delay(self) -> None:
        pipeline = Pipeline(window=1, hosts={"http://h/1.jpg": BUSY})
        job = pipeline.start("http://h/0.jpg", "http://h/1.jpg", TEN)
        self._let_a_duplicate_write_first(pipeline, [pipeline.rows.rows[job.id, 1]])
        pipeline.image_queue.take()
        message = ProcessRange(job.id, 1, 0)
        pipeline.process(message)
        assert pipeline.image_queue.take() == [(message, 2)]
        assert [row.pending for row in pipeline.rows.stream(job.id)] == [False, True, True]

    def _let_a_duplicate_write_first(self, pipeline: Pipeline, rows: list[Row]) -> None:
        save = pipeline.rows.save

        def late_save(late: list[Row]) -> list[Row]:
            pipeline.rows.save = save  # type: ignore[method-assign]
            images = {row.number: row.images for row in late}
            assert len(save([replace(row, images=images[row.number]) for row in rows])) == len(rows)
            return save(late)

        pipeline.rows.save = late_save  # type: ignore[assignment,method-assign]
