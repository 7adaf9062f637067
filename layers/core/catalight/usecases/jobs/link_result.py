"""Link to a job's result, in the form in which it was written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from catalight.domain.errors import JobNotFinishedError, NoResultError, ResultExpiredError
from catalight.domain.job import links
from catalight.domain.job.job import ENDED, Job
from catalight.domain.job.result_form import ResultForm
from catalight.usecases.ports import Clock, Jobs, ObjectStore

LINK_SECONDS = 3600
RETRY_AFTER = 5  # seconds


@dataclass(frozen=True, slots=True)
class Link:
    """A presigned URL and the time at which it expires at the latest.

    It also ends with the session of the role that signed it:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
    """

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LinkResult:
    """Link to the result of the newest finished run."""

    jobs: Jobs
    store: ObjectStore
    clock: Clock

    def __call__(self, job_id: str, *, head: bool = False) -> Link:
        """Return the link, for HEAD requests if `head` is true.

        Raise JobNotFoundError, JobNotFinishedError or ResultExpiredError if there is no result.
        """
        job = self.jobs.get(job_id)
        if job.state in ENDED and not job.has_result:
            raise NoResultError(job.id, job.state)
        if not job.has_result:
            raise JobNotFinishedError(job_id, RETRY_AFTER)
        form = self.written(job)
        name = links.result_name(job.file_name, form)
        key = links.result_key(job.id, job.run, form)
        url = self.store.link(key, LINK_SECONDS, file_name=name, head=head)
        return Link(url, self.clock() + timedelta(seconds=LINK_SECONDS))

    def written(self, job: Job) -> ResultForm:
        """Return the form in which the result was written: the job's, or a plain one if it did not fit.

        Raise ResultExpiredError if neither is stored.
        """
        for form in job.result.possible:
            if self.store.exists(links.result_key(job.id, job.run, form)):
                return form
        raise ResultExpiredError(job.id)
