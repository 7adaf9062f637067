"""Send big uploads while everything around them fails: `python -m tests.faults.uploads --seeds 40`.

A seed fixes the story (`stories`), the form of the file and the faults. At the end all jobs are deleted, and
then nothing of them may be left.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from threading import Thread
from typing import Any

from standardwebhooks import Webhook

from catalight.clock import utc_now
from catalight.domain.job.upload import upload_key
from catalight.domain.messages import IngestUpload, encode
from local.runner import aws
from tests.faults import catalogue, schedule, stories
from tests.faults.chaos import Chaos, Report, chaos, main
from tests.faults.client import PersistentClient
from tests.faults.injection import Fault
from tests.faults.invariants import FinishedRun
from tests.faults.sender import FORMS, Sender, file_of
from tests.faults.stories import Story

PARAMETERS = {
    "Authentication": "keys",
    "IngestTimeout": "15",
    "IngestVisibility": "16",
    "WorkbookInMemory": "1000",
}
INGEST = "IngestFunction"
KILLS = 4  # at calls of the function; five in a row without progress would fail the upload
SMALL_PARTS = "S3_UPLOAD_PART_MIN_SIZE"  # of moto
AGE = timedelta(minutes=20)  # after which no function still works on what it read
LEFT_OUT = frozenset({Fault.POISON, Fault.THROTTLING})  # these take long, and concern only images
GONE_OR_ENDED = (404, 409, 410)


@dataclass
class Owner:
    """A caller with a key of its own."""

    id: str
    token: str
    secret: str


class Uploads:
    """One run: the client of a big upload, what its story does to it, and what must hold then."""

    def __init__(self, running: Chaos, seed: int, faults: frozenset[Fault]) -> None:
        self.running, self.seed, self.faults = running, seed, faults
        self.system, self.store = running.system, running.store
        self.story = stories.of_seed(seed)
        chance = Random(f"{seed}/file")
        self.form = chance.choice(FORMS)
        self.before = self.store.keys("images/") | self.store.jobs()
        self.owners = [self._new_owner(), self._new_owner()]
        running.receiver.verifier = Webhook(self.owners[0].secret)
        self.drawn = catalogue.draw(seed, running.hosts, faults)
        self.clients: list[PersistentClient] = []
        self.threads: list[Thread] = []
        self.broken: list[str] = []
        actions = {
            "twin": self._twin,
            "lose": self._lose,
            "replace": self._replace,
            "expire": self._expire,
            "cancel": lambda: self._insist("post", "/jobs/{}/cancel"),
            "delete": lambda: self._insist("delete", "/jobs/{}"),
            "retry": lambda: self._insist("post", "/jobs/{}/retry"),
        }
        self.player = schedule.Player(
            self.system, running.proxy, running.throttling, running.injected, actions
        )
        self.player.note(f"{self.story}, as {self.form}")

    def __call__(self) -> list[str]:
        """Return the sentences of the invariants that are broken."""
        try:
            self._send()
            if self.story.twice and not self.broken:
                self._send_again()
            if not self.broken:
                self._delete_all()
        finally:
            for client in self.clients:
                client.stop()
            for thread in self.threads:
                thread.join()
        self.system.check()
        return self.broken + [line for client in self.clients for line in client.complaints]

    @property
    def first(self) -> str:
        """The id of the first job."""
        return self.clients[0].request_id or ""

    def _new_owner(self) -> Owner:
        made = self.system.invoke("KeysFunction", {"action": "make", "name": f"seed {self.seed}"})
        return Owner(made["key"], made["token"], made["webhook_secrets"][0])

    def _start(self, client: PersistentClient) -> None:
        self.clients.append(client)
        client.start()

    def _send(self) -> None:
        fields = {"webhook_url": f"{self.running.receiver.url}/hook", "result_format": "csv"}
        fields |= {"confirm": "true"} if self.story is Story.CONFIRMED else {}
        data = file_of(self.drawn.data, self.form)
        self._start(Sender(self.system.url, data, fields | self.drawn.fields, self.owners[0].token))
        proxy = self.running.proxy
        proxy.workers, proxy.victim = lambda: self.system.workers(INGEST), INGEST
        proxy.nowhere = self.system.stack.resources["IngestDeadLetterQueue"]
        proxy.kills_left = KILLS if Fault.WORKERS in self.faults else 0
        self.player.play(self.seed, stories.while_ingesting(self.seed, self.faults))
        self._wait_for_rest()
        self._check([self.clients[0]])

    def _send_again(self) -> None:
        """Send the same catalogue while something happens to the first job."""
        owner = self.owners[self.story is Story.TWO_OWNERS]
        fields = {"result_format": "csv"} | self.drawn.fields
        data = file_of(self.drawn.data, "csv")
        self._start(Sender(self.system.url, data, fields, owner.token))
        self.player.play(self.seed, stories.while_again(self.seed, self.faults))
        self._wait_for_rest()
        self._check(self.clients)
        if self.story is Story.TWO_OWNERS:
            found = [self.store.image_keys(client.request_id or "") for client in self.clients]
            if shared := found[0] & found[1]:
                self.broken.append(f"two owners share the outputs {sorted(shared)[:3]}")
        if self.story is Story.MAKER_RETRIED:
            self._insist("delete", "/jobs/{}")
            self._wait_for_rest()
            self._check(self.clients)

    def _delete_all(self) -> None:
        for number in range(len(self.clients)):
            self._insist("delete", "/jobs/{}", number)
        self._wait_for_rest()
        self.broken += self._leftovers()

    def _leftovers(self) -> Iterator[str]:
        """Yield what is left though all jobs are deleted."""
        jobs = self.store.jobs() - self.before
        if rows := self.store.database["rows"].count_documents({"job": {"$in": list(jobs)}}):
            yield f"{rows} rows of deleted jobs are left"
        if images := self.store.keys("images/") - self.before:
            yield f"{len(images)} images of deleted jobs are left: {sorted(images)[:3]}"
        if claims := list(self.store.database["references"].find({}, {"claims": True}).limit(3)):
            yield f"claims of deleted jobs are left: {claims}"
        if results := self.store.keys("results/"):
            yield f"results of deleted jobs are left: {sorted(results)[:3]}"

    # what happens to the job

    def _insist(self, method: str, path: str, number: int = 0) -> None:
        """Have a request about a job made until it succeeds, beside the schedule."""

        def insist() -> None:
            client = self.clients[number]
            while client.request_id is None and client.is_alive():
                time.sleep(0.05)
            client.insist(method, path.format(client.request_id), GONE_OR_ENDED)

        self._begin(insist)

    def _twin(self) -> None:
        body = encode(IngestUpload(self.first))
        for _ in range(2):
            self.store.sqs.send_message(QueueUrl=self._queue, MessageBody=body)

    def _lose(self) -> None:
        """Lose the next message that the function sends, and those that wait."""
        self.running.proxy.losses_left += 1
        for message in self.store.sqs.receive_message(QueueUrl=self._queue).get("Messages", []):
            self.store.sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])

    @property
    def _queue(self) -> str:
        return str(self.system.stack.resources["IngestQueue"])

    def _replace(self) -> None:
        """Use the form once more, for a file with other bytes."""
        if self.first and upload_key(self.first) in self.store.keys("uploads/"):
            data = file_of(self.drawn.data, self.form, note="new ")
            self.store.s3.put_object(Bucket=self.store.bucket, Key=upload_key(self.first), Body=data)

    def _expire(self) -> None:
        """Let the first job expire as soon as MongoDB answers, which may be down now."""

        def expire() -> None:
            over = {"expires_at": utc_now() - timedelta(seconds=1), "sweep_at": utc_now()}
            self.store.database["jobs"].update_one({"_id": self.first}, {"$set": over})

        self._begin(expire)

    def _begin(self, do: Callable[[], None]) -> None:
        self.threads.append(Thread(target=do, daemon=True))
        self.threads[-1].start()

    # what must hold

    def _wait_for_rest(self) -> None:
        def at_rest() -> bool:
            if any(thread.is_alive() for thread in self.threads):
                return False
            self.store.age(AGE)
            return all(client.request_id for client in self.clients) and self.running.at_rest()

        if not self.running.wait(at_rest):
            self.broken.append(f"the system is not at rest: {self.store.left()}")

    def _check(self, clients: list[PersistentClient]) -> None:
        """Check that each job has its result or nothing, and that the images exist which it refers to."""
        if self.broken:
            return
        images = None
        for client in clients:
            job = self.store.database["jobs"].find_one({"_id": client.request_id}) or {}
            run = self._run_of(client)
            self.broken += self._of_state(client, job, run)
            if images:
                images.refer_to(run.references)
            images = images or run
        if images:
            self.broken += images.images()
        for prefix in ("uploads/", "spools/"):
            if left := self.store.keys(prefix):
                self.broken.append(f"files of uploads are left: {sorted(left)}")

    def _run_of(self, client: PersistentClient) -> FinishedRun:
        return FinishedRun(self.store, self.drawn, client, self.running.receiver, self.before)

    def _of_state(self, client: PersistentClient, job: dict[str, Any], run: FinishedRun) -> Iterator[str]:
        is_first = client is self.clients[0]
        if job.get("state") == "GONE":
            if not is_first or not (self.story.twice or self.story is Story.DELETED):
                yield f"job {client.request_id} is gone"
            return
        if job.get("state") == "COMPLETED":
            yield from run.job(client.request_id or "", with_webhook=len(self.clients) == 1)
            return
        if not (is_first and self.story.may_end_early):
            yield f"job {client.request_id} is {job.get('state')}: {job.get('upload')}"
            return
        allowed = "CANCELLED" if self.story is Story.CANCELLED else "FAILED"
        if job.get("state") != allowed:
            yield f"job {client.request_id} is {job.get('state')}, not {allowed}: {job.get('upload')}"
        if not job["sealed"]:
            codes = [problem["code"] for problem in job["upload"]["problems"]]
            if codes != [{"FAILED": "upload_changed"}.get(allowed, "cancelled")]:
                yield f"job {client.request_id} has the problems {codes}"
            if rows := self.store.database["rows"].count_documents({"job": client.request_id}):
                yield f"{rows} rows are left of job {client.request_id}, which was never submitted"
        else:
            run.refer_to(self.store.image_keys(client.request_id or ""))


def run(running: Chaos, seed: int, faults: frozenset[Fault]) -> Report:
    """Run one seed, then check the invariants."""
    began, injected_before = time.monotonic(), running.injected.counts()
    uploads = Uploads(running, seed, faults - LEFT_OUT)
    broken = uploads()
    player = uploads.player
    player.note(f"queues: {running.store.waiting()}")
    injected = running.injected.counts() - injected_before
    return Report(seed, time.monotonic() - began, broken, injected, player.log, "UPLOADS=1 ")


@contextmanager
def small_system() -> Iterator[Chaos]:
    """Start a system that requires keys and takes small parts."""
    with ExitStack() as stack:
        stack.callback(setattr, aws, "PASSED_ON", aws.PASSED_ON)
        aws.PASSED_ON = (*aws.PASSED_ON, SMALL_PARTS)
        stack.callback(os.environ.pop, SMALL_PARTS, None)
        os.environ[SMALL_PARTS] = "1"
        yield stack.enter_context(chaos(PARAMETERS))


if __name__ == "__main__":
    sys.exit(main(small_system, run, __doc__ or ""))
