"""The `keys` collection: API keys."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.stored import restored

KEY_INDEXES = [IndexModel([("digest", ASCENDING)], name="digest", unique=True)]


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
    def change_limits(self, key_id: str, changes: Mapping[str, int]) -> None:
        limits = {f"limits.{name}": limit for name, limit in changes.items()}
        self._keys.update_one({"_id": key_id}, {"$set": limits})

    @reconnecting
    def revoke(self, key_id: str, now: datetime) -> None:
        self._keys.update_one({"_id": key_id, "revoked_at": None}, {"$set": {"revoked_at": now}})

    @reconnecting
    def rotate_webhook_secret(self, key_id: str, version: int, overlap_until: datetime) -> None:
        self._keys.update_one(
            {"_id": key_id, "webhook_version": version},
            {"$set": {"webhook_version": version + 1, "overlap_until": overlap_until}},
        )


def _to_key(document: Document) -> ApiKey:
    """Read a key; limits that did not exist when it was made have their defaults."""
    return restored(ApiKey, document, id=document["_id"], limits=restored(Limits, document["limits"]))
