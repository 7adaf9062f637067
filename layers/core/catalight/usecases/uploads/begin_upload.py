"""Begin a big upload: open its job, and give its client a form with which to store the file."""

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from catalight.domain import usage
from catalight.domain.api_keys import Limits
from catalight.domain.catalogue.catalogue import Dialect
from catalight.domain.errors import IdempotencyError, JobGoneError, LimitError
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import upload
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.naming import Naming
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.retention import Retention
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.upload import BigUpload, Form, UploadState
from catalight.domain.job.webhook import Webhook
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.submit import job_id_of
from catalight.usecases.ports import Clock, Jobs, UploadForms


@dataclass(frozen=True, slots=True)
class Announced:
    """A file that a client is going to send, and what to do with it. The fields are as in Submission."""

    owner: str
    file_name: str
    upload: BigUpload
    renditions: tuple[Rendition, ...]
    webhook_url: str | None
    api_base: str
    link_base: str
    idempotency_key: str | None = None
    limits: Limits | None = None
    request_headers: RequestHeaders = field(default_factory=RequestHeaders)
    naming: Naming | None = None
    keep_days: int | None = None
    reuse: Reuse = field(default_factory=Reuse)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what the request says; the file is not known yet."""
        said = [
            "upload",
            self.file_name,
            self.upload.to_document(),
            [rendition.to_document() for rendition in self.renditions],
            self.webhook_url,
            self.request_headers.to_document(),
            self.naming and asdict(self.naming),
            self.keep_days,
            self.reuse.to_document(),
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class Begun(NamedTuple):
    """The job of a big upload, and the form for its file while that is awaited."""

    job: Job
    form: Form | None


@dataclass(frozen=True, slots=True)
class BeginUpload:
    """Open the job of a big upload. Its rows count against the owner's limits once they are known."""

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
        gone, and LimitError if the file is larger than a day allows, or the owner has no slot for a job.
        """
        job_id = job_id_of(announced.owner, announced.idempotency_key) or self.new_id()
        new = self._job(job_id, announced)
        if announced.limits and not (announced.idempotency_key and self.jobs.find(job_id)):
            size, most = announced.upload.size, announced.limits.file_bytes_a_day
            if size > most:
                raise LimitError("file-bytes", most, most, size, None)
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
        now = self.clock()
        return Job(
            id=job_id,
            owner=announced.owner,
            fingerprint=announced.fingerprint if announced.idempotency_key else "",
            state=JobState.PENDING,
            run=1,
            sealed=False,
            renditions=announced.renditions,
            dialect=Dialect(","),
            header=(),
            file_name=announced.file_name,
            rows=0,
            images=0,
            ranges=0,
            window=self.window,
            secret=secrets.token_bytes(32),
            api_base=announced.api_base,
            link_base=announced.link_base,
            created_at=now,
            deadline_at=now + self.retention.job_deadline,
            expires_at=self.retention.expires_at(now, now, announced.keep_days),
            moved_at=now,
            sweep_at=now + self.retention.stall_timeout,
            webhook=Webhook(announced.webhook_url) if announced.webhook_url else None,
            request_headers=announced.request_headers,
            naming=announced.naming,
            keep_days=announced.keep_days,
            reuse=announced.reuse,
            upload=announced.upload,
        )
