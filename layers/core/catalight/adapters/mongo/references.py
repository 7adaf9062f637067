"""The `references` collection: the outputs that jobs use and have not made, with the claims of these jobs.

The id is the link. An output that only its own job uses has no document. A claim begins with its job's id.
"""

from collections.abc import Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.job.reuse import CLAIM, KnownOutput, Reference

INDEXES = [IndexModel([("claims", ASCENDING), ("stored_at", ASCENDING)], name="of_job")]


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
    def add(self, claim: str, outputs: Sequence[KnownOutput]) -> None:
        writes = [
            UpdateOne(
                {"_id": output.link},
                {
                    "$setOnInsert": {"maker": output.maker},
                    "$addToSet": {"claims": claim},
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
    def of_job(self, job_id: str, limit: int, before: datetime | None = None) -> list[Reference]:
        query: Document = {"claims": {"$elemMatch": _of_job(job_id)}}
        if before:
            query["stored_at"] = {"$lt": before}
        return list(map(_reference, self._references.find(query).limit(limit)))

    def remove(self, claim: str, links: Sequence[str]) -> None:
        self._remove(claim, links)

    def remove_job(self, job_id: str, links: Sequence[str]) -> None:
        self._remove(_of_job(job_id), links)

    @reconnecting
    def _remove(self, claims: str | Document, links: Sequence[str]) -> None:
        named = {"_id": {"$in": list(links)}}
        self._references.update_many(named, {"$pull": {"claims": claims}})
        self._references.delete_many({**named, "claims": []})

    @reconnecting
    def renewed(self, links: Sequence[str], stored_at: datetime) -> None:
        self._references.update_many({"_id": {"$in": list(links)}}, {"$max": {"stored_at": stored_at}})


def _reference(document: Document) -> Reference:
    return Reference(document["_id"], document["maker"], frozenset(document["claims"]), document["stored_at"])


def _of_job(job_id: str) -> Document:
    """Match the claims of a job: those that begin with its id."""
    return {"$gte": job_id + CLAIM, "$lt": job_id + chr(ord(CLAIM) + 1)}
