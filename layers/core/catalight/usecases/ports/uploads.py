"""The ports to big uploads: files that clients store themselves, and that are read in steps."""

from datetime import datetime
from typing import Protocol

from catalight.domain.job.job import Job, JobState
from catalight.domain.job.upload import Form, Stored


class ObjectRanges(Protocol):
    """Reads parts of objects."""

    def head(self, key: str) -> Stored | None:
        """Return what is stored under the key, or None."""

    def read_range(self, key: str, etag: str, start: int, end: int) -> bytes:
        """Return the bytes from `start` up to `end` or the end of the object.

        Raise ObjectChangedError if the object has another ETag, or is gone.
        """


class UploadForms(Protocol):
    """Makes the forms with which clients store files."""

    def form(self, key: str, media_type: str, most: int, seconds: int) -> Form:
        """Return a form for one key and media type, at most so many bytes, and at most so long."""


class BigUploads(Protocol):
    """The big uploads, which are parts of jobs that are not sealed.

    Writes of an upload that was claimed return whether the claim still holds. They change nothing if another
    claim was made, or if the job is sealed or does not run any more. They may be repeated.
    """

    def claim(self, job_id: str, now: datetime, until: datetime) -> Job | None:
        """Claim a WAITING or READING upload and count the attempt. Return it, or None if it is not free."""

    def advance(self, job: Job, now: datetime, until: datetime) -> bool:
        """Record progress: the upload and the totals of a job. Extend the claim to `until`."""

    def understand(self, job: Job, now: datetime, until: datetime | None) -> bool:
        """Record what a file was understood as, besides progress. Without `until`, the claim ends."""

    def release(self, job: Job, *, refund: bool = False) -> bool:
        """End the claim. With `refund`, the attempt does not count."""

    def submit(self, job: Job, now: datetime) -> bool:
        """Seal a job: all its rows are stored."""

    def end(self, job: Job, state: JobState, now: datetime, *, claimed: bool) -> bool:
        """End a job that is not sealed as FAILED or CANCELLED; if `claimed`, only under its claim."""

    def confirm(self, job_id: str, now: datetime) -> bool:
        """Change UNDERSTOOD to READING. Return whether this call did it."""

    def clear(self, job_id: str) -> None:
        """Record that what an upload without a result has stored is removed."""
