"""The `usage` collection: what each owner has used.

`{owner}/{day}` holds the amounts of a UTC day, `{owner}/open` the slots of open jobs, and `{owner}/parsing`
the time until which the owner has used its rate of parsing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.usage import Amounts, Slot

INDEXES = [IndexModel([("expires_at", ASCENDING)], name="forgotten", expireAfterSeconds=0)]

REMEMBERED = 1000  # orders of a key and day; one repeated after that many others is counted again


class MongoUsage(Mongo):
    """`catalight.usecases.ports.Usage` on MongoDB."""

    @property
    def _usage(self) -> Collection[Document]:
        return self._connection["usage"]

    @reconnecting
    def ensure_indexes(self) -> None:
        """Create missing indexes; fast if none is missing."""
        self._usage.create_indexes(INDEXES)

    @reconnecting
    def add(self, owner: str, day: date, order: str, wanted: Amounts, limit: Amounts) -> bool:
        of_day = {"_id": _of_day(owner, day)}
        if not wanted.exceeds(limit):
            # "not greater" is also true of amounts that documents of earlier releases do not have.
            within = {name: {"$not": {"$gt": getattr(limit, name) - size}} for name, size in wanted.items()}
            counted: Document = {
                "$push": {"orders": {"$each": [order], "$slice": -REMEMBERED}},
                "$inc": dict(wanted.items()),
            }
            new: Document = {"orders": {"$ne": order}, **within}
            if self._update(of_day, new, counted, _nothing(day)):
                return True
        return self._usage.find_one({**of_day, "orders": order}, {"_id": True}) is not None

    @reconnecting
    def add_downloads(self, owner: str, day: date, size: int) -> None:
        nothing = {name: value for name, value in _nothing(day).items() if name != "download_bytes"}
        self._usage.update_one(
            {"_id": _of_day(owner, day)},
            {"$inc": {"download_bytes": size}, "$setOnInsert": nothing},
            upsert=True,
        )

    @reconnecting
    def of_day(self, owner: str, day: date) -> Amounts:
        document = self._usage.find_one({"_id": _of_day(owner, day)}, {"orders": False}) or {}
        return Amounts(**{name: int(document.get(name, 0)) for name, _ in Amounts().items()})

    @reconnecting
    def take(self, owner: str, slot: Slot, limit: int) -> bool:
        of_owner = {"_id": _open(owner)}
        free = {"slots.order": {"$ne": slot.order}, f"slots.{limit - 1}": {"$exists": False}}
        taken: Document = {"$push": {"slots": {"order": slot.order, "at": slot.taken_at}}}
        if self._update(of_owner, free, taken, {"slots": []}):
            return True
        again: Document = {"$set": {"slots.$.at": slot.taken_at}}
        return self._usage.update_one({**of_owner, "slots.order": slot.order}, again).matched_count == 1

    @reconnecting
    def slots(self, owner: str) -> list[Slot]:
        document = self._usage.find_one({"_id": _open(owner)}) or {}
        return [Slot(slot["order"], slot["at"]) for slot in document.get("slots", ())]

    @reconnecting
    def free(self, owner: str, slots: Sequence[Slot]) -> None:
        if slots:
            over = [{"order": slot.order, "at": slot.taken_at} for slot in slots]
            self._usage.update_one({"_id": _open(owner)}, {"$pull": {"slots": {"$or": over}}})

    @reconnecting
    def reserve(self, owner: str, cost: timedelta, now: datetime, latest: datetime) -> datetime | None:
        # Once the time is past it says nothing any more, so it is also the time to forget the document.
        of_owner = {"_id": f"{owner}/parsing"}
        in_time = {"expires_at": {"$not": {"$gt": latest - cost}}}
        milliseconds = round(cost.total_seconds() * 1000)
        later = {"$add": [{"$max": ["$expires_at", now]}, milliseconds]}
        if self._update(of_owner, in_time, [{"$set": {"expires_at": later}}], {"expires_at": now}):
            return None
        document = self._usage.find_one(of_owner) or {}
        until: datetime = document.get("expires_at", now)
        return until

    def _update(
        self,
        of: Document,
        conditions: Mapping[str, Any],
        update: Document | list[Document],
        nothing: Document,
    ) -> bool:
        """Update a document on conditions. If there is none, make it of `nothing` first."""
        if self._usage.update_one({**of, **conditions}, update).matched_count:
            return True
        self._usage.update_one(of, {"$setOnInsert": nothing}, upsert=True)
        return self._usage.update_one({**of, **conditions}, update).matched_count == 1


def _of_day(owner: str, day: date) -> str:
    return f"{owner}/{day.isoformat()}"


def _open(owner: str) -> str:
    return f"{owner}/open"


def _nothing(day: date) -> Document:
    over = datetime.combine(day, time(), UTC) + timedelta(days=2)
    return {**dict(Amounts().items()), "orders": [], "expires_at": over}
