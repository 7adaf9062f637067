"""Images of one job with the same URL: it is downloaded and stored once, unless ranges race."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from catalight.domain.image.report import Times
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.row import Image, Row
from catalight.domain.messages import ProcessRange
from catalight.usecases.images.end_rows import CANCELLED
from tests.pipeline import BUSY, MISSING, Pipeline

A, B = "http://h/a.jpg", "http://h/b.jpg"
TEN = " ".join(f"http://h/{n}.jpg" for n in range(10))
ELEVENTH = "http://h/10.jpg"


def images(pipeline: Pipeline, job: Job) -> list[Image]:
    return [image for row in pipeline.rows.stream(job.id) for image in row.images]


def stored(pipeline: Pipeline) -> set[str]:
    return {key.removeprefix("images/") for key in pipeline.store.objects if key.startswith("images/")}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[int]]:
    """The row numbers of each look-up of other rows."""
    made: list[Sequence[int]] = []
    read = Pipeline.__post_init__

    def counting(pipeline: Pipeline) -> None:
        read(pipeline)
        of_rows = pipeline.rows.read

        def counted(job_id: str, numbers: Sequence[int]) -> list[Row]:
            made.append(numbers)
            return of_rows(job_id, numbers)

        pipeline.rows.read = counted  # type: ignore[method-assign]

    monkeypatch.setattr(Pipeline, "__post_init__", counting)
    return made


def test_each_url_is_fetched_and_stored_once_over_all_ranges(reads: list[Sequence[int]]) -> None:
    pipeline = Pipeline(window=3)
    job = pipeline.start(*(f"http://h/{n % 5}.jpg" for n in range(400)))
    assert (job.ranges, job.images, job.duplicates) == (6, 400, 395)
    pipeline.run()
    assert Counter(pipeline.fetched) == {f"http://h/{n}.jpg": 1 for n in range(5)}
    made = images(pipeline, job)
    assert all(image.state == "DONE" for image in made)
    assert {image.link for image in made} == stored(pipeline)
    assert len({(image.url, image.link) for image in made}) == 5
    assert len(reads) == 6  # one for each range
    assert pipeline.jobs.get(job.id).counts.done == 400


def test_a_range_without_duplicates_costs_no_look_up(reads: list[Sequence[int]]) -> None:
    pipeline = Pipeline()
    job = pipeline.start(TEN, ELEVENTH)
    pipeline.run()
    assert (job.duplicates, reads) == (0, [])


def test_what_is_fetched_counts_and_not_what_is_written() -> None:
    pipeline = Pipeline()
    job = pipeline.start("https://h.com/a.jpg //h.com/a.jpg", "www.h.com/a.jpg", "HTTPS://h.com/a.jpg")
    assert job.duplicates == 1
    pipeline.run()
    first, second, _, _ = images(pipeline, job)
    assert first.link == second.link
    assert (second.written, second.notes) == ("//h.com/a.jpg", ("URL_SCHEME_ADDED",))
    assert pipeline.fetched == ["https://h.com/a.jpg", "https://www.h.com/a.jpg", "HTTPS://h.com/a.jpg"]


def test_a_duplicate_has_the_sizes_of_its_image_but_sums_count_each_output_once() -> None:
    pipeline = Pipeline()
    job = pipeline.start(f"{A} {A}", A)
    pipeline.run()
    first, second, third = images(pipeline, job)
    assert second == replace(first, times=None, same_as=(0, 0)) == third
    assert (first.shared, second.shared) == (False, True)
    counts = pipeline.jobs.get(job.id).counts
    assert (counts.done, counts.bytes_in, counts.bytes_out) == (3, 14, 7)
    assert counts.times == first.times != Times()
    lines = list(csv.reader(pipeline.result(job).splitlines()))[1:]
    assert [line[6:] for line in lines] == [["28", "14", ",SAME_AS 1/1"], ["14", "7", "SAME_AS 1/1"]]


def test_a_duplicate_of_an_image_that_failed_fails_alike_without_a_download() -> None:
    pipeline = Pipeline(hosts={A: MISSING})
    job = pipeline.start(A, TEN, f"{A} {B}")
    pipeline.run()
    assert Counter(pipeline.fetched)[A] == 1
    first, *_, last, other = images(pipeline, job)
    assert (last.error, last.detail) == (first.error, first.detail) == (MISSING.code, MISSING.detail)
    assert other.state == "DONE"
    assert pipeline.jobs.get(job.id).counts.errors == {"not_found": 2}


def test_a_retry_fetches_a_failed_url_once() -> None:
    pipeline = Pipeline(hosts={A: MISSING})
    job = pipeline.start(A, TEN, A)
    pipeline.run()
    pipeline.hosts.clear()
    pipeline.fetched.clear()
    pipeline.retry_job(job.id)
    pipeline.run()
    assert pipeline.fetched == [A]
    assert pipeline.jobs.get(job.id).counts.failed == 0
    assert {image.link for image in images(pipeline, job)} == stored(pipeline)


def test_a_retry_takes_the_link_that_an_earlier_run_made() -> None:
    pipeline = Pipeline(window=1)
    job = pipeline.start(A, TEN, A)
    pipeline.process(ProcessRange(job.id, 1, 0))
    pipeline.image_queue.take()
    pipeline.cancel_job(job.id)
    pipeline.process(ProcessRange(job.id, 1, 1))
    pipeline.run()
    assert images(pipeline, job)[-1].error is CANCELLED.code
    pipeline.retry_job(job.id)
    pipeline.run()
    assert Counter(pipeline.fetched)[A] == 1
    first, *_, last = images(pipeline, job)
    assert first.link == last.link
    assert {image.link for image in images(pipeline, job)} == stored(pipeline)


def test_a_url_that_waits_for_its_host_waits_for_all_images() -> None:
    pipeline = Pipeline(hosts={A: BUSY})
    job = pipeline.start(f"{A} {A}", TEN, A)
    pipeline.run()
    assert Counter(pipeline.fetched)[A] == 3  # the attempts of one image
    first, second, *_, last = images(pipeline, job)
    assert first.error == second.error == last.error == BUSY.code
    assert first.attempts == second.attempts == last.attempts == 2
    assert pipeline.jobs.get(job.id).state is JobState.COMPLETED


class TestRaces:
    """The first image with a URL is not done when a range with its duplicates is processed."""

    def test_a_range_downloads_the_url_once_and_does_not_wait(self, reads: list[Sequence[int]]) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {TEN}", f"{A} {A}", A)
        pipeline.process(ProcessRange(job.id, 1, 1))
        assert pipeline.fetched == [A]
        *_, first, second, third = images(pipeline, job)
        assert first.state == "DONE"
        assert not first.shared
        assert first.link == second.link == third.link
        assert second.shared
        assert len(reads) == 2  # of the first image, and of the new one
        pipeline.run()
        assert Counter(pipeline.fetched)[A] == 2
        assert {image.link for image in images(pipeline, job)} == stored(pipeline)

    def test_a_range_downloads_its_other_images_before_duplicates_that_are_not_done(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {TEN}", f"{A} {ELEVENTH}")
        pipeline.image_queue.take()
        late = ProcessRange(job.id, 1, 1)
        pipeline.process(late)
        assert pipeline.fetched == [ELEVENTH]
        assert pipeline.image_queue.take() == [(late, 0)]
        pipeline.process(ProcessRange(job.id, 1, 0))
        pipeline.process(late)
        assert Counter(pipeline.fetched)[A] == 1

    def test_an_object_that_a_crash_left_is_deleted_once_the_first_image_is_done(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {TEN}", A)

        def crash(rows: Sequence[Row]) -> int:
            raise SystemExit

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pipeline.rows, "save", crash)
            with pytest.raises(SystemExit):
                pipeline.process(ProcessRange(job.id, 1, 1))
        assert len(stored(pipeline)) == 1
        pipeline.process(ProcessRange(job.id, 1, 0))
        pipeline.process(ProcessRange(job.id, 1, 1))
        pipeline.run()
        assert images(pipeline, job)[-1].shared
        assert {image.link for image in images(pipeline, job)} == stored(pipeline)

    def test_a_late_duplicate_handler_never_deletes_the_object_of_the_first_image(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {TEN}", A)
        pipeline.process(ProcessRange(job.id, 1, 0))
        rows = pipeline.rows.pending_in_range(job.id, 1, 1)
        taken = rows[0].images[0].like(images(pipeline, job)[0])
        pipeline.record_images(job, rows, {(1, 0): rows[0].images[0].failed(CANCELLED)})
        assert not pipeline.record_images(job, rows, {(1, 0): taken})
        assert images(pipeline, job)[0].link in stored(pipeline)

    def test_an_outcome_is_shared_only_once_it_is_recorded(self) -> None:
        """A duplicate handler ends the first image otherwise, and its object is deleted."""
        pipeline = Pipeline()
        job = pipeline.start(A, A)
        save = pipeline.rows.save

        def late_save(late: Sequence[Row]) -> list[Row]:
            pipeline.rows.save = save  # type: ignore[method-assign]
            first = pipeline.rows.rows[job.id, 0]
            save([replace(first, images=(first.images[0].failed(MISSING),))])
            return save(late)

        pipeline.rows.save = late_save  # type: ignore[assignment,method-assign]
        pipeline.run()
        assert [image.error for image in images(pipeline, job)] == [MISSING.code] * 2
        assert stored(pipeline) == set()


def test_rows_that_an_older_release_stored_are_processed_each_for_itself() -> None:
    pipeline = Pipeline()
    job = pipeline.start(A, A)
    for key, row in pipeline.rows.rows.items():
        pipeline.rows.rows[key] = replace(row, images=(Image(A),))
    pipeline.run()
    assert pipeline.fetched == [A, A]
    assert {image.link for image in images(pipeline, job)} == stored(pipeline)
    assert len(stored(pipeline)) == 1  # the bytes are the same
