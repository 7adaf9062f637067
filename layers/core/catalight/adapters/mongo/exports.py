"""Files that are written in steps: the `exports`, and the `results` of runs.

`exports` has one document for each job, run and form that somebody has asked for, `results` one for each run
whose result is too long for one part, until it is complete.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.adapters.mongo.job_documents import to_counts
from catalight.domain.errors import ResultError, ResultErrorCode
from catalight.domain.job.export import REST, Export, ExportState, Position, Step
from catalight.domain.job.job import Counts
from catalight.domain.job.result_form import ResultForm, ResultFormat
from catalight.domain.stored import restored

INDEXES = [
    IndexModel([("job_id", ASCENDING)], name="job"),
    IndexModel([("owner", ASCENDING), ("state", ASCENDING)], name="active"),
]

NOTHING_WRITTEN: Document = {
    "upload": None,
    "position": asdict(Position()),
    "parts": [],
    "directories": [],
    "done": 0,
}


class MongoExports(Mongo):
    """`catalight.usecases.ports.Exports` on MongoDB."""

    @property
    def _exports(self) -> Collection[Document]:
        return self._connection["exports"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._exports.create_indexes(INDEXES)

    @reconnecting
    def find(self, export_id: str) -> Export | None:
        document = self._exports.find_one({"_id": export_id})
        return _to_export(document) if document else None

    @reconnecting
    def ask(self, new: Export, now: datetime, until: datetime) -> bool:
        document = _to_document(new)
        of_id = {"_id": document.pop("_id")}
        self._exports.update_one(of_id, {"$setOnInsert": document}, upsert=True)
        rested = {"state": ExportState.FAILED, "refusal": None, "failed_at": {"$lte": now - REST}}
        again = {"state": ExportState.PREPARING, "attempts": 0, "failed_at": None}
        self._exports.update_one(of_id | rested, {"$set": again})
        # "not greater" is also true of null.
        free = {"asked_until": {"$not": {"$gt": now}}, "claimed_until": {"$not": {"$gt": now}}}
        asked = self._exports.update_one(
            {**of_id, "state": ExportState.PREPARING, **free}, {"$set": {"asked_until": until}}
        )
        return asked.modified_count == 1

    @reconnecting
    def withdraw(self, export_id: str, until: datetime) -> None:
        self._exports.update_one({"_id": export_id, "asked_until": until}, {"$set": {"asked_until": None}})

    @reconnecting
    def count_active(self, owner: str, now: datetime, *, zips: bool) -> int:
        active = [{"asked_until": {"$gt": now}}, {"claimed_until": {"$gt": now}}]
        of_format = {"$eq" if zips else "$ne": ResultFormat.ZIP}
        preparing = {"owner": owner, "state": ExportState.PREPARING, "form.format": of_format}
        return self._exports.count_documents({**preparing, "$or": active})

    @reconnecting
    def claim(self, export_id: str, now: datetime, until: datetime) -> Export | None:
        free = {"_id": export_id, "state": ExportState.PREPARING, "claimed_until": {"$not": {"$gt": now}}}
        claimed = self._exports.find_one_and_update(
            free,
            {"$set": {"claimed_until": until}, "$inc": {"claim": 1, "attempts": 1}},
            return_document=ReturnDocument.AFTER,
        )
        return _to_export(claimed) if claimed else None

    def begin(self, export: Export, upload: str) -> bool:
        return self._update(export, {"$set": {**NOTHING_WRITTEN, "upload": upload}})

    @reconnecting
    def advance(self, export: Export, step: Step, until: datetime) -> bool:
        position = asdict(step.position)
        changes: Document = {
            "$set": {"position": position, "done": step.done, "attempts": 0, "claimed_until": until},
            "$push": {
                "parts": {"$each": list(step.parts)},
                "directories": {"$each": list(step.directories)},
            },
        }
        # A repeated call adds no part twice.
        before = {**_claimed(export), "upload": export.upload, "parts": {"$size": len(export.parts)}}
        if self._exports.update_one(before, changes).matched_count:
            return True
        after = {"parts": {"$size": len(export.parts) + len(step.parts)}, "position": position}
        return self._exports.find_one({**_claimed(export), **after}, {"_id": True}) is not None

    def release(self, export: Export, until: datetime, *, refund: bool = False) -> bool:
        changes: Document = {"$set": {"claimed_until": None, "asked_until": until}}
        if refund:
            changes["$set"]["attempts"] = max(0, export.attempts - 1)
        return self._update(export, changes)

    def reset(self, export: Export) -> bool:
        return self._update(export, {"$set": NOTHING_WRITTEN})

    def finish(self, export: Export) -> bool:
        return self._update(
            export,
            {
                "$set": {
                    "state": ExportState.READY,
                    "done": export.total,
                    "upload": None,
                    "parts": [],
                    "claimed_until": None,
                    "asked_until": None,
                }
            },
        )

    def fail(self, export: Export, refusal: ResultError | None, now: datetime) -> bool:
        failed: Document = {"failed_at": now}
        if refusal:
            failed |= {"refusal": refusal.code, "failure": refusal.detail}
        ended = {"state": ExportState.FAILED, "claimed_until": None, "asked_until": None}
        return self._update(export, {"$set": failed | ended})

    @reconnecting
    def of_job(self, job_id: str) -> list[Export]:
        return [_to_export(found) for found in self._exports.find({"job_id": job_id}).sort("_id", ASCENDING)]

    @reconnecting
    def abort(self, export_id: str) -> Export | None:
        aborted = self._exports.find_one_and_update(
            {"_id": export_id},
            {"$set": {"state": ExportState.ABORTED, "claimed_until": None, "asked_until": None}},
            return_document=ReturnDocument.AFTER,
        )
        return _to_export(aborted) if aborted else None

    @reconnecting
    def delete(self, job_id: str) -> None:
        self._exports.delete_many({"job_id": job_id})

    @reconnecting
    def _update(self, export: Export, changes: Document) -> bool:
        """Update a claimed export."""
        return self._exports.update_one(_claimed(export), changes).matched_count == 1


class MongoResults(MongoExports):
    """`catalight.usecases.ports.Results` on MongoDB."""

    @property
    def _exports(self) -> Collection[Document]:
        return self._connection["results"]

    @reconnecting
    def begin(self, export: Export, upload: str) -> bool:
        document = {**_to_document(export), **NOTHING_WRITTEN, "upload": upload}
        stored = self._exports.find_one_and_update(
            {"_id": document.pop("_id")},
            {"$setOnInsert": document},
            {"upload": True},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return stored is not None and stored["upload"] == upload

    @reconnecting
    def forget(self, export: Export) -> None:
        self._exports.delete_one({"_id": export.id, "upload": export.upload})


def _claimed(export: Export) -> dict[str, Any]:
    return {"_id": export.id, "state": ExportState.PREPARING, "claim": export.claim}


def _to_document(export: Export) -> Document:
    document = {
        **asdict(export),
        "form": export.form.to_document(),
        "parts": list(export.parts),
        "directories": list(export.directories),
    }
    return {"_id": export.id, **document}


def _to_export(document: Document) -> Export:
    return restored(
        Export,
        document,
        form=ResultForm.from_document(document["form"]),
        state=ExportState(document["state"]),
        position=_to_position(document["position"]),
        parts=tuple(document["parts"]),
        directories=tuple(document["directories"]),
        refusal=document["refusal"] and ResultErrorCode(document["refusal"]),
    )


def _to_position(document: Document) -> Position:
    counts = to_counts(document["counts"]) if "counts" in document else Counts()
    return restored(Position, document, missing=tuple(document["missing"]), counts=counts)
