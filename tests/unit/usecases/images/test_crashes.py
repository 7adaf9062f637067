"""Messages that crash their function: the range is split, and the image at fault is given up."""

from collections.abc import Container
from dataclasses import replace

from catalight.domain.job.job import JobState
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.messages import ProcessRange
from catalight.usecases.images.process_range import WHOLE_TRIES
from tests.pipeline import RECEIVES, Pipeline, answering

FOUR = ("http://h/0.jpg http://h/poison.jpg", "http://h/2.jpg http://h/3.jpg")


def test_one_receive_that_lambda_did_not_start_splits_no_range() -> None:
    pipeline = Pipeline()
    job = pipeline.start(*FOUR)
    [(message, _)] = pipeline.image_queue.take()
    assert isinstance(message, ProcessRange)
    pipeline.process(message, receives=2)
    assert pipeline.image_queue.sent == []
    assert set(pipeline.images(job).values()) == {"DONE"}


def test_a_range_is_split_into_its_images_at_its_third_receive() -> None:
    pipeline = Pipeline()
    job = pipeline.start(*FOUR)
    [(message, _)] = pipeline.image_queue.take()
    assert isinstance(message, ProcessRange)
    pipeline.process(message, receives=3)
    assert pipeline.fetched == []
    parts = [part for part, _ in pipeline.image_queue.take()]
    assert parts == [replace(message, row=row, place=place) for row in (0, 1) for place in (0, 1)]
    pipeline.process(parts[2])  # type: ignore[arg-type]
    assert pipeline.fetched == ["http://h/2.jpg"]
    assert pipeline.images(job)["http://h/3.jpg"] == "PENDING"


def test_a_poison_image_fails_without_its_neighbours() -> None:
    pipeline = Pipeline(window=1)
    job = pipeline.start(*FOUR, " ".join(f"http://h/{n}.jpg" for n in range(10, 20)))
    crashes = deliver_until_dead(pipeline, poison="http://h/poison.jpg")
    assert crashes == WHOLE_TRIES + RECEIVES  # with the range, then alone
    images = dict(pipeline.images(job))
    assert images.pop("http://h/poison.jpg") == "gave_up"
    assert set(images.values()) == {"DONE"}
    assert pipeline.jobs.get(job.id).state is JobState.COMPLETED
    [image] = [i for row in pipeline.rows.stream(job.id) for i in row.images if i.error]
    assert str(RECEIVES) in str(image.detail)


def test_a_poison_image_that_no_crash_could_split_off_still_fails_alone() -> None:
    """Each receive from the third on, which would split the range, is one that Lambda does not start."""
    pipeline = Pipeline()
    job = pipeline.start(*FOUR)
    crashes = deliver_until_dead(pipeline, poison="http://h/poison.jpg", unstarted=range(WHOLE_TRIES + 1, 6))
    images = dict(pipeline.images(job))
    assert images.pop("http://h/poison.jpg") == "gave_up"
    assert set(images.values()) == {"DONE"}
    assert crashes == 2 * WHOLE_TRIES


def test_the_last_image_of_a_split_range_continues_the_lane() -> None:
    pipeline = Pipeline(window=1)
    job = pipeline.start("http://h/0.jpg http://h/1.jpg", *[f"http://h/{n}.jpg" for n in range(2, 30)])
    [(message, _)] = pipeline.image_queue.take()
    pipeline.process(message, receives=3)  # type: ignore[arg-type]
    parts = [part for part, _ in pipeline.image_queue.take()]
    for part in parts[:-1]:
        pipeline.process(part)  # type: ignore[arg-type]
        assert pipeline.image_queue.take() == []
    pipeline.process(parts[-1])  # type: ignore[arg-type]
    assert pipeline.image_queue.take() == [(ProcessRange(job.id, 1, 1), 0)]


def test_a_redelivered_single_image_is_tried_again() -> None:
    pipeline = Pipeline()
    pipeline.start("http://h/0.jpg")
    [(message, _)] = pipeline.image_queue.take()
    pipeline.process(message, receives=3)  # type: ignore[arg-type]
    assert pipeline.fetched == ["http://h/0.jpg"]


def test_a_dead_letter_with_several_images_is_split_and_tried_again() -> None:
    pipeline = Pipeline()
    job = pipeline.start(*FOUR)
    [(message, _)] = pipeline.image_queue.take()
    pipeline.give_up(message)  # type: ignore[arg-type]
    assert len(pipeline.image_queue.sent) == 4
    pipeline.run()
    assert set(pipeline.images(job).values()) == {"DONE"}


def test_a_redriven_or_late_dead_letter_changes_nothing() -> None:
    pipeline = Pipeline()
    job = pipeline.start("http://h/0.jpg")
    [(message, _)] = pipeline.image_queue.sent
    pipeline.run()
    ended = pipeline.jobs.get(job.id)
    pipeline.give_up(message)  # type: ignore[arg-type]
    pipeline.give_up(ProcessRange(job.id, 2, 0))
    pipeline.give_up(ProcessRange("nothing", 1, 0))
    assert pipeline.jobs.get(job.id) == ended
    assert set(pipeline.images(job).values()) == {"DONE"}


def deliver_until_dead(pipeline: Pipeline, poison: str, unstarted: Container[int] = ()) -> int:
    """Deliver ImageQueue's messages as SQS does; fetching the poison image kills the function.

    No function is started for the receives in `unstarted`. Return how often the function was killed.
    """
    fetch, crashes = pipeline.fetch, 0

    def fatal(url: str, headers: RequestHeaders) -> bytes:
        nonlocal crashes
        if url == poison:
            crashes += 1
            raise SystemExit
        return fetch(url, headers)

    compress_images = replace(pipeline.compress_images, fetch=answering(fatal))
    process_range = replace(pipeline.process_range, compress_images=compress_images)
    receives: dict[ProcessRange, int] = {}
    while taken := pipeline.image_queue.take():
        for message, _ in taken:
            assert isinstance(message, ProcessRange)
            receives[message] = receives.get(message, 0) + 1
            if receives[message] > RECEIVES:
                pipeline.give_up(message)
                del receives[message]  # what it sends are new messages
                continue
            if receives[message] in unstarted:
                pipeline.image_queue.send([message])
                continue
            try:
                process_range(message, lambda: 100.0, receives[message])
            except SystemExit:
                pipeline.image_queue.send([message])
    pipeline.run()
    return crashes
