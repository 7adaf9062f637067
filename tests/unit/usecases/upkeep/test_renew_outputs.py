"""Outputs of other jobs are stored again: many at once, in batches, as long as there is time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from catalight.domain.errors import UnavailableError
from catalight.domain.job.job import Job
from catalight.domain.job.reuse import Reference, new_claim
from catalight.usecases.upkeep.renew_outputs import AT_ONCE, BATCH, RenewOutputs
from tests.pipeline import RETENTION, Pipeline

OLD = timedelta(days=89)


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield pool


def a_job_that_uses(pipeline: Pipeline, outputs: int) -> Job:
    """Return a job that is kept for long, and uses as many old outputs."""
    job = pipeline.start("http://h/a.jpg")
    now = pipeline.clock()
    for number in range(outputs):
        link = f"https://cdn.test/images/{number}/a.jpg"
        reference = Reference(link, "maker", frozenset({new_claim(job.id)}), now - OLD)
        pipeline.references.references[link] = reference
    return replace(job, expires_at=now + timedelta(days=80))


def test_outputs_are_renewed_at_once(threads: ThreadPoolExecutor) -> None:
    pipeline = Pipeline()
    job = a_job_that_uses(pipeline, AT_ONCE)
    together, renew = Barrier(AT_ONCE, timeout=20), pipeline.store.renew

    def waiting(key: str, media_type: str) -> bool:
        together.wait()  # raises BrokenBarrierError unless all are waiting
        return renew(key, media_type)

    pipeline.store.renew = waiting  # type: ignore[method-assign]
    renew_outputs = RenewOutputs(pipeline.references, pipeline.store, threads, pipeline.clock, RETENTION)
    assert renew_outputs(job, lambda: 900.0)
    assert len(set(pipeline.store.renewed)) == AT_ONCE


def test_without_time_one_batch_is_renewed_and_the_next_call_goes_on(threads: ThreadPoolExecutor) -> None:
    pipeline = Pipeline()
    job = a_job_that_uses(pipeline, BATCH + 1)
    renew_outputs = RenewOutputs(pipeline.references, pipeline.store, threads, pipeline.clock, RETENTION)
    assert not renew_outputs(job, lambda: 0.0)
    assert len(pipeline.store.renewed) == BATCH
    assert renew_outputs(job, lambda: 900.0)
    assert len(set(pipeline.store.renewed)) == len(pipeline.store.renewed) == BATCH + 1


def test_in_an_outage_nothing_counts_as_renewed(threads: ThreadPoolExecutor) -> None:
    pipeline = Pipeline()
    job = a_job_that_uses(pipeline, 3)
    pipeline.store.down = True
    renew_outputs = RenewOutputs(pipeline.references, pipeline.store, threads, pipeline.clock, RETENTION)
    with pytest.raises(UnavailableError):
        renew_outputs(job, lambda: 900.0)
    assert {one.stored_at for one in pipeline.references.references.values()} == {pipeline.clock() - OLD}
