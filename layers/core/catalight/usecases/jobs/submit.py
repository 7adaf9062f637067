"""Take a catalogue: store the job and its rows, seal it, and send its first window of ranges."""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid5

from catalight.domain.api_keys import Limits
from catalight.domain.catalogue.catalogue import Catalogue
from catalight.domain.errors import IdempotencyError, ImageError, ImageErrorCode, JobGoneError
from catalight.domain.image.options import Options
from catalight.domain.job import ranges, sweeping
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.retention import Retention
from catalight.domain.job.row import Image, Row
from catalight.domain.job.webhook import Webhook
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.ports import Clock, Jobs, Rows

KEYS = UUID("7d3ae5f4-8f0b-4a52-9c1c-6a5b8f0d2b7e")  # the namespace of ids that follow from keys
A_REQUEST = timedelta(seconds=30)  # the longest that a request lives
UNUSABLE = ImageError(ImageErrorCode.INVALID_URL, "This is not a usable http or https URL.")


@dataclass(frozen=True, slots=True)
class Submission:
    """What a client sends: a parsed catalogue and what to do with it.

    `api_base` and `link_base` are URLs without a path, as in Job. Orders of one owner under one
    `idempotency_key` are the same order. An order counts against the owner's `limits`, if it has any.
    """

    owner: str
    catalogue: Catalogue
    file_name: str
    options: Options
    webhook_url: str | None
    api_base: str
    link_base: str
    idempotency_key: str | None = None
    limits: Limits | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what is ordered: the fields, and the file as it was parsed."""
        dialect, options = asdict(self.catalogue.dialect), self.options.to_document()
        digest = hashlib.sha256(_json([dialect, options, self.webhook_url, self.catalogue.header]))
        for row in self.catalogue.rows:
            digest.update(_json(row.cells))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Submit:
    """Take a catalogue; the answer is a job that is stored, sealed and under way."""

    jobs: Jobs
    rows: Rows
    admit: Admit
    send_window: SendWindow
    clock: Clock
    new_id: Callable[[], str]
    window: int
    retention: Retention

    def __call__(self, submission: Submission) -> Job:
        """Return the job as it was accepted, the same for each repetition under an Idempotency-Key.

        Raise IdempotencyError where the key was used for another order, JobGoneError where that one is gone,
        LimitError where the owner may not send so much now, UnavailableError where the database is down.
        """
        job_id = _job_id_of(submission) or self.new_id()
        if submission.limits and not (
            submission.idempotency_key and self.jobs.find(job_id)
        ):  # a repetition is free
            self.admit(submission.owner, submission.limits, job_id, len(submission.catalogue.rows))
        rows = tuple(_rows(job_id, submission.catalogue))
        ours = self._job(job_id, submission, rows)
        job = self.jobs.insert(ours)
        if job.state is JobState.GONE:
            raise JobGoneError(job_id)
        if job.fingerprint != ours.fingerprint:
            raise IdempotencyError(job_id)
        if job.run == 1 and not job.sealed:
            self._store(job, rows)
        elif (
            job.sealed and job.state is JobState.PENDING and sweeping.is_stalled(job, self.clock(), A_REQUEST)
        ):
            self.send_window(job)  # whoever sealed it has died
        return replace(ours, created_at=job.created_at)

    def _store(self, job: Job, rows: tuple[Row, ...]) -> None:
        self.rows.insert(rows)
        if self.jobs.seal(job.id, job.run, job.ranges, job.counts, self.clock()):
            self.send_window(job)
        else:
            self.jobs.get(job.id)  # a twin has sealed it; or it is gone, which this raises

    def _job(self, job_id: str, submission: Submission, rows: tuple[Row, ...]) -> Job:
        now = self.clock()
        return Job(
            id=job_id,
            owner=submission.owner,
            fingerprint=submission.fingerprint if submission.idempotency_key else "",
            state=JobState.PENDING,
            run=1,
            sealed=False,
            options=submission.options,
            dialect=submission.catalogue.dialect,
            header=submission.catalogue.header,
            file_name=submission.file_name,
            rows=len(rows),
            images=sum(len(row.images) for row in rows),
            ranges=1 + max((row.range for row in rows if row.range is not None), default=-1),
            window=self.window,
            secret=secrets.token_bytes(32),
            api_base=submission.api_base,
            link_base=submission.link_base,
            created_at=now,
            deadline_at=now + self.retention.job_deadline,
            expires_at=self.retention.expires_at(now, now),
            moved_at=now,
            sweep_at=now + self.retention.stall_timeout,
            counts=Counts.of(image for row in rows for image in row.images),
            webhook=Webhook(submission.webhook_url) if submission.webhook_url else None,
        )


def _job_id_of(submission: Submission) -> str | None:
    """The id that follows from the owner and the key (UUID version 5, RFC 9562)."""
    key = submission.idempotency_key
    return str(uuid5(KEYS, f"{submission.owner}\0{key}")) if key else None


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _rows(job_id: str, catalogue: Catalogue) -> Iterator[Row]:
    pending = (sum(source.usable for source in row.sources) for row in catalogue.rows)
    for number, (source_row, row_range) in enumerate(
        zip(catalogue.rows, ranges.assign(pending), strict=True)
    ):
        images = tuple(
            Image(source.url) if source.usable else Image(source.url).failed(UNUSABLE)
            for source in source_row.sources
        )
        yield Row(job_id, number, run=1, range=row_range, cells=source_row.cells, images=images)
