import pytest

from catalight.domain import catalogue
from catalight.domain.errors import UnavailableError
from catalight.domain.job import JobState
from catalight.domain.messages import ProcessRange
from catalight.domain.options import Options
from catalight.usecases.submit import Order
from tests.pipeline import Pipeline

TEN = " ".join(f"http://h/{n}.jpg" for n in range(10))


def test_a_job_is_stored_sealed_and_its_first_window_sent() -> None:
    pipeline = Pipeline(window=2)
    job = pipeline.start(TEN, TEN, TEN)
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


def test_an_unusable_url_costs_its_image_at_once_and_is_never_fetched() -> None:
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
    empty = catalogue.Catalogue(catalogue.Dialect(",", "\n", bom=False), ("a",), (), (), 0)
    job = pipeline.submit(Order(empty, "c.csv", Options(), None, "https://api.test", "https://api.test"))
    pipeline.run()
    assert pipeline.jobs.get(job.id).state is JobState.COMPLETED


def test_a_queue_that_does_not_answer_is_told_and_the_job_is_sealed_for_the_next_try() -> None:
    pipeline = Pipeline()
    pipeline.image_queue.down = True
    with pytest.raises(UnavailableError):
        pipeline.start(TEN)
    assert [job.sealed for job in pipeline.jobs.jobs.values()] == [True]
