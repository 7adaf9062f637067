"""The invariants that must hold after a run, whatever faults happened."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

import requests
from PIL import Image
from pymongo.database import Database

from catalight.clock import utc_now
from catalight.domain.job import links
from local.client import Client, rows_of
from local.runner.system import System
from tests.faults.catalogue import OUTCOMES, Catalogue, drawn_number, kind
from tests.faults.client import PersistentClient
from tests.faults.hosts import HostileReceiver

SHOWN = 5  # examples of one violation
FAR_OFF = timedelta(
    hours=12
)  # longer than any pause of a job that is not at rest; a preview expires after a day


@dataclass
class Store:
    """The bucket, the queues and the database, read without fault injection."""

    system: System
    database: Database[dict[str, Any]]
    bucket: str = field(init=False)

    def __post_init__(self) -> None:
        self.s3 = self.system.client("s3")
        self.sqs = self.system.client("sqs")
        self.bucket = self.system.stack.resources["Bucket"]

    def keys(self, prefix: str) -> set[str]:
        """Return the keys under a prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return {entry["Key"] for page in pages for entry in page.get("Contents", [])}

    def read(self, key: str) -> bytes:
        """Return the contents of an object."""
        data: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return data

    def jobs(self) -> set[str]:
        """Return the ids of all jobs that are no previews."""
        return {str(job["_id"]) for job in self.database["jobs"].find({"preview": None}, {"_id": True})}

    def waiting(self) -> dict[str, int]:
        """Return the number of messages of each non-empty queue: visible, in flight and delayed."""
        names = [name for name in self.system.stack.resources if name.endswith("Queue")]
        return {name: count for name in names if (count := self._depth(name))}

    def left(self) -> dict[str, object]:
        """Return what is still to come: messages by queue, and jobs by the next time the sweeper sends one.

        If there is nothing, nothing more happens, because only handlers of messages and the sweeper send any.
        Dead letters that nothing handles stay; the sweeper's checks of jobs that have expired are far off.
        """
        soon = {"sweep_at": {"$lt": utc_now() + FAR_OFF}}
        # The jobs before the queues: the sweeper sends its message before it writes the next time.
        due = {job["_id"]: job["sweep_at"] for job in self.database["jobs"].find(soon, {"sweep_at": True})}
        return due | busy(self.waiting())

    def hurry_sweeper(self) -> None:
        """Make the sweeper's next check of each job due now, as if its time had passed."""
        now = utc_now()
        due_later = {"sweep_at": {"$gt": now, "$lt": now + FAR_OFF}}
        self.database["jobs"].update_many(due_later, {"$set": {"sweep_at": now}})

    def age(self, by: timedelta) -> None:
        """Let jobs that wait until no function works on them any more grow older, if no message is left."""
        if busy(self.waiting()):
            return
        now = utc_now()
        ended = {"state": {"$in": ["FAILED", "CANCELLED"]}, "sealed": False, "upload.cleared": False}
        waits = {"sweep_at": {"$ne": None}, "moved_at": {"$gt": now - by}, "$or": [{"state": "GONE"}, ended]}
        self.database["jobs"].update_many(waits, {"$set": {"moved_at": now - by, "sweep_at": now}})

    def image_keys(self, job: str) -> set[str]:
        """Return the keys of the images that the rows of a job refer to."""
        rows = self.database["rows"].find({"job": job}, {"images.link": True})
        found = (image.get("link") for row in rows for image in row["images"])
        return {links.image_key(link) for link in found if link}

    def _depth(self, name: str) -> int:
        url = self.system.stack.resources[name]
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        counts = (answer[f"ApproximateNumberOfMessages{which}"] for which in ("", "NotVisible", "Delayed"))
        return sum(map(int, counts))


def busy(waiting: dict[str, int]) -> dict[str, int]:
    """Return the queues without the dead-letter queues."""
    return {name: count for name, count in waiting.items() if "DeadLetter" not in name}


