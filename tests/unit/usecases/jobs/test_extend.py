"""How long a job is kept: as its request says, as a retry says, and as it is extended."""

from datetime import datetime, timedelta

import pytest

from catalight.domain.errors import JobGoneError, JobNotFoundError, OptionError
from catalight.domain.job.job import Job
from tests.pipeline import MISSING, Pipeline

URL = "http://h/a.jpg"


def days(number: float) -> timedelta:
    return timedelta(days=number)


def sweep(pipeline: Pipeline) -> None:
    """Let the sweeper find that jobs have expired, and then remove what they have stored."""
    for _ in range(2):
        pipeline.sweep_all()
        pipeline.run()


def expires_at(pipeline: Pipeline, job: Job) -> datetime:
    return pipeline.jobs.get(job.id).expires_at


def a_failed_job(pipeline: Pipeline, **fields: int) -> Job:
    pipeline.hosts[URL] = MISSING
    job = pipeline.start(URL, **fields)
    pipeline.run()
    return job


@pytest.mark.parametrize(("keep_days", "kept"), [(None, 30), (1, 1), (60, 60), (90, 90)])
def test_a_job_is_kept_as_long_as_its_request_says(keep_days: int | None, kept: int) -> None:
    pipeline = Pipeline()
    job = pipeline.start(URL, keep_days=keep_days)
    assert expires_at(pipeline, job) == job.created_at + days(kept)
    pipeline.run()
    pipeline.clock.forward(days(kept).total_seconds() - 1)
    sweep(pipeline)
    assert pipeline.store.objects
    pipeline.clock.forward(1)
    sweep(pipeline)
    assert pipeline.store.objects == {}


def test_a_retry_keeps_the_jobs_own_number_of_days() -> None:
    pipeline = Pipeline()
    job = a_failed_job(pipeline, keep_days=5)
    pipeline.clock.forward(days(4).total_seconds())
    assert pipeline.retry_job(job.id).expires_at == expires_at(pipeline, job) == job.created_at + days(9)


def test_a_retry_does_not_take_back_an_extension() -> None:
    pipeline = Pipeline()
    job = a_failed_job(pipeline)
    pipeline.extend_job(job.id, 80)
    assert pipeline.retry_job(job.id).expires_at == expires_at(pipeline, job) == job.created_at + days(80)


def test_an_extension_counts_from_now_and_ends_with_the_objects() -> None:
    pipeline = Pipeline()
    job = pipeline.start(URL)
    pipeline.clock.forward(days(10).total_seconds())
    assert pipeline.extend_job(job.id, 40).expires_at == job.created_at + days(50)
    assert pipeline.extend_job(job.id, 90).expires_at == job.created_at + days(90)


def test_a_job_is_shortened_only_if_that_is_asked_for() -> None:
    pipeline = Pipeline()
    job = pipeline.start(URL)
    pipeline.run()
    assert pipeline.extend_job(job.id, 2).expires_at == job.created_at + days(30)
    assert pipeline.extend_job(job.id, 2, shorten=True).expires_at == job.created_at + days(2)
    pipeline.clock.forward(days(2).total_seconds())
    sweep(pipeline)
    assert pipeline.store.objects == {}


def test_an_extended_job_outlives_its_first_end() -> None:
    pipeline = Pipeline()
    job = pipeline.start(URL, keep_days=2)
    pipeline.run()
    pipeline.clock.forward(days(1).total_seconds())
    pipeline.extend_job(job.id, 3)
    for _ in range(2):
        pipeline.clock.forward(days(1).total_seconds())
        sweep(pipeline)
    assert pipeline.store.objects
    pipeline.clock.forward(days(1).total_seconds())
    sweep(pipeline)
    assert pipeline.store.objects == {}


def test_extending_is_no_progress_of_a_stalled_job() -> None:
    pipeline = Pipeline()
    job = pipeline.start(URL)
    pipeline.clock.forward(600)
    extended = pipeline.extend_job(job.id, 40)
    assert (extended.moved_at, extended.sweep_at) == (job.moved_at, job.sweep_at)


def test_what_has_expired_or_is_unknown_is_not_extended() -> None:
    pipeline = Pipeline()
    job = pipeline.start(URL, keep_days=2)
    pipeline.run()
    pipeline.clock.forward(days(2).total_seconds())
    with pytest.raises(JobGoneError):
        pipeline.extend_job(job.id, 9)
    pipeline.delete_job(job.id)
    with pytest.raises(JobGoneError):
        pipeline.extend_job(job.id, 9)
    with pytest.raises(JobNotFoundError):
        pipeline.extend_job("nothing", 9)


@pytest.mark.parametrize("number", [0, 91, 10**12])
def test_no_job_is_kept_longer_than_the_deployment_allows(number: int) -> None:
    pipeline = Pipeline()
    job = pipeline.start(URL)
    with pytest.raises(OptionError) as caught:
        pipeline.extend_job(job.id, number)
    assert (caught.value.field, caught.value.allowed) == ("days", "a whole number from 1 to 90")
