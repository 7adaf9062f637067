"""Outputs of an owner's earlier jobs are used again if their sources have not changed."""

import csv
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from catalight.domain.errors import OptionError
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import links, reuse
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.naming import Naming
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.row import Image
from catalight.domain.job.sweeping import GRACE
from catalight.domain.web.fetched import Fetched
from tests.pipeline import MISSING, RETENTION, Pipeline

A, B, C = "http://h/a.jpg", "http://h/b.jpg", "http://h/c.jpg"
DAYS = timedelta(days=1).total_seconds()


def run(pipeline: Pipeline, *cells: str, **fields: object) -> Job:
    job = pipeline.start(*cells, **fields)
    pipeline.run()
    return pipeline.jobs.get(job.id)


def images(pipeline: Pipeline, job: Job) -> list[Image]:
    return [image for row in pipeline.rows.stream(job.id) for image in row.images]


def found(pipeline: Pipeline, job: Job) -> list[str | None]:
    return [image.link for image in images(pipeline, job)]


def stored(pipeline: Pipeline) -> set[str]:
    return {key.removeprefix("images/") for key in pipeline.store.objects if key.startswith("images/")}


def notes(pipeline: Pipeline, job: Job) -> list[str]:
    return [line["Notes"] for line in csv.DictReader(pipeline.result(job).splitlines())]


def purge(pipeline: Pipeline, *jobs: Job) -> None:
    """Delete jobs, and remove what they have stored."""
    for job in jobs:
        if pipeline.jobs.jobs[job.id].state is not JobState.GONE:
            pipeline.delete_job(job.id)
        pipeline.run()
    pipeline.clock.forward(GRACE.total_seconds())
    for job in jobs:
        pipeline.tend(job)


def test_an_unchanged_image_is_neither_downloaded_nor_compressed_nor_stored_again() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A, B)
    pipeline.compressed.clear()
    second = run(pipeline, A, B)
    assert pipeline.unchanged == [A, B]
    assert pipeline.compressed == []
    assert found(pipeline, second) == found(pipeline, first)
    assert (second.counts.done, second.counts.unchanged) == (2, 2)
    assert (second.counts.bytes_in, second.counts.bytes_out) == (0, 0)
    assert notes(pipeline, second) == ["UNCHANGED", "UNCHANGED"]
    image, before = images(pipeline, second)[0], images(pipeline, first)[0]
    assert (image.bytes_in, image.bytes_out) == (0, before.bytes_out)
    assert (image.width, image.height, image.source) == (before.width, before.height, before.source)


def test_only_what_has_changed_is_made_again() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A, f"{B} {C}")
    pipeline.hosts[C], pipeline.compressed = b"another image", []
    second = run(pipeline, A, f"{B} {C}")
    assert pipeline.compressed == [b"another image"]
    assert notes(pipeline, second) == ["UNCHANGED", "UNCHANGED,"]
    assert found(pipeline, second)[:2] == found(pipeline, first)[:2]
    assert found(pipeline, second)[2] != found(pipeline, first)[2]


def test_the_same_bytes_of_a_host_without_validators_are_not_compressed_again() -> None:
    pipeline = Pipeline(etags=False)
    first = run(pipeline, A)
    second = run(pipeline, A)
    assert pipeline.compressed == [A.encode()]
    assert found(pipeline, second) == found(pipeline, first)
    assert second.counts.unchanged == 1


def test_a_fresh_job_uses_nothing_again_and_is_remembered() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A)
    second = run(pipeline, A, reuse=Reuse(fresh=True))
    assert pipeline.unchanged == []
    assert set(found(pipeline, second)).isdisjoint(found(pipeline, first))
    assert found(pipeline, run(pipeline, A)) == found(pipeline, second)


def test_within_max_age_no_host_is_asked() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A)
    pipeline.clock.forward(3_599)
    second = run(pipeline, A, reuse=Reuse(max_age=1))
    assert pipeline.fetched == [A]
    assert found(pipeline, second) == found(pipeline, first)
    pipeline.clock.forward(1)  # the age counts from the last request, not from the last use
    run(pipeline, A, reuse=Reuse(max_age=1))
    assert pipeline.unchanged == [A]


