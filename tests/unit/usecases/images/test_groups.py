"""Whatever sends a job's ranges sends them in the group of its owner and size."""

from dataclasses import replace
from datetime import timedelta

from catalight.domain.job import fairness
from catalight.domain.job.job import Job
from catalight.domain.messages import ProcessRange, TendJob
from local.runner.fair_order import SHARE
from tests.pipeline import BUSY, RETENTION, Pipeline, tens

SMALL, LARGE = fairness.SMALL_RANGES, fairness.SMALL_RANGES + 1


def groups(pipeline: Pipeline) -> set[str | None]:
    """The groups of what was sent to ImageQueue since the last call."""
    found, pipeline.image_queue.groups = pipeline.image_queue.groups, set()
    pipeline.image_queue.take()
    return found


def jobs(*sizes: int, owner: str = "") -> tuple[Pipeline, list[Job]]:
    pipeline = Pipeline(window=3)
    return pipeline, [pipeline.start(*tens(size), owner=owner) for size in sizes]


def test_an_owner_has_one_group_of_small_jobs_and_one_of_large_ones() -> None:
    _, started = jobs(1, SMALL, LARGE, 2 * LARGE)
    assert [fairness.group(job) for job in started] == [
        *2 * [fairness.group(started[0])],
        *2 * [fairness.group(started[3])],
    ]
    assert fairness.group(started[0]) != fairness.group(started[3])


def test_owners_share_no_group_of_small_jobs_and_are_not_named_by_theirs() -> None:
    found = {fairness.group(jobs(1, owner=owner)[1][0]) for owner in ("0a4f5c9e-acme", "other", "")}
    assert len(found) == 3
    assert all(len(group) == 32 and set(group) <= set("0123456789abcdef") for group in found)


def test_there_are_few_enough_groups_of_large_jobs_that_all_busy_ones_are_noisy() -> None:
    [job] = jobs(LARGE)[1]
    found = {fairness.group(replace(job, owner=str(number))) for number in range(500)}
    assert len(found) == fairness.LARGE_GROUPS < 1 / SHARE


def test_the_first_ranges_and_those_that_follow_are_of_the_group() -> None:
    pipeline, [job] = jobs(LARGE)
    assert groups(pipeline) == {fairness.group(job)}
    pipeline.process(ProcessRange(job.id, 1, 0))
    assert groups(pipeline) == {fairness.group(job)}


def test_a_range_that_waits_or_is_split_stays_in_the_group() -> None:
    pipeline, [job] = jobs(LARGE)
    pipeline.hosts = {f"http://h/{number}.jpg": BUSY for number in range(10)}
    groups(pipeline)
    pipeline.process(ProcessRange(job.id, 1, 0))
    assert groups(pipeline) == {fairness.group(job)}
    pipeline.process(ProcessRange(job.id, 1, 1), receives=3)
    assert groups(pipeline) == {fairness.group(job)}
    pipeline.give_up(ProcessRange(job.id, 1, 2))
    assert groups(pipeline) == {fairness.group(job)}


def test_ranges_that_the_sweeper_sends_again_are_of_the_group() -> None:
    pipeline, [job] = jobs(LARGE)
    groups(pipeline)
    pipeline.clock.forward((RETENTION.stall_timeout + timedelta(seconds=1)).total_seconds())
    pipeline.tend_job(TendJob(job.id), lambda: 100.0)
    assert groups(pipeline) == {fairness.group(job)}
