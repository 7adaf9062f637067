"""The `jobs` collection: one document a job; every state change is one conditional write."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any, cast

from pymongo import ASCENDING, DESCENDING, IndexModel, ReturnDocument
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Connection, Mongo, reconnecting
from catalight.adapters.mongo.job_documents import to_document, to_job
from catalight.domain.errors import JobGoneError, JobNotFoundError
from catalight.domain.facts import Fact, JobMoved, ignore
from catalight.domain.job.job import ENDED, OPEN, RUNNING, Counts, Job, JobState, Reopened

INDEXES = [
    IndexModel([("sweep_at", ASCENDING)], name="sweep"),
    IndexModel([("owner", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="list"),
    IndexModel([("owner", ASCENDING), ("state", ASCENDING)], name="open"),
    IndexModel([("bury_at", ASCENDING)], name="tombstones", expireAfterSeconds=0),
]

WITH_RESULT = [state for state in JobState if state.has_result]

MOVED = {"run": True, "state": True, "started_at": True}

# These may have megabytes: those of many jobs would not fit into a function's memory.
LISTED = {
    "header": False,
    "origin": False,
    **{f"upload.{name}": False for name in ("checkpoint", "overview", "problems", "warnings")},
}


class MongoJobs(Mongo):
    """`catalight.usecases.ports.Jobs` and `JobList` on MongoDB.

    It reports the state changes itself: only the conditional write knows which of several handlers made one.
    """

    def __init__(self, connection: Connection, report: Callable[[Fact], None] = ignore) -> None:
        super().__init__(connection)
        self._report = report

    @property
    def _jobs(self) -> Collection[Document]:
        return self._connection["jobs"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._jobs.create_indexes(INDEXES)

    @reconnecting
    def insert(self, job: Job) -> Job:
        document = to_document(job)
        stored = self._jobs.find_one_and_update(
            {"_id": document.pop("_id")},
            {"$setOnInsert": document},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return to_job(cast("Document", stored))  # an upsert always returns a document

    def get(self, job_id: str) -> Job:
        job = self.find(job_id)
        if job is None:
            raise JobNotFoundError(job_id)
        if job.state is JobState.GONE:
            raise JobGoneError(job_id)
        return job

    @reconnecting
    def find(self, job_id: str) -> Job | None:
        document = self._jobs.find_one({"_id": job_id})
        return to_job(document) if document else None

    def seal(self, job_id: str, run: int, ranges: int, counts: Counts, now: datetime) -> bool:
        conditions = {"run": run, "sealed": False, "state": {"$in": RUNNING}}
        return self._update_if(job_id, conditions, now, sealed=True, ranges=ranges, counts=asdict(counts))

    def start(self, job_id: str, run: int, now: datetime) -> None:
        conditions = {"run": run, "state": JobState.PENDING}
        self._update_if(job_id, conditions, now, state=JobState.PROCESSING, started_at=now)

    @reconnecting
    def record_progress(self, job_id: str, run: int, counts: Counts, now: datetime) -> None:
        numbers = ("done", "failed", "bytes_in", "bytes_out", "unchanged")
        added = {f"counts.{name}": getattr(counts, name) for name in numbers}
        added |= {f"counts.times.{stage}": spent for stage, spent in asdict(counts.times).items()}
        added |= {f"counts.errors.{code}": count for code, count in counts.errors.items()}
        self._jobs.update_one(
            {"_id": job_id, "run": run, "state": {"$in": RUNNING}},
            {"$inc": added, "$set": {"moved_at": now, "looks": 0}},
        )

    def record_reopened(self, job_id: str, reopened: Reopened, now: datetime) -> None:
        conditions = {"run": reopened.run, "sealed": False, "state": {"$in": RUNNING}}
        self._update_if(job_id, conditions, now, reopened=asdict(reopened))

    def begin_cancelling(self, job_id: str, now: datetime) -> bool:
        running = {"state": {"$in": (JobState.PENDING, JobState.PROCESSING)}}
        if self._update_if(job_id, running, now, state=JobState.CANCELLING, cancelled=True, sweep_at=now):
            return True
        return self._matches(job_id, {"state": JobState.CANCELLING})

    def begin_finishing(self, job_id: str, run: int, now: datetime) -> bool:
        running = {"run": run, "sealed": True, "state": {"$in": RUNNING}}
        if self._update_if(job_id, running, now, state=JobState.FINISHING):
            return True
        # The caller sends the aggregator's message again if the job is FINISHING already.
        return self._matches(job_id, {"run": run, "state": JobState.FINISHING})

    def publish(self, job_id: str, run: int, end: JobState, counts: Counts, now: datetime) -> None:
        conditions = {"run": run, "state": JobState.FINISHING}
        self._update_if(job_id, conditions, now, state=end, counts=asdict(counts), finished_at=now)

    def begin_run(self, new: Job) -> bool:
        has_result: Document = {"$or": [{"sealed": True}, {"upload": None}]}
        conditions = {"run": new.run - 1, "state": {"$in": WITH_RESULT}, **has_result}
        document = to_document(new)
        webhook: Document = document.pop("webhook") or {}
        for stored in ("deliveries", "busy_until", "redeliveries"):  # may have changed since the job was read
            webhook.pop(stored, None)
        document |= {f"webhook.{name}": value for name, value in webhook.items()}
        # The job may have been extended since it was read.
        update = {"$max": {"expires_at": document.pop("expires_at")}}
        return self._update_if(document.pop("_id"), conditions, new.moved_at, update, **document)

    @reconnecting
    def keep_until(self, job_id: str, until: datetime, now: datetime, *, shorten: bool) -> None:
        sweep_at: Document = {"$cond": [{"$in": ["$state", list(ENDED)]}, now, until]}
        written = {
            "expires_at": until if shorten else {"$max": ["$expires_at", until]},
            "sweep_at": {"$min": ["$sweep_at", sweep_at]},
        }
        self._jobs.update_one(
            {"_id": job_id, "state": {"$ne": JobState.GONE}, "expires_at": {"$gt": now}}, [{"$set": written}]
        )

    def delete(self, job_id: str, now: datetime) -> None:
        self._end_for_good(job_id, {"state": {"$ne": JobState.GONE}}, now)

    def expire(self, job_id: str, run: int, now: datetime) -> None:
        self._end_for_good(
            job_id,
            {"run": run, "state": {"$in": (*ENDED, JobState.FINISHING)}, "expires_at": {"$lte": now}},
            now,
        )

    def abandon(self, job_id: str, now: datetime) -> None:
        self._end_for_good(job_id, {"run": 1, "sealed": False, "state": {"$in": RUNNING}}, now)

    @reconnecting
    def leave_tombstone(self, job_id: str, until: datetime) -> None:
        nothing: Document = {"header": [], "file_name": "", "secret": b"", "webhook": None, "sweep_at": None}
        self._jobs.update_one(
            {"_id": job_id, "state": JobState.GONE, "bury_at": None},
            {
                "$set": {**nothing, "bury_at": until},
                "$unset": {"remembered": True, "naming": True, "origin": True, "upload": True},
            },
        )

    @reconnecting
    def page(
        self, owner: str, states: AbstractSet[JobState], before: tuple[datetime, str] | None, limit: int
    ) -> list[Job]:
        shown: Document = {"state": {"$in": list(states - {JobState.GONE})}, "preview": None}
        query: Document = {"owner": owner, **shown}
        if before:
            created_at, job_id = before
            query["$or"] = [
                {"created_at": {"$lt": created_at}},
                {"created_at": created_at, "_id": {"$lt": job_id}},
            ]
        newest_first = [("created_at", DESCENDING), ("_id", DESCENDING)]
        found = self._jobs.find(query, LISTED).sort(newest_first).limit(limit)
        return [to_job(document) for document in found]

    @reconnecting
    def count_open(self, owner: str, most: int) -> int:
        return self._jobs.count_documents({"owner": owner, "state": {"$in": OPEN}}, limit=most)

    @reconnecting
    def states(self, job_ids: Sequence[str]) -> dict[str, tuple[int, JobState]]:
        found = self._jobs.find({"_id": {"$in": list(job_ids)}}, {"run": True, "state": True})
        return {document["_id"]: (document["run"], JobState(document["state"])) for document in found}

    @reconnecting
    def to_sweep(self, now: datetime, limit: int) -> list[Job]:
        due = self._jobs.find({"sweep_at": {"$lte": now}}, LISTED).sort("sweep_at", ASCENDING).limit(limit)
        return [to_job(document) for document in due]

    @reconnecting
    def record_sweep(self, job: Job, next_sweep: datetime) -> None:
        self._jobs.update_one(
            {"_id": job.id, "sweep_at": job.sweep_at},
            {"$set": {"sweep_at": next_sweep}, "$inc": {"looks": 1}},
        )

    def _end_for_good(self, job_id: str, conditions: Mapping[str, Any], now: datetime) -> None:
        self._update_if(job_id, conditions, now, state=JobState.GONE, sweep_at=now)

    @reconnecting
    def _update_if(
        self,
        /,
        job_id: str,
        conditions: Mapping[str, Any],
        now: datetime,
        update: Mapping[str, Any] = MappingProxyType({}),
        **fields: Any,
    ) -> bool:
        """Update the job if the conditions hold. This is progress: the sweeper's intervals start again."""
        changes = {"$set": {"moved_at": now, "looks": 0, **fields}, **update}
        after = self._jobs.find_one_and_update(
            {"_id": job_id, **conditions}, changes, MOVED, return_document=ReturnDocument.AFTER
        )
        if after and fields.keys() & {"state", "sealed"}:
            self._report(moved(after, now, sealed="state" not in fields))
        return after is not None

    @reconnecting
    def _matches(self, job_id: str, conditions: Mapping[str, Any]) -> bool:
        return self._jobs.find_one({"_id": job_id, **conditions}, {"_id": True}) is not None


def moved(after: Mapping[str, Any], now: datetime, *, sealed: bool = False) -> JobMoved:
    """Return the fact of a job's document after a change of its state."""
    started = after.get("started_at")
    seconds = (now - started).total_seconds() if started else None
    return JobMoved(after["_id"], after["run"], JobState(after["state"]), sealed=sealed, seconds=seconds)
