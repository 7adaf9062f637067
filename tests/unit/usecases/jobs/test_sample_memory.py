"""Ranges have more images if most outputs of a job are known from an earlier one."""

import pytest

from catalight.domain.errors import UnavailableError
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.naming import Naming
from catalight.domain.job.reuse import Reuse
from tests.pipeline import Pipeline

URLS = [f"http://h/{number}.jpg" for number in range(60)]


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
    [{"reuse": Reuse(fresh=True)}, {"owner": "another"}, {"naming": Naming("{name}")}],
    ids=["fresh", "of another owner", "with names"],
)
def test_other_jobs_have_ranges_of_ten_images(fields: dict[str, object]) -> None:
    assert sent_before(*URLS).start(*URLS, **fields).ranges == 6


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


def down(*_: object) -> None:
    raise UnavailableError("MongoDB")
