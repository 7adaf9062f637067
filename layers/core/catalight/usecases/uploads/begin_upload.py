"""Begin a big upload: open its job, and give its client a form with which to store the file."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

from catalight.domain import usage
from catalight.domain.catalogue.files import Dialect
from catalight.domain.errors import IdempotencyError, JobGoneError
from catalight.domain.job import upload
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.retention import Retention
from catalight.domain.job.upload import BigUpload, Form, UploadState
from catalight.domain.usage import Amounts
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.job_request import JobRequest, job_id_of
from catalight.usecases.ports import Clock, Jobs, UploadForms


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced(JobRequest):
    """A request whose file its client is going to send. The form of the result is a part of `upload`."""

    upload: BigUpload

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what the request says; the file is not known yet."""
        said = [
            "upload",
            self.file_name,
            replace(self.upload, result=self.result).to_document(),
            [rendition.to_document() for rendition in self.renditions],
            self.webhook_url,
            self.request_headers.to_document(),
            self.naming and asdict(self.naming),
            self.keep_days,
            self.reuse.to_document(),
            *([{"reference": self.reference}] if self.reference else ()),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class Begun(NamedTuple):
    """The job of a big upload, and the form for its file while that is awaited."""

    job: Job
    form: Form | None


@dataclass(frozen=True, slots=True)
class BeginUpload:
    """Open the job of a big upload.

    Its file counts against the owner's limits when its reading begins, and its rows once all are known.
    """

    jobs: Jobs
    admit: Admit
    forms: UploadForms
    clock: Clock
    new_id: Callable[[], str]
    window: int
    retention: Retention

    def __call__(self, announced: Announced) -> Begun:
        """Return the job, the same for each repetition with an Idempotency-Key, and a new form.

        Raise IdempotencyError if the key was used for something else, JobGoneError if the job of that key is
        gone, and LimitError if the file is larger than what is left of the day, or no slot is free.
        """
        job_id = job_id_of(announced.owner, announced.idempotency_key) or self.new_id()
        new = self._job(job_id, announced)
        if announced.limits and not (announced.idempotency_key and self.jobs.find(job_id)):
            wanted = Amounts(file_bytes=announced.upload.size)
            self.admit.check(announced.owner, announced.limits, wanted)
            self.admit.open(announced.owner, announced.limits, usage.order(job_id))
        job = self.jobs.insert(new)
        if job.state is JobState.GONE:
            raise JobGoneError(job_id)
        if job.upload is None or job.fingerprint != new.fingerprint:
            raise IdempotencyError(job_id)
        return Begun(job, self._form(job, job.upload))

    def _form(self, job: Job, big: BigUpload) -> Form | None:
        if big.state is not UploadState.WAITING:
            return None
        seconds = round(upload.FORM_TIME.total_seconds())
        return self.forms.form(upload.upload_key(job.id), big.media_type, big.size, seconds)

    def _job(self, job_id: str, announced: Announced) -> Job:
        """Return the job; what follows from its file is not known yet."""
        return announced.new_job(
            job_id,
            self.clock(),
            self.window,
            self.retention,
            dialect=Dialect(","),
            header=(),
            rows=0,
            images=0,
            ranges=0,
            upload=replace(announced.upload, result=announced.result),
        )
