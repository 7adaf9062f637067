from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from catalight.domain.errors import IdempotencyError, JobGoneError
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.job import JobState
from catalight.domain.job.row import Row
from catalight.domain.messages import ProcessRange
from tests.pipeline import MISSING, Pipeline, a_submission, tens

TEN = " ".join(f"http://h/{n}.jpg" for n in range(10))


def test_a_job_is_stored_sealed_and_its_first_window_sent() -> None:
    pipeline = Pipeline(window=2)
    job = pipeline.start(*tens(3))
    stored = pipeline.jobs.get(job.id)
    assert (stored.state, stored.sealed, stored.rows, stored.images, stored.ranges) == (
        JobState.PENDING,
        True,
        3,
        30,
        3,
    )
    assert pipeline.image_queue.sent == [
        (ProcessRange(job.id, 1, 0), 0),
        (ProcessRange(job.id, 1, 1), 0),
    ]
    assert [row.cells[1] for row in pipeline.rows.stream(job.id)] == ["Product 1", "Product 2", "Product 3"]


def test_an_unusable_url_fails_its_image_at_once_and_is_never_fetched() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/a.jpg, n/a")
    assert pipeline.images(job) == {"http://h/a.jpg": "PENDING", "n/a": "invalid_url"}
    assert job.counts.errors == {"invalid_url": 1}
    pipeline.run()
    assert pipeline.fetched == ["http://h/a.jpg"]
    assert pipeline.jobs.get(job.id).counts.failed == 1


def test_a_row_without_urls_has_ended_from_the_start() -> None:
    pipeline = Pipeline()
    job = pipeline.start("", "http://h/a.jpg")
    assert [row.pending for row in pipeline.rows.stream(job.id)] == [False, True]


def test_a_job_without_anything_to_do_is_finished_at_once() -> None:
    pipeline = Pipeline()
    submission = a_submission(TEN)
    empty = replace(submission.catalogue, rows=())
    job = pipeline.submit(replace(submission, catalogue=empty))
    pipeline.run()
    assert pipeline.jobs.get(job.id).state is JobState.COMPLETED


def test_an_outage_of_the_queue_delays_the_job_only() -> None:
    pipeline = Pipeline()
    pipeline.image_queue.down = True
    job = pipeline.start(TEN)
    pipeline.image_queue.down = False
    pipeline.run()
    assert pipeline.jobs.get(job.id).state is JobState.PENDING
    pipeline.clock.forward(900)
    pipeline.sweep_all()
    pipeline.run()
    assert pipeline.jobs.get(job.id).state is JobState.COMPLETED


class TestIdempotencyKey:
    """Requests with the same key are the same submission."""

    def test_a_repeated_request_has_the_same_answer_and_does_nothing(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(TEN, idempotency_key="k")
        pipeline.run()
        again = pipeline.start(TEN, idempotency_key="k")
        assert (again.id, again.state, again.images) == (job.id, job.state, job.images)
        assert pipeline.image_queue.take() == []
        assert pipeline.jobs.get(job.id).state is JobState.COMPLETED

    def test_another_key_another_owner_or_no_key_gives_another_job(self) -> None:
        pipeline = Pipeline()
        jobs = [
            pipeline.start(TEN, idempotency_key="k"),
            pipeline.start(TEN, idempotency_key="l"),
            pipeline.start(TEN, idempotency_key="k", owner="shop"),
            pipeline.start(TEN),
            pipeline.start(TEN),
        ]
        assert len({job.id for job in jobs}) == 5

    @pytest.mark.parametrize(
        "fields", [{"webhook_url": "https://h/"}, {"renditions": (Rendition(quality=1),)}]
    )
    def test_other_fields_under_the_same_key_are_refused(self, fields: dict[str, Any]) -> None:
        pipeline = Pipeline()
        job = pipeline.start(TEN, idempotency_key="k")
        with pytest.raises(IdempotencyError) as refused:
            pipeline.start(TEN, idempotency_key="k", **fields)
        assert refused.value.job_id == job.id

    def test_another_file_is_refused_but_the_same_file_under_another_name_is_not(self) -> None:
        pipeline = Pipeline()
        pipeline.start(TEN, idempotency_key="k")
        pipeline.start(TEN, idempotency_key="k", file_name="other.csv")
        with pytest.raises(IdempotencyError):
            pipeline.start("http://h/other.jpg", idempotency_key="k")

    @pytest.mark.parametrize("died_at", ["rows.insert", "jobs.seal", "image_queue.send"])
    def test_a_repeated_request_continues_a_submission_that_died_half_way(self, died_at: str) -> None:
        pipeline = Pipeline()
        port, method = died_at.split(".")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(getattr(pipeline, port), method, dies)
            with pytest.raises(SystemExit):
                pipeline.start(*tens(2), idempotency_key="k")
        pipeline.clock.forward(31)
        job = pipeline.start(*tens(2), idempotency_key="k")
        pipeline.run()
        assert pipeline.jobs.get(job.id).state is JobState.COMPLETED
        assert len(pipeline.fetched) == 20

    def test_a_concurrent_duplicate_does_not_send_the_ranges_twice(self) -> None:
        pipeline = Pipeline()
        insert = pipeline.rows.insert

        def duplicate_first(rows: Iterable[Row]) -> None:
            pipeline.rows.insert = insert  # type: ignore[method-assign]
            pipeline.start(TEN, idempotency_key="k")
            insert(rows)

        pipeline.rows.insert = duplicate_first  # type: ignore[method-assign]
        pipeline.start(TEN, idempotency_key="k")
        assert len(pipeline.image_queue.take()) == 1

    def test_a_key_of_a_deleted_job_raises_job_gone(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(TEN, idempotency_key="k")
        pipeline.delete_job(job.id)
        with pytest.raises(JobGoneError):
            pipeline.start(TEN, idempotency_key="k")

    def test_a_repeated_request_does_not_affect_a_retry(self) -> None:
        pipeline = Pipeline(hosts={"http://h/a.jpg": MISSING})
        job = pipeline.start("http://h/a.jpg", idempotency_key="k")
        pipeline.run()
        pipeline.retry_job(job.id)
        pipeline.start("http://h/a.jpg", idempotency_key="k")
        assert not pipeline.jobs.get(job.id).sealed


def dies(*_: object, **__: object) -> None:
    raise SystemExit
