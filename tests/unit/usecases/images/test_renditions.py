"""Jobs with several renditions: each is an output of its own, from one download and one decoding."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from catalight.domain.errors import ImageError, ImageErrorCode, UnavailableError
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Times
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.row import Image, ImageState
from catalight.domain.messages import ProcessRange
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.process_range import WHOLE_TRIES
from catalight.usecases.images.work import Task
from tests.fakes import MemoryStore
from tests.pipeline import BUSY, CODING, MISSING, RECEIVES, THREADS, Pipeline, a_submission

A, B = "http://h/a.jpg", "http://h/b.jpg"
TWO = (Rendition(name="large"), Rendition(name="thumb", max_width=100))
THREE = (*TWO, Rendition(name="web", format=Target.WEBP))
GAVE_UP = ImageError(ImageErrorCode.GAVE_UP, "This rendition takes too much memory.")


class Breaking(Pipeline):
    """A pipeline whose codec cannot make the renditions with the names in `broken`; `made` has all others."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.broken: set[str] = set()
        self.made: list[list[str]] = []

    def compress(
        self, data: bytes, renditions: Sequence[Rendition], job: str
    ) -> list[Compressed | ImageError]:
        made = super().compress(data, renditions, job)
        self.made.append([rendition.name for rendition in renditions])
        return [
            GAVE_UP if rendition.name in self.broken else output
            for rendition, output in zip(renditions, made, strict=True)
        ]


class FailingStore(MemoryStore):
    """A store whose `put` fails from the call with the number `fails_from` on; `puts` counts the calls."""

    def __init__(self, error: Exception, fails_from: int) -> None:
        super().__init__()
        self.error, self.left, self.puts = error, fails_from, 0

    def put(self, key: str, data: bytes, media_type: str) -> None:
        self.puts += 1
        if not self.left:
            raise self.error
        self.left -= 1
        super().put(key, data, media_type)


def images(pipeline: Pipeline, job: Job) -> list[Image]:
    """All images of the job."""
    return [image for row in pipeline.rows.stream(job.id) for image in row.images]


def stored(pipeline: Pipeline) -> set[str]:
    """The keys of the stored images."""
    return {key for key in pipeline.store.objects if key.startswith("images/")}


def links(pipeline: Pipeline, job: Job) -> list[str]:
    """The keys of the images that the rows refer to."""
    return [f"images/{image.link}" for image in images(pipeline, job) if image.link]


def compressed(pipeline: Pipeline, job: Job, **settings: Any) -> list[Image]:
    """Compress all images of the job in one call, without recording them."""
    compress = replace(pipeline.compress_images, **settings)
    tasks = [
        Task(row.number, place, image)
        for row in pipeline.rows.stream(job.id)
        for place, image in enumerate(row.images)
    ]
    [made] = compress(job, tasks, lambda: 100.0)
    return [made[task.row, task.place] for task in tasks]


