"""Link to a job's result, in the form in which it was written."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from catalight.domain.errors import JobNotFinishedError, ResultExpiredError
from catalight.domain.job import export, links
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
        if not job.state.has_result:
            raise JobNotFinishedError(job_id, RETRY_AFTER)
        key = links.result_key(job.id, job.run, job.result)
        if not self.store.exists(key):
            raise ResultExpiredError(job_id)
        url = self.store.link(
            key, LINK_SECONDS, file_name=export.file_name(job.file_name, job.result), head=head
        )
        return Link(url, self.clock() + timedelta(seconds=LINK_SECONDS))
