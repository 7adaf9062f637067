"""Ranges have more images if most outputs of a job are known from an earlier one."""

from dataclasses import replace

import pytest

from catalight.domain.errors import UnavailableError
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.naming import Naming
from catalight.domain.job.reuse import Reuse
from catalight.domain.messages import IngestUpload
from tests.pipeline import Pipeline, csv_of
from tests.unit.usecases.uploads.big import Uploading

URLS = [f"http://h/{number}.jpg" for number in range(60)]
FILE = csv_of(*URLS)


def sent_before(*urls: str, **fields: object) -> Pipeline:
    pipeline = Pipeline()
    job = pipeline.start(*urls, **fields)
    pipeline.run()
    assert pipeline.jobs.get(job.id).state is JobState.COMPLETED
    return pipeline


def finished(pipeline: Pipeline, job: Job) -> Job:
    pipeline.run()
    return pipeline.jobs.get(job.id)


def test_a_catalogue_that_is_sent_again_has_fewer_ranges() -> None:
    pipeline = sent_before(*URLS)
    job = pipeline.start(*URLS)
    assert (job.ranges, job.mostly_known) == (2, True)
    done = finished(pipeline, job)
    assert (done.state, done.counts.unchanged) == (JobState.COMPLETED, 60)


def test_a_quarter_of_the_sample_may_be_new() -> None:
    assert sent_before(*URLS[:45]).start(*URLS).mostly_known
    assert not sent_before(*URLS[:42]).start(*URLS).mostly_known


def test_known_images_that_have_all_changed_are_made() -> None:
    pipeline = sent_before(*URLS)
    pipeline.hosts |= {url: f"new {url}".encode() for url in URLS}
    pipeline.compressed.clear()
    done = finished(pipeline, pipeline.start(*URLS))
    assert (done.state, done.ranges, done.counts.unchanged) == (JobState.COMPLETED, 2, 0)
    assert len(pipeline.compressed) == 60


@pytest.mark.parametrize(
    "fields",
    [{"reuse": Reuse(fresh=True)}, {"owner": "another"}, {"naming": Naming("{serial}")}],
    ids=["fresh", "of another owner", "with other names"],
)
def test_other_jobs_have_ranges_of_ten_images(fields: dict[str, object]) -> None:
    assert sent_before(*URLS).start(*URLS, **fields).ranges == 6


@pytest.mark.parametrize("template", ["{serial}-{n}", "{name}/{source}"])
def test_names_from_a_template_are_known_too(template: str) -> None:
    pipeline = sent_before(*URLS, naming=Naming(template))
    assert pipeline.start(*URLS, naming=Naming(template)).ranges == 2
    assert pipeline.start(*URLS).ranges == 6


def test_a_repeated_request_makes_the_ranges_that_the_first_one_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first request ended before it stored the rows; meanwhile the memory is empty or full."""
    pipeline = sent_before(*URLS)
    remembered = dict(pipeline.sources.outputs)
    for name, before, then in (("full", remembered, {}), ("empty", {}, remembered)):
        pipeline.sources.outputs = dict(before)
        with monkeypatch.context() as patch:
            patch.setattr(pipeline.rows, "insert", down)
            with pytest.raises(UnavailableError):
                pipeline.start(*URLS, idempotency_key=name)
        pipeline.sources.outputs = dict(then)
        job = pipeline.jobs.get(pipeline.start(*URLS, idempotency_key=name).id)
        assert {row.range for row in pipeline.rows.stream(job.id)} == set(range(job.ranges))
        assert job.ranges == (2 if before else 6)
        assert finished(pipeline, job).state is JobState.COMPLETED


@pytest.mark.parametrize("naming", [None, Naming("{serial}")], ids=["plain", "with names"])
@pytest.mark.parametrize("confirm", [False, True], ids=["at once", "confirmed"])
def test_a_big_upload_of_known_images_has_fewer_ranges(naming: Naming | None, *, confirm: bool) -> None:
    uploading = Uploading()
    uploading.start(*URLS, naming=naming)
    uploading.run()
    uploading.begin_upload = replace(uploading.begin_upload, new_id=lambda: "again")
    uploading.store_file(uploading.begin(len(FILE), naming=naming, confirm=confirm), FILE)
    uploading.ingest()
    if confirm:
        uploading.confirm_upload("again")
    uploading.run()
    done = uploading.jobs.get("again")
    assert (done.state, done.ranges, done.counts.unchanged) == (JobState.COMPLETED, 2, 60)


@pytest.mark.parametrize(("known", "ranges"), [(True, 2), (False, 6)])
def test_whoever_goes_on_with_a_big_upload_makes_the_ranges_of_the_first_look(
    *, known: bool, ranges: int
) -> None:
    """A turn ends after each piece, and the memory changes after the first one."""
    uploading = Uploading(head=900, piece=900, margin=100, most=5)
    uploading.start(*URLS)
    uploading.run()
    remembered = dict(uploading.sources.outputs)
    uploading.sources.outputs = dict(remembered) if known else {}
    uploading.begin_upload = replace(uploading.begin_upload, new_id=lambda: "again")
    job = uploading.begin(len(FILE))
    uploading.store_file(job, FILE)
    uploading.ingest_queue.take()
    uploading.ingest_upload(IngestUpload(job.id), lambda: 0.0)
    stored = uploading.jobs.get("again")
    assert (stored.mostly_known, stored.sealed) == (known, False)
    assert stored.rows > 0
    uploading.sources.outputs = {} if known else remembered
    uploading.ingest(lambda: 0.0)
    job = uploading.jobs.get("again")
    assert (job.sealed, job.ranges) == (True, ranges)
    assert {row.range for row in uploading.rows.stream("again")} == set(range(ranges))


def down(*_: object) -> None:
    raise UnavailableError("MongoDB")
