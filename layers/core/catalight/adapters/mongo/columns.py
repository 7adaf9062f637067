"""The `columns` collection: which columns each owner has named for which headers.

One document for each owner, so that a read takes one call and a write keeps the number of headers within its
limit. MongoDB removes it a year after its last use, so none keeps the id of an owner for ever.
"""

from datetime import datetime, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.catalogue import requested
from catalight.domain.catalogue.requested import MAX_REMEMBERED, Remembered

KEPT = timedelta(days=365)  # after the last use

INDEXES = [
    IndexModel([("used_at", ASCENDING)], name="forgotten", expireAfterSeconds=round(KEPT.total_seconds()))
]


class MongoColumnMemory(Mongo):
    """`catalight.usecases.ports.ColumnMemory` on MongoDB."""

    @property
    def _columns(self) -> Collection[Document]:
        return self._connection["columns"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._columns.create_indexes(INDEXES)

    @reconnecting
    def of_owner(self, owner: str) -> list[Remembered]:
        document = self._columns.find_one({"_id": owner}) or {}
        return [_remembered(header) for header in reversed(document.get("headers", ()))]

    @reconnecting
    def remember(self, owner: str, chosen: Remembered) -> None:
        later = {"$elemMatch": {"id": chosen.id, "chosen_at": {"$gt": chosen.chosen_at}}}
        newest = {"_id": owner, "headers": {"$not": later}}
        # $literal, because a name may begin with "$".
        headers = _with_last(chosen.id, [{"$literal": _document(chosen)}], chosen.used_at)
        if not self._columns.update_one(newest, _update(headers, chosen.used_at)).matched_count:
            nothing: Document = {"$setOnInsert": {"headers": [], "used_at": chosen.used_at}}
            self._columns.update_one({"_id": owner}, nothing, upsert=True)
            self._columns.update_one(newest, _update(headers, chosen.used_at))

    @reconnecting
    def use(self, owner: str, columns_id: str, now: datetime) -> None:
        used = {
            "$map": {
                "input": {"$filter": {"input": "$headers", "cond": {"$eq": ["$$this.id", columns_id]}}},
                "in": {"$mergeObjects": ["$$this", {"used_at": {"$max": ["$$this.used_at", now]}}]},
            }
        }
        headers = _with_last(columns_id, used, now)
        self._columns.update_one({"_id": owner, "headers.id": columns_id}, _update(headers, now))

    @reconnecting
    def forget(self, owner: str, columns_id: str) -> bool:
        known = {"_id": owner, "headers.id": columns_id}
        removed: Document = {"$pull": {"headers": {"id": columns_id}}}
        return self._columns.update_one(known, removed).modified_count == 1


def _with_last(columns_id: str, last: Any, now: datetime) -> Document:
    """Return the expression for the headers with `last` at their end, which is where the last used one is."""
    is_other = {"$ne": ["$$this.id", columns_id]}
    is_kept = {"$gt": ["$$this.used_at", now - KEPT]}
    others = {"$filter": {"input": "$headers", "cond": {"$and": [is_other, is_kept]}}}
    return {"$slice": [{"$concatArrays": [others, last]}, -MAX_REMEMBERED]}


def _update(headers: Document, now: datetime) -> list[Document]:
    return [{"$set": {"headers": headers, "used_at": {"$max": ["$used_at", now]}}}]


def _document(chosen: Remembered) -> Document:
    return {
        "id": chosen.id,
        "columns": requested.to_document(chosen.columns),
        "header": list(chosen.header),
        "chosen_at": chosen.chosen_at,
        "used_at": chosen.used_at,
    }


def _remembered(document: Document) -> Remembered:
    return Remembered(
        document["id"],
        requested.from_document(document["columns"]),
        tuple(document["header"]),
        document["chosen_at"],
        document["used_at"],
    )
