"""The `jobs` collection: one document a job, every change of its state one conditional write."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from bson import Binary
from pymongo import ReturnDocument
from pymongo.database import Database

from catalight.adapters.mongo.client import Document, unavailable_when_down
from catalight.domain.catalogue import Dialect
from catalight.domain.errors import JobNotFoundError
from catalight.domain.job import RUNNING, Counts, Delivery, Job, JobState, Webhook, WebhookState
from catalight.domain.options import Options


class MongoJobs:
    """`catalight.usecases.ports.Jobs` on MongoDB."""

    def __init__(self, database: Database[Document]) -> None:
        self._jobs = database["jobs"]

    @unavailable_when_down()
    def insert(self, job: Job) -> None:
        self._jobs.insert_one(_to_document(job))

    @unavailable_when_down()
    def get(self, job_id: str) -> Job:
        document = self._jobs.find_one({"_id": job_id})
        if document is None:
            raise JobNotFoundError(job_id)
        return _to_job(document)

    @unavailable_when_down()
    def seal(self, job_id: str, run: int) -> None:
        self._jobs.update_one({"_id": job_id, "run": run, "sealed": False}, {"$set": {"sealed": True}})

    @unavailable_when_down()
    def start(self, job_id: str, run: int, now: datetime) -> None:
        self._jobs.update_one(
            {"_id": job_id, "run": run, "state": JobState.PENDING},
            {"$set": {"state": JobState.PROCESSING, "started_at": now}},
        )

    @unavailable_when_down()
    def record_progress(self, job_id: str, run: int, counts: Counts) -> None:
        added = {
            f"counts.{name}": getattr(counts, name) for name in ("done", "failed", "bytes_in", "bytes_out")
        }
        added |= {f"counts.errors.{code}": count for code, count in counts.errors.items()}
        self._jobs.update_one({"_id": job_id, "run": run, "state": {"$in": RUNNING}}, {"$inc": added})

    @unavailable_when_down()
    def begin_finishing(self, job_id: str, run: int) -> bool:
        # FINISHING is among the states so that whoever finds it there sends the aggregator's message again.
        found = self._jobs.find_one_and_update(
            {
                "_id": job_id,
                "run": run,
                "sealed": True,
                "state": {"$in": (*RUNNING, JobState.FINISHING)},
            },
            {"$set": {"state": JobState.FINISHING}},
            projection={"_id": True},
            return_document=ReturnDocument.AFTER,
        )
        return found is not None

    @unavailable_when_down()
    def publish(self, job_id: str, run: int, counts: Counts, now: datetime) -> None:
        self._jobs.update_one(
            {"_id": job_id, "run": run, "state": JobState.FINISHING},
            {"$set": {"state": JobState.COMPLETED, "counts": asdict(counts), "finished_at": now}},
        )

    @unavailable_when_down()
    def begin_delivery(self, job_id: str, run: int, attempts: int, until: datetime) -> bool:
        claimed = self._jobs.update_one(
            {
                "_id": job_id,
                "run": run,
                "webhook.state": WebhookState.PENDING,
                "webhook.attempts": attempts,
            },
            {"$set": {"webhook.next_at": until, "webhook.attempts": attempts + 1}},
        )
        return claimed.modified_count == 1

    @unavailable_when_down()
    def record_delivery(self, job_id: str, run: int, delivery: Delivery, next_at: datetime | None) -> None:
        self._jobs.update_one(
            {"_id": job_id, "run": run, "webhook.state": WebhookState.PENDING},
            {
                "$push": {"webhook.deliveries": asdict(delivery)},
                "$set": {
                    "webhook.state": WebhookState.after(delivery, next_at),
                    "webhook.next_at": None if delivery.delivered else next_at,
                },
            },
        )


def _to_document(job: Job) -> Document:
    document = asdict(job)
    return {
        "_id": document.pop("id"),
        **document,
        "options": job.options.to_document(),
        "secret": Binary(job.secret),
    }


def _to_job(document: Document) -> Job:
    fields: dict[str, Any] = {
        **document,
        "state": JobState(document["state"]),
        "options": Options.from_document(document["options"]),
        "dialect": Dialect(**document["dialect"]),
        "header": tuple(document["header"]),
        "counts": Counts(**document["counts"]),
        "webhook": _to_webhook(document["webhook"]),
    }
    return Job(id=fields.pop("_id"), **fields)


def _to_webhook(document: Document | None) -> Webhook | None:
    if document is None:
        return None
    return Webhook(
        **{
            **document,
            "state": WebhookState(document["state"]),
            "deliveries": tuple(Delivery(**delivery) for delivery in document["deliveries"]),
        }
    )