@pytest.mark.parametrize(
    "other",
    [
        {"owner": "another"},
        {"renditions": (Rendition(quality=51),)},
        {"request_headers": RequestHeaders(user_agent="Mozilla/5.0")},
        {"request_headers": RequestHeaders(referer="origin")},
    ],
)
def test_another_owner_and_other_options_share_nothing(other: dict[str, object]) -> None:
    pipeline = Pipeline()
    first = run(pipeline, A)
    second = run(pipeline, A, **other)
    assert pipeline.fetched == [A, A]
    assert pipeline.unchanged == []
    assert set(found(pipeline, second)).isdisjoint(found(pipeline, first))


def test_another_generation_of_the_codec_shares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = Pipeline()
    run(pipeline, A)
    reuse._making.cache_clear()
    monkeypatch.setattr(reuse, "GENERATION", -1)
    run(pipeline, A)
    reuse._making.cache_clear()
    assert pipeline.unchanged == []
    assert len(pipeline.compressed) == 2


def test_only_renditions_that_are_missing_are_made() -> None:
    pipeline = Pipeline()
    small, large = Rendition(max_width=10, name="small"), Rendition(max_width=99, name="large")
    first = run(pipeline, A, renditions=(small,))
    second = run(pipeline, A, renditions=(large, replace(small, name="tiny")))
    assert pipeline.unchanged == []  # the source is needed
    assert found(pipeline, second)[1] == found(pipeline, first)[0]
    assert [image.unchanged for image in images(pipeline, second)] == [False, True]
    assert second.counts.unchanged == 1
    third = run(pipeline, A, renditions=(small, large))
    assert pipeline.unchanged == [A]
    assert found(pipeline, third) == found(pipeline, second)[::-1]


def test_an_output_lives_as_long_as_a_job_uses_it() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A)
    second = run(pipeline, A)
    third = run(pipeline, A)
    purge(pipeline, first)
    assert stored(pipeline) == set(found(pipeline, second))
    fourth = run(pipeline, A)
    assert found(pipeline, fourth) == found(pipeline, second)
    purge(pipeline, third, fourth)
    assert stored(pipeline) == set(found(pipeline, second))
    purge(pipeline, second)
    assert stored(pipeline) == set()
    assert pipeline.references.references == {}
    assert pipeline.sources.outputs == {} == pipeline.sources.first


def test_an_output_is_known_as_long_as_its_maker_or_its_last_user_is_not_deleted() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A)
    pipeline.jobs.delete(run(pipeline, A).id, pipeline.clock())
    second = run(pipeline, A)
    pipeline.jobs.delete(first.id, pipeline.clock())
    third = run(pipeline, A)
    assert (second.counts.unchanged, third.counts.unchanged) == (1, 1)
    purge(pipeline, first, second)
    assert stored(pipeline) == set(found(pipeline, third))


def test_an_output_of_a_deleted_job_is_made_again() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A)
    pipeline.delete_job(first.id)
    second = run(pipeline, A)
    purge(pipeline, first)
    assert stored(pipeline) == set(found(pipeline, second))
    assert second.counts.unchanged == 0


def test_a_retry_uses_what_was_made_meanwhile() -> None:
    pipeline = Pipeline(hosts={B: MISSING})
    first = run(pipeline, A, B)
    pipeline.hosts.clear()
    second = run(pipeline, B)
    pipeline.retry_job(first.id)
    pipeline.run()
    assert found(pipeline, first)[1] == found(pipeline, second)[0]
    purge(pipeline, second)
    assert stored(pipeline) == set(found(pipeline, first))


