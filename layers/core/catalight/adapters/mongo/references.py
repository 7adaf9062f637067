"""The `references` collection: the outputs that jobs use and have not made, with these jobs.

The id is the link. An output that only its own job uses has no document.
"""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.job.reuse import KnownOutput, Reference

INDEXES = [IndexModel([("jobs", ASCENDING), ("stored_at", ASCENDING)], name="of_job")]


class MongoReferences(Mongo):
    """`catalight.usecases.ports.References` on MongoDB."""

    @property
    def _references(self) -> Collection[Document]:
        return self._connection["references"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._references.create_indexes(INDEXES)

    @reconnecting
    def add(self, job_id: str, outputs: Sequence[KnownOutput]) -> None:
        writes = [
            UpdateOne(
                {"_id": output.link},
                {
                    "$setOnInsert": {"maker": output.maker},
                    "$addToSet": {"jobs": job_id},
                    "$max": {"stored_at": output.stored_at},
                },
                upsert=True,
            )
            for output in outputs
        ]
        if writes:
            self._references.bulk_write(writes, ordered=False)

    @reconnecting
    def of_links(self, links: Sequence[str]) -> list[Reference]:
        found = self._references.find({"_id": {"$in": list(links)}}) if links else ()
        return list(map(_reference, found))

    @reconnecting
    def of_job(self, job_id: str, limit: int) -> list[Reference]:
        oldest = [("jobs", ASCENDING), ("stored_at", ASCENDING)]
        return list(map(_reference, self._references.find({"jobs": job_id}).sort(oldest).limit(limit)))

    @reconnecting
    def remove(self, job_id: str, links: Sequence[str]) -> None:
        named = {"_id": {"$in": list(links)}}
        self._references.update_many({**named, "jobs": job_id}, {"$pull": {"jobs": job_id}})
        self._references.delete_many({**named, "jobs": []})

    @reconnecting
    def renewed(self, links: Sequence[str], stored_at: datetime) -> None:
        self._references.update_many({"_id": {"$in": list(links)}}, {"$max": {"stored_at": stored_at}})


def _reference(document: Document) -> Reference:
    return Reference(document["_id"], document["maker"], frozenset(document["jobs"]), document["stored_at"])
