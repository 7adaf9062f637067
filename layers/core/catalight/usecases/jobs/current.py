"""The job that a message is about."""

from catalight.domain.job.job import Job, JobState
from catalight.usecases.ports import Jobs


def current(jobs: Jobs, job_id: str, run: int) -> Job | None:
    """The job, or None where it is gone or in another run: then the message is dropped."""
    job = jobs.find(job_id)
    return job if job and job.run == run and job.state is not JobState.GONE else None