def test_an_output_that_the_bucket_would_delete_too_early_is_stored_again() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A, keep_days=90)
    pipeline.clock.forward(59 * DAYS)
    second = run(pipeline, A)
    assert pipeline.store.renewed == []
    pipeline.clock.forward(2 * DAYS)
    third = run(pipeline, A)
    key = links.image_key(found(pipeline, first)[0] or "")
    assert pipeline.store.renewed == [key]
    assert found(pipeline, second) == found(pipeline, third) == found(pipeline, first)
    run(pipeline, A)
    assert pipeline.store.renewed == [key]


def test_an_output_that_somebody_deleted_in_the_bucket_is_made_again_if_it_must_be_renewed() -> None:
    pipeline = Pipeline()
    run(pipeline, A, keep_days=90)
    pipeline.clock.forward(80 * DAYS)
    pipeline.store.objects.clear()
    second = run(pipeline, A)
    assert stored(pipeline) == set(found(pipeline, second))
    assert second.counts.unchanged == 0
    assert pipeline.references.references == {}


@pytest.mark.parametrize("max_age", [None, 24])
def test_outputs_that_somebody_deleted_in_the_bucket_are_made_again(max_age: int | None) -> None:
    pipeline = Pipeline()
    first = run(pipeline, A, B)
    for link in stored(pipeline):
        del pipeline.store.objects[f"images/{link}"]
    second = run(pipeline, A, B, reuse=Reuse(max_age=max_age))
    assert second.counts.unchanged == 0
    assert stored(pipeline) == set(found(pipeline, second))
    assert stored(pipeline).isdisjoint(found(pipeline, first))
    assert run(pipeline, A, B).counts.unchanged == 2
    purge(pipeline, first, second)


def test_one_output_of_a_message_is_looked_for_and_another_one_by_other_jobs() -> None:
    """A request for each would double the CPU of an unchanged image."""
    pipeline, asked = Pipeline(), list[str]()
    exists = pipeline.store.exists
    pipeline.store.exists = lambda key: asked.append(key) or exists(key)  # type: ignore[method-assign,func-returns-value]
    run(pipeline, f"{A} {B} {C}")
    for number in range(1, 21):
        run(pipeline, f"{A} {B} {C}")
        assert len(asked) == number
    assert set(asked) == {f"images/{link}" for link in stored(pipeline)}


def test_what_was_made_again_belongs_to_the_job_that_has_made_it() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A, keep_days=90)
    pipeline.clock.forward(80 * DAYS)
    pipeline.store.objects.clear()
    second = run(pipeline, A)
    third = run(pipeline, A)
    assert third.counts.unchanged == 1
    purge(pipeline, first, third)
    assert stored(pipeline) == set(found(pipeline, second))


def test_what_must_be_made_again_waits_for_the_next_message_if_there_is_no_time() -> None:
    """Each request takes 10 s of the function's time, and an image may need 50 s."""
    pipeline, left = Pipeline(), [0.0]
    run(pipeline, A, B, keep_days=90)
    pipeline.clock.forward(80 * DAYS)
    pipeline.store.objects.clear()
    pipeline.compressed.clear()
    job = pipeline.start(A, B)

    def fetch(*asked: Any) -> Fetched:
        left[0] -= 10
        return pipeline.fetch_changed(*asked)

    compress_images = replace(pipeline.compress_images, fetch=fetch)
    assert compress_images.seconds_per_image == 50
    pipeline.process_range = replace(pipeline.process_range, compress_images=compress_images)
    [(message, _)] = pipeline.image_queue.take()
    left[0] = 69
    pipeline.process(message, lambda: left[0])  # type: ignore[arg-type]
    assert (left, pipeline.unchanged, pipeline.compressed) == ([49], [A, B], [])
    assert [image.state for image in images(pipeline, job)] == ["PENDING"] * 2
    assert pipeline.references.references == {}
    [(message, _)] = pipeline.image_queue.take()
    left[0] = 70
    pipeline.process(message, lambda: left[0])  # type: ignore[arg-type]
    assert (left, pipeline.compressed) == ([50], [A.encode(), B.encode()])
    pipeline.run()
    assert stored(pipeline) == set(found(pipeline, job))
    assert pipeline.jobs.get(job.id).counts.unchanged == 0


