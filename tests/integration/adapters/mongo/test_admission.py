"""Simultaneous uploads of one key on MongoDB: exactly as many are accepted as may be open."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from catalight.adapters.mongo import Connection, MongoJobs, MongoRows, MongoUsage
from catalight.domain.api_keys import Limits
from catalight.domain.errors import LimitError
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.usage import Amounts
from catalight.usecases.callers.admit import OPENING, Admit
from catalight.usecases.jobs.submit import Submit
from tests.pipeline import Pipeline, a_submission


class Uploads:
    """Uploads of one key; `jobs` is where they are stored."""

    def __init__(self, mongodb: Connection, limit: int) -> None:
        self.jobs, self.usage, pipeline = MongoJobs(mongodb), MongoUsage(mongodb), Pipeline()
        self.jobs.ensure_indexes()
        self.clock = pipeline.clock
        self.limits = Limits(open_jobs=limit)
        self.admit = Admit(self.jobs, self.usage, self.clock)
        self.submit: Submit = replace(
            pipeline.submit, jobs=self.jobs, rows=MongoRows(mongodb), admit=self.admit
        )
        self.submission = a_submission("http://h/a.jpg", owner="k", limits=self.limits)

    def at_once(self, number: int) -> list[Job]:
        """Return the accepted ones of so many simultaneous uploads."""

        def upload(_: int) -> Job | None:
            try:
                return self.submit(self.submission)
            except LimitError:
                return None

        with ThreadPoolExecutor(number) as pool:
            return [job for job in pool.map(upload, range(number)) if job]

    def end(self, job: Job) -> None:
        self.jobs.begin_finishing(job.id, 1, self.clock())
        self.jobs.publish(job.id, 1, JobState.COMPLETED, Counts(), self.clock())


@pytest.mark.parametrize(("limit", "number"), [(1, 20), (3, 50)])
def test_simultaneous_uploads_never_exceed_the_limit_of_open_jobs(
    mongodb: Connection, limit: int, number: int
) -> None:
    """With a limit of 1, 20 uploads at once got 6 accepted."""
    uploads = Uploads(mongodb, limit)
    for _ in range(2):
        accepted = uploads.at_once(number)
        assert len(accepted) == uploads.jobs.count_open("k", number) == limit
        for job in accepted:
            uploads.end(job)
    assert len(uploads.at_once(number)) == limit


def test_an_upload_that_crashed_holds_its_slot_for_a_minute(mongodb: Connection) -> None:
    uploads = Uploads(mongodb, 1)
    uploads.admit("k", uploads.limits, "crashed", Amounts())
    assert uploads.at_once(5) == []
    uploads.clock.forward(OPENING.seconds)
    assert len(uploads.at_once(5)) == 1
