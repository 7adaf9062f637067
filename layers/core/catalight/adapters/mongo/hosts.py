"""The `hosts` collection: one document for each host that had enough, forgotten some time after its rest."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.web.hosts import Host

REMEMBERED = 600  # seconds after its rest; then its strikes are forgotten

INDEXES = [IndexModel([("until", ASCENDING)], name="forgotten", expireAfterSeconds=REMEMBERED)]


class MongoHosts(Mongo):
    """`catalight.usecases.ports.Hosts` on MongoDB."""

    @property
    def _hosts(self) -> Collection[Document]:
        return self._connection["hosts"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create what is missing; quick where nothing is."""
        self._hosts.create_indexes(INDEXES)

    def known(self, names: Iterable[str]) -> dict[str, Host]:
        return self._known(list(names))

    @reconnecting
    def _known(self, names: Sequence[str]) -> dict[str, Host]:
        found = self._hosts.find({"_id": {"$in": names}})
        return {host["_id"]: Host(host["_id"], host["until"], host["strikes"]) for host in found}

    @reconnecting
    def rest(self, name: str, until: datetime, strikes: int) -> None:
        # $max, so that whoever comes late with less changes nothing.
        most = {"$max": {"until": until, "strikes": strikes}}
        self._hosts.update_one({"_id": name}, most, upsert=True)

    @reconnecting
    def forgive(self, name: str, now: datetime) -> None:
        self._hosts.delete_one({"_id": name, "until": {"$lte": now}})