def test_an_extended_job_keeps_the_outputs_that_it_uses() -> None:
    pipeline = Pipeline()
    run(pipeline, A, keep_days=90)
    pipeline.clock.forward(40 * DAYS)
    second = run(pipeline, A)
    pipeline.sweep_all()
    assert pipeline.store.renewed == []
    pipeline.extend_job(second.id, 80)
    pipeline.sweep_all()
    assert len(pipeline.store.renewed) == 1
    [reference] = pipeline.references.references.values()
    assert reference.stored_at + RETENTION.max_lifetime >= pipeline.jobs.get(second.id).expires_at


def test_a_link_has_the_name_that_the_job_asks_for() -> None:
    pipeline = Pipeline()
    first = run(pipeline, A)
    second = run(pipeline, A, naming=Naming("{serial}-{n}"))
    assert [link and link.split("/")[1] for link in found(pipeline, second)] == ["1-1.jpg"]
    assert found(pipeline, run(pipeline, A)) == found(pipeline, first)


def test_an_output_of_the_job_itself_is_not_unchanged_and_needs_no_claim() -> None:
    """The ranges are processed in reverse: the URL's first place meets what a later one has stored."""
    pipeline = Pipeline(window=5)
    tens = [" ".join(f"http://h/{ten}{n}.jpg" for n in range(10)) for ten in range(2)]
    job = pipeline.start(A, *tens, A)
    for message, _ in reversed(pipeline.image_queue.take()):
        pipeline.process(message)  # type: ignore[arg-type]
    pipeline.run()
    first, again = images(pipeline, job)[0], images(pipeline, job)[-1]
    assert pipeline.unchanged == [A]
    assert first.link == again.link
    assert (first.unchanged, first.borrowed, again.borrowed) == (False, True, False)
    counts = pipeline.jobs.get(job.id).counts
    assert (counts.done, counts.unchanged) == (22, 0)
    assert counts.bytes_out == sum(len(pipeline.store.objects[f"images/{link}"]) for link in stored(pipeline))
    assert "UNCHANGED" not in pipeline.result(job)
    assert pipeline.references.references == {}
    second = run(pipeline, A)
    assert (second.counts.unchanged, found(pipeline, second)) == (1, [first.link])
    purge(pipeline, job)
    assert stored(pipeline) == {first.link}
    purge(pipeline, second)
    assert stored(pipeline) == set()


