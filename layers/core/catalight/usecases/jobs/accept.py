"""Accept a file: understand it, submit its catalogue, and remember the columns that were named for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from catalight.domain.catalogue import column_requests
from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.catalogue.requested import Request
from catalight.domain.errors import CatalogueError, UnderstoodOtherwiseError
from catalight.domain.job.job import Job
from catalight.usecases.jobs.job_request import job_id_of
from catalight.usecases.jobs.submit import Submission, Submit
from catalight.usecases.jobs.understand import Understand, Upload, used
from catalight.usecases.ports import Clock, ColumnMemory, Jobs

type Terms = Callable[..., Submission]
"""Makes a submission: it gets the fields that depend on the file, by their names."""


class Accepted(NamedTuple):
    """An accepted job, and what its file was understood as."""

    job: Job
    understood: Understanding


@dataclass(frozen=True, slots=True)
class Accept:
    """Accept a file. A repetition under an Idempotency-Key is understood as the first request was."""

    understand: Understand
    submit: Submit
    memory: ColumnMemory
    jobs: Jobs
    clock: Clock

    def __call__(self, owner: str, idempotency_key: str | None, upload: Upload, terms: Terms) -> Accepted:
        """Return the job and what the file was understood as.

        Raise CatalogueError if the file cannot be used, and what Submit raises. If the database fails after
        the job was stored, repeat the call with its key.
        """
        remembered = self.understand.remembered(owner, upload)
        try:
            accepted = self._accept(upload, terms, remembered)
        except (CatalogueError, UnderstoodOtherwiseError):
            # The memory may have changed since the first request with this key.
            job_id = job_id_of(owner, idempotency_key)
            first = self.jobs.find(job_id) if job_id else None
            if first is None or upload.columns or first.remembered == remembered:
                raise
            accepted = self._accept(upload, terms, first.remembered)
        remember(self.memory, upload, accepted.understood, accepted.job, self.clock())
        return accepted

    def _accept(self, upload: Upload, terms: Terms, remembered: Mapping[str, Request]) -> Accepted:
        understood = self.understand.with_memory(upload, remembered)
        is_classic = understood.is_classic and not upload.said
        submission = terms(
            catalogue=understood.catalogue(),
            file_bytes=len(upload.data),
            sent=None if is_classic else upload.digest,
            remembered=used(understood, remembered),
        )
        return Accepted(self.submit(submission), understood)


def remember(
    memory: ColumnMemory, upload: Upload, understood: Understanding, job: Job, now: datetime
) -> None:
    """Remember the columns that were named for the file of an accepted job, or that they were used again."""
    header = understood.header
    if upload.columns and header:
        # The job's time is the same for each repetition, so a late one changes no later choice.
        chosen = column_requests.remember(header.record.cells, upload.columns, job.created_at)
        memory.remember(job.owner, chosen)
    for columns_id in job.remembered:
        memory.use(job.owner, columns_id, now)
