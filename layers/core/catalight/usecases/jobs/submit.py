"""Accept a catalogue: store the job and its rows, seal it, and send its first window of ranges."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta

from catalight.domain import usage
from catalight.domain.catalogue.catalogue import Catalogue
from catalight.domain.catalogue.requested import Request
from catalight.domain.errors import (
    IdempotencyError,
    JobGoneError,
    UnderstoodOtherwiseError,
)
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import ranges, sweeping
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.naming import Naming
from catalight.domain.job.origin import Origin
from catalight.domain.job.retention import Retention
from catalight.domain.job.row import Row
from catalight.domain.usage import Amounts
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.job_request import JobRequest, job_id_of
from catalight.usecases.jobs.make_rows import AllPlaces, MakeRows
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.ports import Clock, Jobs, Rows

REQUEST_TIMEOUT = timedelta(seconds=30)  # no request runs longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission(JobRequest):
    """A request with its parsed catalogue.

    `file_bytes` is the size of its file. `sent` identifies what was sent, if that is more than a classic
    file, and `remembered` is what was known of the columns, by the key of the header.
    """

    catalogue: Catalogue
    file_bytes: int = 0
    sent: str | None = None
    remembered: Mapping[str, Request] = field(default_factory=dict)

    @property
    def amounts(self) -> Amounts:
        """What counts against the limits of a day; of a preview, not its original."""
        outputs = self.catalogue.images * (1 if self.preview else len(self.renditions))
        return Amounts(len(self.catalogue.rows), outputs, self.file_bytes)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the submission: the fields, and what was sent, or a classic file as it was parsed."""
        dialect = asdict(self.catalogue.dialect)
        options, *others = (rendition.to_document() for rendition in self.renditions)
        what = [self.sent] if self.sent else [dialect, self.catalogue.header]
        digest = hashlib.sha256(_json([what[0], options, self.webhook_url, *what[1:]]))
        if headers := self.request_headers.to_document():
            digest.update(_json(headers))
        if others:
            digest.update(_json(others))
        if self.naming or self.keep_days:
            digest.update(_json([self.naming and asdict(self.naming), self.keep_days]))
        if result := self.result.said:
            digest.update(_json(result))
        if reuse := self.reuse.said:
            digest.update(_json(reuse))
        if self.reference:
            digest.update(_json({"reference": self.reference}))
        for row in () if self.sent else self.catalogue.rows:
            digest.update(_json(row.cells))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Submit:
    """Accept a catalogue. The returned job is stored, sealed and started."""

    jobs: Jobs
    rows: Rows
    admit: Admit
    sample_memory: SampleMemory
    send_window: SendWindow
    clock: Clock
    new_id: Callable[[], str]
    window: int
    retention: Retention

    def __call__(self, submission: Submission) -> Job:
        """Return the job as it was accepted, the same for each repetition with an Idempotency-Key.

        Raise IdempotencyError if the key was used for another submission, JobGoneError if the job of that key
        is gone, OptionError if the catalogue lacks a column of `naming`, UnderstoodOtherwiseError if other
        columns were in memory when it was accepted, LimitError if a limit is exceeded, and UnavailableError
        if the database is down.
        """
        naming = submission.naming and named(submission.naming, submission.catalogue, submission.renditions)
        job_id = job_id_of(submission.owner, submission.idempotency_key) or self.new_id()
        # A repetition does not count against the limits.
        if submission.limits and not (submission.idempotency_key and self.jobs.find(job_id)):
            self.admit(submission.owner, submission.limits, usage.order(job_id), submission.amounts)
        new = self._job(job_id, submission, naming)
        new = replace(new, mostly_known=self.sample_memory(new, submission.catalogue.rows))
        new, rows = _with_rows(new, submission.catalogue)
        job = self.jobs.insert(new)
        if job.state is JobState.GONE:
            raise JobGoneError(job_id)
        if job.fingerprint != new.fingerprint:
            raise IdempotencyError(job_id)
        if job.remembered != new.remembered:
            raise UnderstoodOtherwiseError(job_id)
        if job.run == 1 and not job.sealed:
            if job.mostly_known != new.mostly_known:  # at the first request, which counted the ranges
                _, rows = _with_rows(job, submission.catalogue)
            self._store(job, rows)
        elif (
            job.sealed
            and job.state is JobState.PENDING
            and sweeping.is_stalled(job, self.clock(), REQUEST_TIMEOUT)
        ):
            self.send_window(job)  # the request that sealed it crashed
        return replace(new, created_at=job.created_at)

    def _store(self, job: Job, rows: tuple[Row, ...]) -> None:
        self.rows.insert(rows)
        if self.jobs.seal(job.id, job.run, job.ranges, job.counts, self.clock()):
            self.send_window(job)
        else:
            self.jobs.get(job.id)  # a duplicate request sealed it, or it is gone and this raises

    def _job(self, job_id: str, submission: Submission, naming: Naming | None) -> Job:
        """Return the job without what follows from its rows."""
        catalogue = submission.catalogue
        return submission.new_job(
            job_id,
            self.clock(),
            self.window,
            self.retention,
            naming=naming,
            dialect=catalogue.dialect,
            header=catalogue.header,
            rows=0,
            images=0,
            ranges=0,
            outputs=catalogue.outputs,
            remembered=submission.remembered,
            origin=Origin.of(catalogue),
            result=submission.result.of_file(catalogue.format),
        )


def _with_rows(job: Job, catalogue: Catalogue) -> tuple[Job, tuple[Row, ...]]:
    """Return the job with what follows from its rows, and the rows."""
    make = MakeRows(
        job.id, len(job.renditions), AllPlaces(), ranges.share(job.reuse, mostly_known=job.mostly_known)
    )
    rows = tuple(map(make, catalogue.rows))
    made = make.made
    counted = replace(
        job,
        rows=made.rows,
        images=made.images,
        ranges=made.ranges,
        counts=made.counts,
        duplicates=made.duplicates,
        placeholders=make.urls.placeholders,
    )
    return counted, rows


def named(naming: Naming, catalogue: Catalogue, renditions: Sequence[Rendition]) -> Naming:
    """Return a naming with the columns of a catalogue. Raise OptionError if it does not fit."""
    has_names = any(rendition.name for rendition in renditions)
    own = catalogue.own_columns
    return naming.resolved(catalogue.header, own.serial, own.name, named_renditions=has_names)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