class TestBytes:
    def test_images_with_the_same_bytes_are_stored_once(self) -> None:
        pipeline = Pipeline(hosts={A: b"same bytes", C: b"same bytes"})
        job = run(pipeline, f"{A} {B}", C)
        first, other, third = images(pipeline, job)
        assert first.link == third.link != other.link
        assert stored(pipeline) == {first.link, other.link}
        assert notes(pipeline, job) == ["", "SAME_AS 1/1"]
        assert job.counts.done == 3
        assert (job.counts.bytes_in, job.counts.bytes_out) == (10 + len(B), 5 + len(B) // 2)

    def test_the_first_of_the_file_is_named_whatever_the_order(self) -> None:
        hosts: dict[str, bytes | Exception] = dict.fromkeys((A, B, C), b"same bytes")
        pipeline = Pipeline(hosts=hosts, window=3)
        cells = [" ".join([url, *(f"http://h/{url[9]}{n}.jpg" for n in range(9))]) for url in (A, B, C)]
        job = pipeline.start(*cells)
        messages = [message for message, _ in pipeline.image_queue.take()]
        for message in reversed(messages):
            pipeline.process(message)  # type: ignore[arg-type]
        pipeline.run()
        first = images(pipeline, job)[::10]
        assert {image.link for image in first} == {first[2].link}
        assert notes(pipeline, job) == ["", "SAME_AS 1/1" + "," * 9, "SAME_AS 1/1" + "," * 9]

    @pytest.mark.parametrize("lost", [1, 2, 3])
    def test_a_position_that_an_outage_has_lost_is_made_up_for(self, lost: int) -> None:
        pipeline, calls = Pipeline(hosts=dict.fromkeys((A, B, C), b"same bytes")), count(1)
        remember = pipeline.sources.remember

        def losing(*args: Any) -> None:
            if next(calls) != lost:
                remember(*args)

        pipeline.sources.remember = losing  # type: ignore[method-assign,assignment]
        ranges = (" ".join([url, *(f"{url}?{n}" for n in range(9))]) for url in (A, B, C))
        job = run(pipeline, *ranges)
        assert ["SAME_AS 1/1" in note for note in notes(pipeline, job)] == [False, True, True]

    def test_the_next_job_knows_both(self) -> None:
        pipeline = Pipeline(hosts={A: b"same bytes", B: b"same bytes"})
        first = run(pipeline, A, B)
        second = run(pipeline, A, B)
        assert pipeline.unchanged == [A, B]
        assert found(pipeline, second) == found(pipeline, first)
        assert notes(pipeline, second) == ["UNCHANGED", "UNCHANGED+SAME_AS 1/1"]
        purge(pipeline, first)
        assert stored(pipeline) == set(found(pipeline, second))
        purge(pipeline, second)
        assert stored(pipeline) == set()

    def test_with_a_template_only_images_of_the_same_name_share_an_output(self) -> None:
        pipeline = Pipeline(hosts=dict.fromkeys((A, B, C), b"same bytes"), window=3)
        job = run(pipeline, A, f"{B} {C}", naming=Naming("item-{serial}"))
        first, second, third = found(pipeline, job)
        assert [link and link.split("/")[1] for link in (first, second)] == ["item-1.jpg", "item-2.jpg"]
        assert third == second
        assert stored(pipeline) == {first, second}
        assert notes(pipeline, job) == ["", "SAME_AS 1/1,SAME_AS 1/1"]
        again = run(pipeline, A, f"{B} {C}", naming=Naming("item-{serial}"))
        assert found(pipeline, again) == [first, second, third]
        purge(pipeline, job, again)
        assert stored(pipeline) == set()
        assert pipeline.sources.outputs == {} == pipeline.sources.first

    def test_a_template_takes_no_name_from_a_job_without_one(self) -> None:
        pipeline = Pipeline(hosts=dict.fromkeys((A, B), b"same bytes"))
        run(pipeline, A, B)
        second = run(pipeline, A, B, naming=Naming("{source}"))
        assert [link and link.split("/")[1] for link in found(pipeline, second)] == ["a.jpg", "b.jpg"]

    def test_an_image_recorded_earlier_shares_its_output_only_under_its_name(self) -> None:
        fill = " ".join(f"http://h/{n}.jpg" for n in range(9))
        pipeline = Pipeline(hosts=dict.fromkeys((A, B, C), b"same bytes"), window=3)
        job = run(pipeline, f"{A} {fill}", f"{B} {fill.replace('h/', 'h/1')} {C}", naming=Naming("{serial}"))
        links_of = [link for link in found(pipeline, job) if link]
        assert [link.split("/")[1] for link in links_of] == ["1.jpg"] * 10 + ["2.jpg"] * 11
        assert links_of[-1] == links_of[10] != links_of[0]

    def test_other_jobs_share_nothing_by_their_bytes(self) -> None:
        pipeline = Pipeline(hosts={A: b"same bytes", B: b"same bytes"})
        first, second = run(pipeline, A), run(pipeline, B)
        assert found(pipeline, first) != found(pipeline, second)
        assert notes(pipeline, second) == [""]


@pytest.mark.parametrize(("fresh", "max_age"), [(True, 1), (False, 0), (False, 8_761)])
def test_what_cannot_be_asked_for(fresh: bool, max_age: int) -> None:
    with pytest.raises(OptionError):
        Reuse(fresh, max_age)
