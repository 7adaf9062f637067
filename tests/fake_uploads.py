"""In-memory adapters of big uploads, which write on the same conditions as the real ones."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from catalight.domain.errors import ObjectChangedError
from catalight.domain.job.job import RUNNING, Job, JobState
from catalight.domain.job.upload import BigUpload, Form, Stored, UploadState
from tests.fakes import MemoryJobs, MemoryStore

TOTALS = ("rows", "images", "duplicates", "placeholders", "counts")
OF_HEADER = ("header", "dialect", "outputs", "origin", "remembered", "naming", "result")
UNDERSTOOD = (*TOTALS, *OF_HEADER, "mostly_known")
SUBMITTED = (*UNDERSTOOD, "ranges", "sealed", "deadline_at", "expires_at", "sweep_at")


class MemoryRanges:
    """Parts of the objects of a MemoryStore."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def head(self, key: str) -> Stored | None:
        data = self._store.objects.get(key)
        return None if data is None else Stored(len(data), hashlib.sha256(data).hexdigest())

    def read_range(self, key: str, etag: str, start: int, end: int) -> bytes:
        found = self.head(key)
        if found is None or found.etag != etag:
            raise ObjectChangedError
        return self._store.objects[key][start:end]

    def form(self, key: str, media_type: str, most: int, seconds: int) -> Form:
        return Form("memory:", {"key": key, "Content-Type": media_type, "most": str(most)})


class MemoryBigUploads:
    """The big uploads of MemoryJobs."""

    def __init__(self, jobs: MemoryJobs) -> None:
        self._memory = jobs

    @property
    def _jobs(self) -> dict[str, Job]:
        return self._memory.jobs

    def claim(self, job_id: str, now: datetime, until: datetime) -> Job | None:
        job, big = self._of(job_id)
        if job is None or big.state not in (UploadState.WAITING, UploadState.READING):
            return None
        if big.claimed_until and big.claimed_until > now:
            return None
        claimed = replace(big, claim=big.claim + 1, attempts=big.attempts + 1, claimed_until=until)
        self._jobs[job_id] = replace(job, upload=claimed)
        return self._jobs[job_id]

    def advance(self, job: Job, now: datetime, until: datetime) -> bool:
        return self._write(job, TOTALS, now, until)

    def understand(self, job: Job, now: datetime, until: datetime | None) -> bool:
        return self._write(job, UNDERSTOOD, now, until)

    def release(self, job: Job, *, refund: bool = False) -> bool:
        stored, big = self._claimed(job)
        if stored is None:
            return False
        assert job.upload
        attempts = max(0, job.upload.attempts - 1) if refund else big.attempts
        self._jobs[job.id] = replace(stored, upload=replace(big, claimed_until=None, attempts=attempts))
        return True

    def submit(self, job: Job, now: datetime) -> bool:
        stored = self._jobs[job.id]
        if stored.sealed and stored.upload and job.upload and stored.upload.claim == job.upload.claim:
            return True
        kept = max(stored.expires_at, job.expires_at)
        return self._write(replace(job, sealed=True, expires_at=kept), SUBMITTED, now, None)

    def end(self, job: Job, state: JobState, now: datetime, *, claimed: bool) -> bool:
        stored, big = self._claimed(job) if claimed else self._of(job.id)
        if stored is None or job.upload is None:
            return False
        names = ("state", "claimed_until", "checkpoint", "problems", "problems_total")
        ended = replace(big, **{name: getattr(job.upload, name) for name in names})
        self._jobs[job.id] = replace(
            stored,
            state=state,
            cancelled=state is JobState.CANCELLED,
            upload=ended,
            finished_at=now,
            moved_at=now,
            looks=0,
            sweep_at=now,
        )
        return True

    def confirm(self, job_id: str, now: datetime) -> bool:
        job, big = self._of(job_id)
        if job is None or big.state is not UploadState.UNDERSTOOD:
            return False
        reading = replace(big, state=UploadState.READING)
        self._jobs[job_id] = replace(job, upload=reading, moved_at=now, looks=0, sweep_at=now)
        return True

    def clear(self, job_id: str) -> None:
        job = self._jobs[job_id]
        if job.upload:
            self._jobs[job_id] = replace(job, upload=replace(job.upload, cleared=True))

    def _of(self, job_id: str) -> tuple[Job | None, BigUpload]:
        """The job, if it is running and not sealed, and its upload."""
        job = self._jobs.get(job_id)
        if job and job.run == 1 and not job.sealed and job.state in RUNNING and job.upload:
            return job, job.upload
        return None, BigUpload(0, "")

    def _claimed(self, job: Job) -> tuple[Job | None, BigUpload]:
        stored, big = self._of(job.id)
        if stored and job.upload and big.claim == job.upload.claim:
            return stored, big
        return None, big

    def _write(self, job: Job, names: tuple[str, ...], now: datetime, until: datetime | None) -> bool:
        stored, _ = self._claimed(job)
        if stored is None or job.upload is None:
            return False
        written: dict[str, Any] = {name: getattr(job, name) for name in names}
        big = replace(job.upload, claimed_until=until)
        self._jobs[job.id] = replace(stored, **{"moved_at": now, "looks": 0, **written, "upload": big})
        return True
