"""What a client asks for when it sends a file, in whatever way the file comes."""

import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from catalight.domain.api_keys import Limits
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.naming import Naming
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.result_form import RequestedResult
from catalight.domain.job.retention import Retention
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.webhook import Webhook

# The namespace of the job ids that are derived from Idempotency-Keys.
JOB_ID_NAMESPACE = UUID("7d3ae5f4-8f0b-4a52-9c1c-6a5b8f0d2b7e")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRequest(ABC):
    """Whose job it is, and what to do with the images of its file.

    `api_base` and `link_base` are URLs without a path, as in Job. Requests of one owner with one
    `idempotency_key` are the same request. It counts against the owner's `limits`, if it has any. `naming`
    lacks its columns. `keep_days`, `reference` and `preview` are as in Job.
    """

    owner: str
    file_name: str
    renditions: tuple[Rendition, ...]
    webhook_url: str | None
    api_base: str
    link_base: str
    idempotency_key: str | None = None
    limits: Limits | None = None
    request_headers: RequestHeaders = field(default_factory=RequestHeaders)
    naming: Naming | None = None
    keep_days: int | None = None
    result: RequestedResult = field(default_factory=RequestedResult)
    reuse: Reuse = field(default_factory=Reuse)
    reference: str | None = None
    preview: bool = False

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """SHA-256 that tells this request from others with its `idempotency_key`."""

    def new_job(self, job_id: str, now: datetime, window: int, retention: Retention, **of_file: Any) -> Job:
        """Return the new job, with what follows from its file: fields of Job."""
        new: dict[str, Any] = {
            "id": job_id,
            "owner": self.owner,
            "fingerprint": self.fingerprint if self.idempotency_key else "",
            "state": JobState.PENDING,
            "run": 1,
            "sealed": False,
            "renditions": self.renditions,
            "file_name": self.file_name,
            "window": window,
            "secret": secrets.token_bytes(32),
            "api_base": self.api_base,
            "link_base": self.link_base,
            "created_at": now,
            "deadline_at": now + retention.job_deadline,
            "expires_at": retention.expires_at(now, now, self.keep_days),
            "moved_at": now,
            "sweep_at": now + retention.stall_timeout,
            "webhook": Webhook(self.webhook_url) if self.webhook_url else None,
            "request_headers": self.request_headers,
            "naming": self.naming,
            "keep_days": self.keep_days,
            "reuse": self.reuse,
            "reference": self.reference,
            "preview": self.preview,
        }
        return Job(**new | of_file)


def job_id_of(owner: str, key: str | None) -> str | None:
    """Return the id derived from the owner and the key (UUID version 5, RFC 9562), or None without a key."""
    return str(uuid5(JOB_ID_NAMESPACE, f"{owner}\0{key}")) if key else None
