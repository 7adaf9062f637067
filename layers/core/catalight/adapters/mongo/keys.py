"""The `keys` and `usage` collections: API keys, and the daily usage of each owner."""

from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.api_keys import ApiKey, Limits

KEY_INDEXES = [IndexModel([("digest", ASCENDING)], name="digest", unique=True)]
USAGE_INDEXES = [IndexModel([("expires_at", ASCENDING)], name="forgotten", expireAfterSeconds=0)]

REMEMBERED = 1000  # submissions of a key and day; one repeated after that many others is counted again


class MongoKeys(Mongo):
    """`catalight.usecases.ports.Keys` on MongoDB."""

    @property
    def _keys(self) -> Collection[Document]:
        return self._connection["keys"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._keys.create_indexes(KEY_INDEXES)

    @reconnecting
    def insert(self, key: ApiKey) -> None:
        document = asdict(key)
        self._keys.update_one({"_id": document.pop("id")}, {"$setOnInsert": document}, upsert=True)

    @reconnecting
    def find(self, key_id: str) -> ApiKey | None:
        document = self._keys.find_one({"_id": key_id})
        return _to_key(document) if document else None

    @reconnecting
    def find_by_digest(self, digest: str) -> ApiKey | None:
        document = self._keys.find_one({"digest": digest})
        return _to_key(document) if document else None

    @reconnecting
    def all(self) -> list[ApiKey]:
        return [_to_key(document) for document in self._keys.find().sort([("created_at", 1), ("_id", 1)])]

    @reconnecting
    def revoke(self, key_id: str, now: datetime) -> None:
        self._keys.update_one({"_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": now}})

    @reconnecting
    def rotate_webhook_secret(self, key_id: str, version: int, overlap_until: datetime) -> None:
        self._keys.update_one(
            {"_id": key_id, "webhook_version": version},
            {"$set": {"webhook_version": version + 1, "overlap_until": overlap_until}},
        )


class MongoUsage(Mongo):
    """`catalight.usecases.ports.Usage` on MongoDB: one document for each owner and day."""

    @property
    def _usage(self) -> Collection[Document]:
        return self._connection["usage"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._usage.create_indexes(USAGE_INDEXES)

    @reconnecting
    def add(self, owner: str, day: date, order: str, rows: int, limit: int) -> bool:
        of_day, over = {"_id": _id(owner, day)}, datetime.combine(day, time(), UTC) + timedelta(days=2)
        nothing: Document = {"rows": 0, "orders": [], "expires_at": over}
        self._usage.update_one(of_day, {"$setOnInsert": nothing}, upsert=True)
        within = {**of_day, "orders": {"$ne": order}, "rows": {"$lte": limit - rows}}
        counted: Document = {"$push": {"orders": {"$each": [order], "$slice": -REMEMBERED}}}
        if self._usage.update_one(within, counted | {"$inc": {"rows": rows}}).matched_count:
            return True
        return self._usage.find_one({**of_day, "orders": order}, {"_id": True}) is not None

    @reconnecting
    def rows(self, owner: str, day: date) -> int:
        document = self._usage.find_one({"_id": _id(owner, day)})
        return int(document["rows"]) if document else 0


def _id(owner: str, day: date) -> str:
    return f"{owner}/{day.isoformat()}"


def _to_key(document: Document) -> ApiKey:
    fields = {**document, "limits": Limits(**document["limits"])}
    return ApiKey(id=fields.pop("_id"), **fields)
