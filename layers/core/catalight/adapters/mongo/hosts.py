"""The `hosts` collection: who backs off from which throttled host.

One document for each host and owner, and one for each host that all owners share: its id is the host's name,
as in release 0.1.0, whose documents are read as such. MongoDB removes each some time after its backoff, so
none keeps the id of an owner.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.web.hosts import Host

REMEMBERED = 600  # seconds after the backoff; then the host's strikes are forgotten

type Id = str | dict[str, str]

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

    def known(self, names: Iterable[str], owner: str) -> list[Host]:
        return self._known([_id(name, whose) for name in names for whose in (None, owner)])

    @reconnecting
    def _known(self, ids: Sequence[Id]) -> list[Host]:
        return [_host(found) for found in self._hosts.find({"_id": {"$in": ids}})]

    def back_off(self, hosts: Iterable[Host]) -> None:
        self._back_off([_most(host) for host in hosts])

    @reconnecting
    def _back_off(self, writes: Sequence[UpdateOne]) -> None:
        self._hosts.bulk_write(writes, ordered=False)

    @reconnecting
    def clear_strikes(self, name: str, owner: str, now: datetime) -> None:
        self._hosts.delete_one({"_id": _id(name, owner), "until": {"$lte": now}})


def _id(name: str, owner: str | None) -> Id:
    """Return the id of a document; as a document itself, it cannot be the name of a host."""
    return name if owner is None else {"host": name, "owner": owner}


def _host(found: Document) -> Host:
    match found["_id"]:
        case {"host": name, "owner": owner}:
            return Host(name, found["until"], found["strikes"], owner)
        case name:
            return Host(name, found["until"], found["strikes"])


def _most(host: Host) -> UpdateOne:
    # $max, so that a late call with a smaller value changes nothing.
    most = {"$max": {"until": host.until, "strikes": host.strikes}}
    return UpdateOne({"_id": _id(host.name, host.owner)}, most, upsert=True)
