"""Find the job of a message."""

from catalight.domain.job.job import Job, JobState
from catalight.usecases.ports import Jobs


def current(jobs: Jobs, job_id: str, run: int) -> Job | None:
    """Return the job, or None if it is gone or in another run: then the caller drops the message."""
    job = jobs.find(job_id)
    return job if job and job.run == run and job.state is not JobState.GONE else None
