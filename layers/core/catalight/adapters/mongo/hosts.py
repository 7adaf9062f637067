"""The `hosts` collection: one document for each throttled host, removed some time after its backoff."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.web.hosts import Host

REMEMBERED = 600  # seconds after the backoff; then the host's strikes are forgotten

INDEXES = [IndexModel([("until", ASCENDING)], name="forgotten", expireAfterSeconds=REMEMBERED)]


class MongoHosts(Mongo):
    """`catalight.usecases.ports.Hosts` on MongoDB."""

    @property
    def _hosts(self) -> Collection[Document]:
        return self._connection["hosts"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._hosts.create_indexes(INDEXES)

    def known(self, names: Iterable[str]) -> dict[str, Host]:
        return self._known(list(names))

    @reconnecting
    def _known(self, names: Sequence[str]) -> dict[str, Host]:
        found = self._hosts.find({"_id": {"$in": names}})
        return {host["_id"]: Host(host["_id"], host["until"], host["strikes"]) for host in found}

    @reconnecting
    def back_off(self, name: str, until: datetime, strikes: int) -> None:
        # $max, so that a late call with a smaller value changes nothing.
        most = {"$max": {"until": until, "strikes": strikes}}
        self._hosts.update_one({"_id": name}, most, upsert=True)

    @reconnecting
    def clear_strikes(self, name: str, now: datetime) -> None:
        self._hosts.delete_one({"_id": name, "until": {"$lte": now}})
