"""Big uploads, stored in the documents of the `jobs` collection."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Connection, Mongo, reconnecting
from catalight.adapters.mongo.job_documents import to_document, to_job
from catalight.adapters.mongo.jobs import MOVED, moved
from catalight.domain.facts import Fact, ignore
from catalight.domain.job.job import RUNNING, Job, JobState
from catalight.domain.job.upload import UploadState

TOTALS = ("rows", "images", "duplicates", "placeholders", "counts")
OF_HEADER = ("header", "dialect", "outputs", "origin", "remembered", "naming", "result")
UNDERSTOOD = (*TOTALS, *OF_HEADER, "mostly_known")
SUBMITTED = (*UNDERSTOOD, "ranges", "deadline_at", "expires_at", "sweep_at")
FREE: Document = {"upload.claimed_until": None}
IN_STEPS: Document = {"run": 1, "sealed": False, "state": {"$in": RUNNING}, "upload": {"$ne": None}}


class MongoBigUploads(Mongo):
    """`catalight.usecases.ports.BigUploads` on MongoDB."""

    def __init__(self, connection: Connection, report: Callable[[Fact], None] = ignore) -> None:
        super().__init__(connection)
        self._report = report

    @property
    def _jobs(self) -> Collection[Document]:
        return self._connection["jobs"]

    @reconnecting
    def claim(self, job_id: str, now: datetime, until: datetime) -> Job | None:
        # "not greater" is also true of null.
        free: Document = {
            "upload.state": {"$in": (UploadState.WAITING, UploadState.READING)},
            "upload.claimed_until": {"$not": {"$gt": now}},
        }
        claimed = self._jobs.find_one_and_update(
            {"_id": job_id, **IN_STEPS, **free},
            {"$set": {"upload.claimed_until": until}, "$inc": {"upload.claim": 1, "upload.attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return to_job(claimed) if claimed else None

    def advance(self, job: Job, now: datetime, until: datetime) -> bool:
        return self._update(job, _changes(job, TOTALS, now, claimed_until=until))

    def understand(self, job: Job, now: datetime, until: datetime | None) -> bool:
        return self._update(job, _changes(job, UNDERSTOOD, now, claimed_until=until))

    def release(self, job: Job, *, refund: bool = False) -> bool:
        attempts = max(0, job.upload.attempts - 1) if job.upload and refund else None
        refunded = {} if attempts is None else {"upload.attempts": attempts}
        return self._update(job, {"$set": FREE | refunded})

    @reconnecting
    def submit(self, job: Job, now: datetime) -> bool:
        changes = _changes(job, SUBMITTED, now, claimed_until=None)
        changes["$set"]["sealed"] = True
        # The job may have been extended since it was claimed.
        changes["$max"] = {"expires_at": changes["$set"].pop("expires_at")}
        if self._move(_claimed(job), changes, now, sealed=True):
            return True
        done = {"_id": job.id, "sealed": True, "upload.claim": job.upload and job.upload.claim}
        return self._jobs.find_one(done, {"_id": True}) is not None

    @reconnecting
    def end(self, job: Job, state: JobState, now: datetime, *, claimed: bool) -> bool:
        ended = {
            "state": state,
            "cancelled": state is JobState.CANCELLED,
            "finished_at": now,
            "moved_at": now,
            "looks": 0,
            "sweep_at": now,
        }
        upload = to_document(job)["upload"]
        names = ("state", "claimed_until", "checkpoint", "problems", "problems_total")
        ended |= {f"upload.{name}": upload[name] for name in names}
        conditions = _claimed(job) if claimed else {"_id": job.id, **IN_STEPS}
        return self._move(conditions, {"$set": ended}, now)

    @reconnecting
    def confirm(self, job_id: str, now: datetime) -> bool:
        understood = {"_id": job_id, **IN_STEPS, "upload.state": UploadState.UNDERSTOOD}
        reading = {"upload.state": UploadState.READING, "moved_at": now, "looks": 0, "sweep_at": now}
        return self._jobs.update_one(understood, {"$set": reading}).modified_count == 1

    @reconnecting
    def clear(self, job_id: str) -> None:
        self._jobs.update_one({"_id": job_id, "upload": {"$ne": None}}, {"$set": {"upload.cleared": True}})

    def _move(self, conditions: Document, changes: Document, now: datetime, *, sealed: bool = False) -> bool:
        after = self._jobs.find_one_and_update(
            conditions, changes, MOVED, return_document=ReturnDocument.AFTER
        )
        if after:
            self._report(moved(after, now, sealed=sealed))
        return after is not None

    @reconnecting
    def _update(self, job: Job, changes: Mapping[str, Any]) -> bool:
        """Update a claimed upload."""
        return self._jobs.update_one(_claimed(job), changes).matched_count == 1


def _claimed(job: Job) -> Document:
    return {"_id": job.id, **IN_STEPS, "upload.claim": job.upload and job.upload.claim}


def _changes(job: Job, names: Sequence[str], now: datetime, *, claimed_until: datetime | None) -> Document:
    """Return what writes the upload and these fields of a job. Default values are not stored."""
    document = to_document(job)
    upload = {**document["upload"], "claimed_until": claimed_until}
    written = {name: document[name] for name in names if name in document}
    changes: Document = {"$set": {**written, "upload": upload, "moved_at": now, "looks": 0}}
    if defaults := [name for name in names if name not in document]:
        changes["$unset"] = dict.fromkeys(defaults, True)
    return changes