class TestSubmit:
    def test_a_row_has_one_entry_for_each_image_and_rendition(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {B}", renditions=TWO)
        found = [(image.url, image.rendition) for image in images(pipeline, job)]
        assert found == [(A, 0), (A, 1), (B, 0), (B, 1)]
        assert (job.images, job.outputs_total) == (2, 4)

    def test_a_duplicate_is_one_in_each_rendition_and_counts_once(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(A, f"{B} {A}", renditions=TWO)
        assert [image.same_as for image in images(pipeline, job)] == [None] * 4 + [(0, 0), (0, 1)]
        assert job.duplicates == 1
        pipeline.run()
        assert pipeline.fetched == [A, B]
        assert len(stored(pipeline)) == 4
        first, second, *_, third, fourth = (image.link for image in images(pipeline, job))
        assert (first, second) == (third, fourth)

    def test_an_unusable_url_fails_in_each_rendition(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A}, n/a", renditions=TWO)
        assert job.counts.errors == {"invalid_url": 2}

    def test_limits_of_keys_count_each_rendition(self) -> None:
        assert a_submission(f"{A} {B}", A, renditions=THREE).amounts.images == 9
        assert a_submission(f"{A} {B}", A).amounts.images == 3

    def test_other_renditions_are_another_submission(self) -> None:
        prints = [a_submission(A, renditions=asked).fingerprint for asked in (TWO, TWO[::-1], THREE, TWO[:1])]
        assert len(set(prints)) == 4


class TestOneDownload:
    def test_an_image_is_fetched_and_decoded_once(self) -> None:
        pipeline = Breaking()
        job = pipeline.start(f"{A} {B}", A, renditions=THREE)
        pipeline.run()
        assert pipeline.fetched == [A, B]
        assert pipeline.made == [["large", "thumb", "web"]] * 2
        assert pipeline.jobs.get(job.id).counts.done == 9
        assert set(links(pipeline, job)) == stored(pipeline)
        assert len(stored(pipeline)) == 6

    def test_the_first_rendition_that_is_done_has_the_download_and_the_decoding(self) -> None:
        pipeline = Breaking()
        pipeline.broken = {"large"}
        job = pipeline.start(A, renditions=THREE)
        pipeline.run()
        failed, first, second = images(pipeline, job)
        assert (failed.error, failed.bytes_in, failed.times) == ("gave_up", 0, None)
        assert (first.bytes_in, second.bytes_in) == (len(A), 0)
        counts = pipeline.jobs.get(job.id).counts
        assert (counts.bytes_in, counts.done, counts.failed) == (len(A), 2, 1)
        assert counts.bytes_out == first.bytes_out + second.bytes_out

    def test_each_decoding_counts_once(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(A, renditions=THREE)
        pipeline.run()
        coding = CODING + Times(resize=4, encode=2)
        assert pipeline.jobs.get(job.id).counts.times == coding
        assert [image.times and image.times.decode for image in images(pipeline, job)] == [3, 0, 0]

    def test_a_host_is_asked_once_for_an_image_that_fails(self) -> None:
        pipeline = Pipeline(hosts={A: MISSING, B: BUSY})
        job = pipeline.start(f"{A} {B}", renditions=TWO)
        pipeline.process(ProcessRange(job.id, 1, 0))
        missing, again, *busy = images(pipeline, job)
        assert missing.error == again.error == "not_found"
        assert {image.not_before for image in busy} == {pipeline.clock() + timedelta(seconds=2)}
        pipeline.run()
        assert (pipeline.fetched.count(A), pipeline.fetched.count(B)) == (1, 3)
        assert pipeline.jobs.get(job.id).counts.errors == {"not_found": 2, "http_error": 2}

    def test_a_source_that_cannot_be_used_fails_in_each_rendition(self) -> None:
        pipeline = Pipeline()
        corrupt = ImageError(ImageErrorCode.CORRUPT_IMAGE, "The image is damaged.")

        def compress(data: bytes, renditions: Sequence[Rendition], job: str) -> Any:
            raise corrupt

        job = pipeline.start(A, renditions=TWO)
        found = compressed(pipeline, job, compress=compress)
        assert [image.error for image in found] == ["corrupt_image"] * 2

    def test_a_retry_makes_only_the_failed_renditions(self) -> None:
        pipeline = Breaking()
        pipeline.broken = {"thumb"}
        job = pipeline.start(f"{A} {B}", renditions=THREE)
        pipeline.run()
        before = links(pipeline, job)
        assert pipeline.jobs.get(job.id).counts.failed == 2
        pipeline.broken = set()
        pipeline.made.clear()
        pipeline.retry_job(job.id)
        pipeline.run()
        assert pipeline.made == [["thumb"]] * 2
        assert pipeline.jobs.get(job.id).counts.done == 6
        assert set(before) < set(links(pipeline, job)) == stored(pipeline)

    def test_a_deleted_job_leaves_nothing(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {B}", renditions=THREE)
        pipeline.run()
        assert len(stored(pipeline)) == 6
        pipeline.delete_job(job.id)
        pipeline.clock.forward(3600)
        pipeline.tend(job)
        assert not pipeline.store.objects


class TestStore:
    def test_after_an_outage_in_the_middle_what_is_stored_counts_and_the_rest_waits(self) -> None:
        pipeline = Pipeline()
        store = FailingStore(UnavailableError("S3"), 1)
        job = pipeline.start(f"{A} {B}", renditions=THREE)
        done, *waiting = compressed(pipeline, job, store=store)
        assert done.state is ImageState.DONE
        assert [f"images/{done.link}"] == list(store.objects)
        until = pipeline.clock() + timedelta(seconds=60)
        assert {(image.state, image.attempts, image.not_before) for image in waiting} == {
            (ImageState.PENDING, 0, until)
        }
        assert pipeline.fetched == [A]
        assert store.puts == 2  # the store is not asked again

    def test_what_waited_is_made_later_and_alone(self) -> None:
        pipeline = Breaking()
        store = FailingStore(UnavailableError("S3"), 1)
        down = replace(pipeline.compress_images, store=store)
        up = pipeline.process_range
        pipeline.process_range = replace(up, compress_images=down)
        job = pipeline.start(A, renditions=THREE)
        pipeline.process(ProcessRange(job.id, 1, 0))
        pipeline.process_range = up
        pipeline.store.objects |= store.objects
        pipeline.run()
        assert pipeline.made == [["large", "thumb", "web"], ["thumb", "web"]]
        assert pipeline.jobs.get(job.id).state is JobState.COMPLETED
        assert set(links(pipeline, job)) == stored(pipeline)
        assert pipeline.jobs.get(job.id).counts.bytes_in == 2 * len(A)  # it was downloaded twice

    def test_a_bug_costs_only_the_renditions_that_it_meets(self) -> None:
        pipeline = Pipeline()
        store = FailingStore(RuntimeError("a bug"), 2)
        job = pipeline.start(A, renditions=THREE)
        found = compressed(pipeline, job, store=store)
        assert [image.error for image in found] == [None, None, "internal_error"]

    def test_the_budget_is_reserved_once_for_all_outputs_of_an_image(self) -> None:
        """Each of them alone fits; one after the other, ten threads would wait for each other."""
        pipeline = Pipeline(threads=THREADS)
        job = pipeline.start(*(f"http://h/{number}.jpg" for number in range(10)), renditions=THREE)
        found = compressed(pipeline, job, output_budget=ByteBudget(12), downloads=10, per_host=10)
        assert {image.state for image in found} == {ImageState.DONE}


class TestTime:
    def test_an_image_without_time_stays_as_it_is_in_all_renditions(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {B}", renditions=TWO)
        pipeline.process(ProcessRange(job.id, 1, 0), seconds_left=lambda: 1.0)
        assert pipeline.fetched == [A]
        assert [image.state for image in images(pipeline, job)] == ["DONE"] * 2 + ["PENDING"] * 2


class TestCrashes:
    def test_after_crashes_each_rendition_has_a_message_of_its_own(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(f"{A} {B}", renditions=TWO)
        pipeline.image_queue.take()
        pipeline.process(ProcessRange(job.id, 1, 0), receives=WHOLE_TRIES + 1)
        parts = [message for message, _ in pipeline.image_queue.take()]
        assert parts == [ProcessRange(job.id, 1, 0, row=0, place=place) for place in range(4)]
        pipeline.process(ProcessRange(job.id, 1, 0, row=0, place=1), receives=RECEIVES)
        assert [image.state for image in images(pipeline, job)] == ["PENDING", "DONE", "PENDING", "PENDING"]

    def test_a_rendition_that_crashes_each_time_is_given_up_alone(self) -> None:
        pipeline = Pipeline()
        job = pipeline.start(A, renditions=TWO)
        pipeline.give_up(ProcessRange(job.id, 1, 0, row=0, place=1))
        pipeline.run()
        assert [image.error for image in images(pipeline, job)] == [None, "gave_up"]
        assert set(links(pipeline, job)) == stored(pipeline)


def test_the_webhook_counts_as_the_status_does() -> None:
    pipeline = Pipeline()
    pipeline.start(f"{A} {B}", renditions=TWO, webhook_url="https://shop.test/hook")
    pipeline.run()
    [(_, _, body)] = pipeline.delivered
    assert json.loads(body)["data"]["images"] == {"total": 4, "done": 4, "failed": 0}


@pytest.mark.parametrize("action", ["cancel", "deadline"])
def test_renditions_that_are_pending_end_with_their_job(action: str) -> None:
    pipeline = Pipeline(hosts={A: BUSY})
    job = pipeline.start(A, renditions=THREE)
    pipeline.process(ProcessRange(job.id, 1, 0))
    if action == "cancel":
        pipeline.cancel_job(job.id)
    else:
        pipeline.clock.now = job.deadline_at
    pipeline.tend(job)
    pipeline.run()
    error = {"cancel": "cancelled", "deadline": "deadline_exceeded"}[action]
    assert [image.error for image in images(pipeline, job)] == [error] * 3
