"""Find a caller's own job."""

from dataclasses import dataclass

from catalight.domain.errors import JobGoneError, JobNotFoundError
from catalight.domain.job.job import Job, JobState
from catalight.usecases.ports import Jobs


@dataclass(frozen=True, slots=True)
class OwnJob:
    """Find a job of one owner. The jobs of others count as not found."""

    jobs: Jobs

    def __call__(self, owner: str, job_id: str, *, preview: bool = False) -> Job:
        """Return the job, or with `preview` the preview, which is no job to any other route.

        Raise JobNotFoundError, or JobGoneError if it was deleted or has expired.
        """
        job = self.jobs.find(job_id)
        if job is None or job.owner != owner or job.preview != preview:
            raise JobNotFoundError(job_id)
        if job.state is JobState.GONE:
            raise JobGoneError(job_id)
        return job
