"""Webhook deliveries, stored in the documents of the `jobs` collection."""

from dataclasses import asdict
from datetime import datetime

from pymongo.collection import Collection

from catalight.adapters.mongo.client import Document
from catalight.adapters.mongo.connection import Mongo, reconnecting
from catalight.domain.job.job import ENDED
from catalight.domain.job.webhook import (
    REDELIVERIES,
    REDELIVERY_PAUSE,
    REDELIVERY_PERIOD,
    Delivery,
    WebhookState,
)

KEPT = 50  # deliveries in the log of a job


class MongoDeliveries(Mongo):
    """`catalight.usecases.ports.Deliveries` on MongoDB."""

    @property
    def _jobs(self) -> Collection[Document]:
        return self._connection["jobs"]

    @reconnecting
    def begin(self, job_id: str, run: int, attempts: int, until: datetime) -> bool:
        claimed = self._jobs.update_one(
            {
                "_id": job_id,
                "run": run,
                "webhook.state": WebhookState.PENDING,
                "webhook.attempts": attempts,
            },
            {
                "$set": {
                    "webhook.next_at": until,
                    "webhook.busy_until": until,
                    "webhook.attempts": attempts + 1,
                },
                "$min": {"sweep_at": until},
            },
        )
        return claimed.modified_count == 1

    @reconnecting
    def record(
        self, job_id: str, run: int, attempt: int, delivery: Delivery, next_at: datetime | None
    ) -> None:
        state = WebhookState.after(delivery, next_at)
        due = next_at if state is WebhookState.PENDING else None
        logged: Document = {"$push": {"webhook.deliveries": {"$each": [asdict(delivery)], "$slice": -KEPT}}}
        ended: Document = {"webhook.state": state, "webhook.next_at": due, "webhook.busy_until": None}
        written = logged | {"$set": ended}
        if due:
            written["$min"] = {"sweep_at": due}
        of_run = {"_id": job_id, "run": run, "webhook": {"$ne": None}}
        pending = {"webhook.state": WebhookState.PENDING, "webhook.attempts": attempt}
        if not self._jobs.update_one({**of_run, **pending}, written).matched_count:
            self._jobs.update_one(of_run, logged)

    @reconnecting
    def renew(self, job_id: str, run: int, now: datetime) -> bool:
        ended: Document = {"_id": job_id, "run": run, "state": {"$in": ENDED}, "webhook": {"$ne": None}}
        # "not greater" is also true of fields that documents of earlier releases do not have.
        rested: Document = {
            "webhook.busy_until": {"$not": {"$gt": now}},
            "webhook.redeliveries": {"$not": {"$gt": now - REDELIVERY_PAUSE}},
            "$or": [
                {f"webhook.redeliveries.{REDELIVERIES - 1}": {"$exists": False}},
                {"webhook.redeliveries.0": {"$lte": now - REDELIVERY_PERIOD}},
            ],
        }
        renewed = self._jobs.update_one(
            ended | rested,
            {
                "$push": {"webhook.redeliveries": {"$each": [now], "$slice": -REDELIVERIES}},
                "$set": {
                    "webhook.state": WebhookState.PENDING,
                    "webhook.attempts": 0,
                    "webhook.next_at": None,
                },
                "$min": {"sweep_at": now},
            },
        )
        return renewed.modified_count == 1
