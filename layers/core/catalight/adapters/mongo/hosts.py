"""The `hosts` collection: one document for each host that had enough, forgotten some time after its rest."""

from collections.abc import Iterable
from datetime import datetime

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from catalight.adapters.mongo.client import Document, unavailable_when_down
from catalight.domain.hosts import Host

REMEMBERED = 600  # seconds after its rest; then its strikes are forgotten

INDEXES = [IndexModel([("until", ASCENDING)], name="forgotten", expireAfterSeconds=REMEMBERED)]


class MongoHosts:
    """`catalight.usecases.ports.Hosts` on MongoDB."""

    def __init__(self, database: Database[Document]) -> None:
        self._hosts = database["hosts"]

    @unavailable_when_down()
    def ensure_indexes(self) -> None:
        """Create what is missing; quick where nothing is."""
        self._hosts.create_indexes(INDEXES)

    @unavailable_when_down()
    def known(self, names: Iterable[str]) -> dict[str, Host]:
        found = self._hosts.find({"_id": {"$in": list(names)}})
        return {host["_id"]: Host(host["_id"], host["until"], host["strikes"]) for host in found}

    @unavailable_when_down()
    def rest(self, name: str, until: datetime, strikes: int) -> None:
        # $max, so that whoever comes late with less changes nothing.
        most = {"$max": {"until": until, "strikes": strikes}}
        self._hosts.update_one({"_id": name}, most, upsert=True)

    @unavailable_when_down()
    def forgive(self, name: str, now: datetime) -> None:
        self._hosts.delete_one({"_id": name, "until": {"$lte": now}})
