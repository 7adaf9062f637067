"""Concurrent writers of the same rows: each image is recorded once, and no object is left unreferenced."""

from catalight.domain.job.job import Job
from catalight.domain.job.row import Image
from catalight.usecases.images.end_rows import CANCELLED
from tests.pipeline import MISSING, Pipeline


def stored(pipeline: Pipeline, job: Job, place: int) -> Image:
    """An image as a worker has it after storing its output."""
    key = f"images/t{place}/a.jpg"
    pipeline.store.put(key, b"x", "image/jpeg")
    image = pipeline.rows.rows[job.id, 0].images[place]
    return image.done(key.removeprefix("images/"), 2, 1, 1, 1)


def test_images_of_one_row_recorded_by_two_workers_are_both_kept() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/0.jpg http://h/1.jpg")
    rows = pipeline.rows.pending_in_range(job.id, 1, 0)
    first, second = stored(pipeline, job, 0), stored(pipeline, job, 1)
    assert pipeline.record_images(job, rows, {(0, 0): first})
    assert pipeline.record_images(job, rows, {(0, 1): second})
    assert pipeline.rows.rows[job.id, 0].images == (first, second)
    assert pipeline.jobs.get(job.id).counts.done == 2
    assert len(pipeline.store.objects) == 2


def test_the_first_outcome_is_kept_and_the_object_of_a_late_duplicate_is_deleted() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/0.jpg")
    rows = pipeline.rows.pending_in_range(job.id, 1, 0)
    lost = rows[0].images[0].failed(MISSING)
    assert pipeline.record_images(job, rows, {(0, 0): lost})
    assert not pipeline.record_images(job, rows, {(0, 0): stored(pipeline, job, 0)})
    assert pipeline.rows.rows[job.id, 0].images == (lost,)
    assert pipeline.store.objects == {}
    assert pipeline.jobs.get(job.id).counts.failed == 1


def test_duplicates_with_the_same_outcome_count_once_and_keep_the_object() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/0.jpg")
    rows = pipeline.rows.pending_in_range(job.id, 1, 0)
    done = stored(pipeline, job, 0)
    assert [pipeline.record_images(job, rows, {(0, 0): done}) for _ in range(2)] == [True, False]
    assert pipeline.jobs.get(job.id).counts.done == 1
    assert len(pipeline.store.objects) == 1


def test_a_done_image_replaces_a_duplicates_pending_retry() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/0.jpg")
    rows = pipeline.rows.pending_in_range(job.id, 1, 0)
    pipeline.record_images(job, rows, {(0, 0): rows[0].images[0].deferred(pipeline.clock())})
    done = stored(pipeline, job, 0)
    assert pipeline.record_images(job, rows, {(0, 0): done})
    assert pipeline.rows.rows[job.id, 0].images == (done,)
    assert len(pipeline.store.objects) == 1


def test_an_outcome_of_an_earlier_run_is_not_written_into_the_next() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/0.jpg")
    rows = pipeline.rows.pending_in_range(job.id, 1, 0)
    late = stored(pipeline, job, 0)
    pipeline.jobs.begin_cancelling(job.id, pipeline.clock())
    pipeline.record_images(job, rows, {(0, 0): rows[0].images[0].failed(CANCELLED)})
    pipeline.run()
    pipeline.ask_completion(job.id, 1)
    pipeline.run()
    pipeline.retry_job(job.id)
    pipeline.tend(job)
    assert not pipeline.record_images(job, rows, {(0, 0): late})
    assert pipeline.rows.rows[job.id, 0].images == (Image("http://h/0.jpg"),)
    assert "images/t0/a.jpg" not in pipeline.store.objects


def test_an_image_of_a_row_deleted_meanwhile_leaves_no_object() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/0.jpg")
    rows = pipeline.rows.pending_in_range(job.id, 1, 0)
    late = stored(pipeline, job, 0)
    pipeline.rows.delete(job.id, 0, 0)
    assert not pipeline.record_images(job, rows, {(0, 0): late})
    assert pipeline.store.objects == {}
