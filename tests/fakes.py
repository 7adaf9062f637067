"""In-memory adapters that keep the conditions of the real ones; `test_ports.py` tests both alike."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from catalight.domain.errors import JobNotFoundError, UnavailableError
from catalight.domain.hosts import Host
from catalight.domain.job import RUNNING, Counts, Delivery, Job, JobState, Webhook, WebhookState
from catalight.domain.messages import Message
from catalight.domain.row import Row


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class MemoryJobs:
    """Jobs in a dictionary."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}

    def insert(self, job: Job) -> None:
        assert job.id not in self.jobs
        self.jobs[job.id] = job

    def get(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise JobNotFoundError(job_id)
        return self.jobs[job_id]

    def _change(self, job_id: str, run: int, states: Sequence[JobState], **changes: object) -> bool:
        job = self.jobs[job_id]
        if job.run != run or job.state not in states:
            return False
        self.jobs[job_id] = replace(job, **changes)  # type: ignore[arg-type]
        return True

    def seal(self, job_id: str, run: int) -> None:
        self._change(job_id, run, tuple(JobState), sealed=True)

    def start(self, job_id: str, run: int, now: datetime) -> None:
        self._change(job_id, run, [JobState.PENDING], state=JobState.PROCESSING, started_at=now)

    def record_progress(self, job_id: str, run: int, counts: Counts) -> None:
        self._change(job_id, run, RUNNING, counts=self.jobs[job_id].counts + counts)

    def begin_finishing(self, job_id: str, run: int) -> bool:
        states = (*RUNNING, JobState.FINISHING)
        return self.jobs[job_id].sealed and self._change(job_id, run, states, state=JobState.FINISHING)

    def publish(self, job_id: str, run: int, counts: Counts, now: datetime) -> None:
        ended = {"state": JobState.COMPLETED, "counts": counts, "finished_at": now}
        self._change(job_id, run, [JobState.FINISHING], **ended)

    def _webhook(self, job_id: str) -> Webhook:
        webhook = self.jobs[job_id].webhook
        assert webhook
        return webhook

    def begin_delivery(self, job_id: str, run: int, attempts: int, until: datetime) -> bool:
        webhook = self._webhook(job_id)
        if webhook.state is not WebhookState.PENDING or webhook.attempts != attempts:
            return False
        claimed = replace(webhook, attempts=attempts + 1, next_at=until)
        return self._change(job_id, run, tuple(JobState), webhook=claimed)

    def record_delivery(self, job_id: str, run: int, delivery: Delivery, next_at: datetime | None) -> None:
        webhook = self._webhook(job_id)
        if webhook.state is WebhookState.PENDING:
            webhook = replace(
                webhook,
                deliveries=(*webhook.deliveries, delivery),
                state=WebhookState.after(delivery, next_at),
                next_at=None if delivery.delivered else next_at,
            )
            self._change(job_id, run, tuple(JobState), webhook=webhook)


class MemoryRows:
    """Rows in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], Row] = {}

    def insert(self, rows: Iterable[Row]) -> None:
        for row in rows:
            assert (row.job_id, row.number) not in self.rows
            self.rows[row.job_id, row.number] = row

    def pending_in_range(self, job_id: str, run: int, number: int) -> list[Row]:
        return [row for row in self.stream(job_id) if row.pending and (row.run, row.range) == (run, number)]

    def save(self, rows: Sequence[Row]) -> int:
        saved = 0
        for row in rows:
            stored = self.rows[row.job_id, row.number]
            if stored.pending and (stored.run, stored.version) == (row.run, row.version):
                self.rows[row.job_id, row.number] = replace(row, version=row.version + 1)
                saved += 1
        return saved

    def any_pending(self, job_id: str) -> bool:
        return any(row.pending for row in self.stream(job_id))

    def stream(self, job_id: str) -> Iterator[Row]:
        yield from (row for key, row in sorted(self.rows.items()) if key[0] == job_id)


class MemoryHosts:
    """Hosts in a dictionary; `down` makes asking and telling fail."""

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self.down = False

    def known(self, names: Iterable[str]) -> dict[str, Host]:
        if self.down:
            raise UnavailableError("MongoDB")
        return {name: self.hosts[name] for name in names if name in self.hosts}

    def rest(self, name: str, until: datetime, strikes: int) -> None:
        if self.down:
            raise UnavailableError("MongoDB")
        stored = self.hosts.get(name, Host(name, until, strikes))
        self.hosts[name] = Host(name, max(stored.until, until), max(stored.strikes, strikes))


class MemoryQueue:
    """A queue that records what was sent, each message with its delay; `down` makes it fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, int]] = []
        self.down = False

    def send(self, messages: Iterable[Message], delay: int = 0) -> None:
        if self.down:
            raise UnavailableError("SQS")
        self.sent += [(message, delay) for message in messages]

    def take(self) -> list[tuple[Message, int]]:
        """Empty the queue."""
        sent, self.sent = self.sent, []
        return sent


class MemoryStore:
    """Objects in a dictionary; `down` makes asking for them fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False

    def put(self, key: str, data: bytes, media_type: str) -> None:
        if self.down:
            raise UnavailableError("S3")
        self.objects[key] = data

    def put_stream(self, key: str, chunks: Iterable[bytes], media_type: str) -> None:
        self.objects[key] = b"".join(chunks)

    def exists(self, key: str) -> bool:
        if self.down:
            raise UnavailableError("S3")
        return key in self.objects

    def link(self, key: str, seconds: int, file_name: str | None = None) -> str:
        return f"memory:{key}"