@dataclass
class FinishedRun:
    """A run that is over. `before` has the keys of images and the ids of jobs that existed before it."""

    store: Store
    catalogue: Catalogue
    client: PersistentClient
    receiver: HostileReceiver
    before: set[str]
    references: dict[str, set[tuple[int, str]]] = field(default_factory=lambda: defaultdict(set))
    unfinished: bool = False

    def broken(self) -> Iterator[str]:
        """Yield a sentence for each invariant that does not hold; to be called once."""
        jobs = {job for job in self.store.jobs() if job not in self.before}
        yield from self.client.complaints
        yield from self._states()
        if self.client.request_id not in jobs:
            yield f"job {self.client.request_id} was accepted and is not stored"
        if self._keeps_keys() and len(jobs) > 1:
            yield f"one Idempotency-Key made {len(jobs)} jobs: {sorted(jobs)}"
        for job in sorted(jobs):
            yield from self.job(job)
        if not self.unfinished:  # it is unknown which images an unfinished job will reference
            yield from self.images()
        if left := self.store.left():
            yield f"messages are left, or the sweeper will send one: {left}"

    def _api(self) -> Client:
        api = Client(self.store.system.url)
        api.http.headers.update(self.client.headers)
        return api

    def _states(self) -> Iterator[str]:
        states = self.client.states
        order = [state for state in ("PENDING", "PROCESSING", "COMPLETED") if state in states]
        if states != order or states[-1:] != ["COMPLETED"]:
            yield f"/status went through {states}"

    def _keeps_keys(self) -> bool:
        description = requests.get(f"{self.store.system.url}/openapi.json", timeout=10)
        return "idempotency-key" in description.text.lower()

    def job(self, job: str, *, with_webhook: bool = True) -> Iterator[str]:
        """Yield what is wrong with one job, and note the images that it refers to."""
        status = self._api().status(job)
        if status["status"] != "COMPLETED":
            self.unfinished = True
            yield f"job {job} is {status['status']}: {status['images']}"
            return
        pending = self.store.database["rows"].count_documents({"job": job, "pending": True})
        if pending:
            yield f"{pending} rows of job {job} are pending"
        results = self.store.keys(f"results/{job}/")
        if len(results) != (self.store.database["jobs"].find_one({"_id": job}) or {})["run"]:
            yield f"job {job} has the results {sorted(results)}"
        if with_webhook:
            yield from self._webhook(job, status)
        yield from self._result(job, status)

    def _webhook(self, job: str, status: dict[str, Any]) -> Iterator[str]:
        ids = {name for name in list(self.receiver.ids) if job in name}
        if len(ids) != 1:
            yield f"the webhook of job {job} was sent with the ids {sorted(ids)}"
        delivered = [
            event for event in list(self.receiver.events.queue) if event["data"]["request_id"] == job
        ]
        if not delivered or status["webhook"]["state"] != "DELIVERED":
            yield f"the webhook of job {job} was delivered {len(delivered)} times and is {status['webhook']}"
        if any(event["data"]["images"] != status["images"] for event in delivered):
            yield f"a webhook of job {job} has other counts than its status"

    def _result(self, job: str, status: dict[str, Any]) -> Iterator[str]:
        rows = rows_of(self._api().download(job))
        numbers = [row["Serial Number"] for row in rows]
        if numbers != [str(number + 1) for number in range(len(self.catalogue.rows))]:
            yield f"the rows of job {job} are {numbers}"
            return
        errors: Counter[str] = Counter()
        reported = list(self._api().rows(job))
        for row, of_row, urls in zip(rows, reported, self.catalogue.rows, strict=True):
            yield from self._row(row, of_row["images"], urls, errors)
        done = errors.pop("", 0)
        counted = {"total": done + errors.total(), "done": done, "failed": errors.total()}
        if (status["images"], status["errors"]) != (counted, errors):
            said = f"{status['images']} {status['errors']}"
            yield f"/status of job {job} counts {said}; the CSV {counted} {dict(errors)}"

    def _row(
        self, row: dict[str, str], images: list[dict[str, Any]], urls: list[str], errors: Counter[str]
    ) -> Iterator[str]:
        number = row["Serial Number"]
        if [image["url"] for image in images] != urls:
            yield f"row {number} has the images {[image['url'] for image in images]}, not {urls}"
            return
        made = [(image["url"], rendition) for image in images for rendition in image["renditions"]]
        names = [rendition["name"] for _, rendition in made]
        if names != self.catalogue.names * len(urls):
            yield f"row {number} has the renditions {names}"
        for url, rendition in made:
            link, code = rendition["output_url"], rendition["error"] or ""
            errors[code] += 1
            if link:
                self.references[f"images/{link.split('/images/')[1]}"].add(
                    (drawn_number(url), rendition["name"])
                )
            if bool(link) == bool(code) or code not in OUTCOMES[kind(url)]:
                yield f"row {number}: {url} {rendition['name']!r} ended as {code or 'done'}, {link!r}"
        cells = (cell for name, cell in row.items() if name.startswith("Output Image Urls"))
        written = sorted(link for cell in cells for link in cell.split(",") if link)
        if written != sorted(rendition["output_url"] for _, rendition in made if rendition["output_url"]):
            yield f"row {number} has other links in the result: {written}"

    def refer_to(self, keys: Iterable[str]) -> None:
        """Note that something else refers to images."""
        for key in keys:
            self.references[key] |= set()

    def images(self) -> Iterator[str]:
        """Yield what is wrong with the stored images, once all jobs are noted."""
        everything = self.store.keys("images/")
        stored = everything - self.before
        for key, made in self.references.items():
            if len(made) > 1:
                yield f"{key} is referenced for {sorted(made)}"
        if missing := self.references.keys() - everything:  # some are of an earlier run, with the same images
            yield f"{len(missing)} images are referenced and not stored: {sorted(missing)[:SHOWN]}"
        if orphans := stored - self.references.keys():
            yield f"{len(orphans)} images are stored and not referenced: {sorted(orphans)[:SHOWN]}"
        for key in sorted(stored & self.references.keys()):
            with Image.open(BytesIO(self.store.read(key))) as image:
                image.load()
