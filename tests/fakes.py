"""In-memory adapters that write on the same conditions as the real ones: tests/integration/adapters/ports."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Any

from catalight.domain.api_keys import ApiKey
from catalight.domain.catalogue.requested import MAX_REMEMBERED, Remembered
from catalight.domain.errors import JobGoneError, JobNotFoundError, UnavailableError
from catalight.domain.job.job import ENDED, OPEN, RUNNING, Counts, Job, JobState, Reopened
from catalight.domain.job.row import Row, RowState
from catalight.domain.job.webhook import REDELIVERIES, Delivery, Webhook, WebhookState
from catalight.domain.messages import Message
from catalight.domain.usage import Amounts, Slot
from catalight.domain.web.hosts import Host

KEPT = ("deliveries", "busy_until", "redeliveries")  # of a webhook, when a new run begins


class FakeClock:
    """A clock that only moves when a test moves it."""

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

    def insert(self, job: Job) -> Job:
        return self.jobs.setdefault(job.id, job)

    def get(self, job_id: str) -> Job:
        job = self.find(job_id)
        if job is None:
            raise JobNotFoundError(job_id)
        if job.state is JobState.GONE:
            raise JobGoneError(job_id)
        return job

    def find(self, job_id: str) -> Job | None:
        return self.jobs.get(job_id)

    def _move(self, job_id: str, holds: Callable[[Job], bool], now: datetime, **changes: Any) -> bool:
        job = self.find(job_id)
        if job is None or not holds(job):
            return False
        self.jobs[job_id] = replace(job, **{"moved_at": now, "looks": 0, **changes})
        return True

    def seal(self, job_id: str, run: int, ranges: int, counts: Counts, now: datetime) -> bool:
        def unsealed(job: Job) -> bool:
            return job.run == run and job.state in RUNNING and not job.sealed

        return self._move(job_id, unsealed, now, sealed=True, ranges=ranges, counts=counts)

    def start(self, job_id: str, run: int, now: datetime) -> None:
        def pending(job: Job) -> bool:
            return job.run == run and job.state is JobState.PENDING

        self._move(job_id, pending, now, state=JobState.PROCESSING, started_at=now)

    def record_progress(self, job_id: str, run: int, counts: Counts, now: datetime) -> None:
        def running(job: Job) -> bool:
            return job.run == run and job.state in RUNNING

        job = self.find(job_id)
        if job:
            self._move(job_id, running, now, counts=job.counts + counts)

    def record_reopened(self, job_id: str, reopened: Reopened, now: datetime) -> None:
        def unsealed(job: Job) -> bool:
            return job.run == reopened.run and job.state in RUNNING and not job.sealed

        self._move(job_id, unsealed, now, reopened=reopened)

    def begin_cancelling(self, job_id: str, now: datetime) -> bool:
        def running(job: Job) -> bool:
            return job.state in (JobState.PENDING, JobState.PROCESSING)

        if self._move(job_id, running, now, state=JobState.CANCELLING, cancelled=True, sweep_at=now):
            return True
        job = self.find(job_id)
        return job is not None and job.state is JobState.CANCELLING

    def begin_finishing(self, job_id: str, run: int, now: datetime) -> bool:
        def complete(job: Job) -> bool:
            return job.run == run and job.state in RUNNING and job.sealed

        if self._move(job_id, complete, now, state=JobState.FINISHING):
            return True
        job = self.find(job_id)
        return job is not None and (job.run, job.state) == (run, JobState.FINISHING)

    def publish(self, job_id: str, run: int, end: JobState, counts: Counts, now: datetime) -> None:
        def finishing(job: Job) -> bool:
            return job.run == run and job.state is JobState.FINISHING

        self._move(job_id, finishing, now, state=end, counts=counts, finished_at=now)

    def begin_run(self, new: Job) -> bool:
        def ended(job: Job) -> bool:
            return job.run == new.run - 1 and job.has_result

        stored = self.jobs[new.id]
        if not ended(stored):
            return False
        if new.webhook and stored.webhook:
            kept = {name: getattr(stored.webhook, name) for name in KEPT}
            new = replace(new, webhook=replace(new.webhook, **kept))
        self.jobs[new.id] = replace(new, expires_at=max(new.expires_at, stored.expires_at))
        return True

    def keep_until(self, job_id: str, until: datetime, now: datetime, *, shorten: bool) -> None:
        job = self.find(job_id)
        if job and job.state is not JobState.GONE and job.expires_at > now:
            expires_at = until if shorten else max(until, job.expires_at)
            sweep_at = job.sweep_at and min(now if job.state in ENDED else until, job.sweep_at)
            self.jobs[job_id] = replace(job, expires_at=expires_at, sweep_at=sweep_at)

    def delete(self, job_id: str, now: datetime) -> None:
        self._end_for_good(job_id, lambda job: job.state is not JobState.GONE, now)

    def expire(self, job_id: str, run: int, now: datetime) -> None:
        def over(job: Job) -> bool:
            return job.run == run and job.state in (*ENDED, JobState.FINISHING) and job.expires_at <= now

        self._end_for_good(job_id, over, now)

    def abandon(self, job_id: str, now: datetime) -> None:
        def unsealed(job: Job) -> bool:
            return job.run == 1 and not job.sealed and job.state in RUNNING

        self._end_for_good(job_id, unsealed, now)

    def _end_for_good(self, job_id: str, holds: Callable[[Job], bool], now: datetime) -> None:
        self._move(job_id, holds, now, state=JobState.GONE, sweep_at=now)

    def leave_tombstone(self, job_id: str, until: datetime) -> None:
        job = self.find(job_id)
        if job and job.state is JobState.GONE:
            nothing: dict[str, Any] = {"header": (), "file_name": "", "secret": b"", "webhook": None}
            nothing |= {"remembered": {}, "naming": None, "origin": None, "upload": None}
            self.jobs[job_id] = replace(job, **nothing, sweep_at=None)

    def page(
        self, owner: str, states: AbstractSet[JobState], before: tuple[datetime, str] | None, limit: int
    ) -> list[Job]:
        found = [
            replace(job, header=(), origin=None)
            for job in self.jobs.values()
            if job.owner == owner
            and not job.preview
            and job.state in states - {JobState.GONE}
            and (before is None or (job.created_at, job.id) < before)
        ]
        return sorted(found, key=lambda job: (job.created_at, job.id), reverse=True)[:limit]

    def count_open(self, owner: str, most: int) -> int:
        return min(most, sum(job.owner == owner and job.state in OPEN for job in self.jobs.values()))

    def states(self, job_ids: Sequence[str]) -> dict[str, tuple[int, JobState]]:
        return {i: (self.jobs[i].run, self.jobs[i].state) for i in job_ids if i in self.jobs}

    def to_sweep(self, now: datetime, limit: int) -> list[Job]:
        due = [(job.sweep_at, job) for job in self.jobs.values() if job.sweep_at and job.sweep_at <= now]
        return [replace(job, header=(), origin=None) for _, job in sorted(due, key=lambda entry: entry[0])][
            :limit
        ]

    def record_sweep(self, job: Job, next_sweep: datetime) -> None:
        stored = self.jobs[job.id]
        if stored.sweep_at == job.sweep_at:
            self.jobs[job.id] = replace(stored, sweep_at=next_sweep, looks=stored.looks + 1)


class MemoryDeliveries:
    """The webhooks of MemoryJobs."""

    def __init__(self, jobs: MemoryJobs) -> None:
        self._jobs = jobs.jobs

    def begin(self, job_id: str, run: int, attempts: int, until: datetime) -> bool:
        webhook = self._pending(job_id, run)
        if webhook is None or webhook.attempts != attempts:
            return False
        claimed = replace(webhook, attempts=attempts + 1, next_at=until, busy_until=until)
        self._write(job_id, claimed, until)
        return True

    def record(
        self, job_id: str, run: int, attempt: int, delivery: Delivery, next_at: datetime | None
    ) -> None:
        webhook = self._jobs[job_id].webhook
        if webhook is None or self._jobs[job_id].run != run:
            return
        webhook = replace(webhook, deliveries=(*webhook.deliveries, delivery))
        due = None
        if webhook.state is WebhookState.PENDING and webhook.attempts == attempt:
            state = WebhookState.after(delivery, next_at)
            due = next_at if state is WebhookState.PENDING else None
            webhook = replace(webhook, state=state, next_at=due, busy_until=None)
        self._write(job_id, webhook, due)

    def renew(self, job_id: str, run: int, now: datetime) -> bool:
        job = self._jobs[job_id]
        ended = job.run == run and job.state in ENDED
        if not (job.webhook and ended and job.webhook.redeliverable_at(now) == now):
            return False
        redeliveries = (*job.webhook.redeliveries, now)[-REDELIVERIES:]
        self._write(job_id, replace(job.webhook.renewed(), redeliveries=redeliveries), now)
        return True

    def _pending(self, job_id: str, run: int) -> Webhook | None:
        job = self._jobs[job_id]
        pending = job.run == run and job.webhook and job.webhook.state is WebhookState.PENDING
        return job.webhook if pending else None

    def _write(self, job_id: str, webhook: Webhook, look: datetime | None) -> None:
        job = self._jobs[job_id]
        sweep_at = min(job.sweep_at, look) if job.sweep_at and look else job.sweep_at
        self._jobs[job_id] = replace(job, webhook=webhook, sweep_at=sweep_at)


class MemoryRows:
    """Rows in a dictionary."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], Row] = {}

    def insert(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.rows.setdefault((row.job_id, row.number), row)

    def pending_in_range(self, job_id: str, run: int, number: int) -> list[Row]:
        return [row for row in self.stream(job_id) if row.pending and (row.run, row.range) == (run, number)]

    def any_pending_in_range(self, job_id: str, run: int, number: int) -> bool:
        return bool(self.pending_in_range(job_id, run, number))

    def pending(self, job_id: str) -> Iterator[Row]:
        pending = [row for row in self.stream(job_id) if row.pending]
        yield from sorted(pending, key=lambda row: (row.range or 0, row.number))

    def lane_heads(self, job_id: str, window: int) -> list[int]:
        ranges = sorted({row.range or 0 for row in self.pending(job_id)}, reverse=True)
        return sorted({number % window: number for number in ranges}.values())

    def read(self, job_id: str, numbers: Sequence[int]) -> list[Row]:
        return [row for row in self.stream(job_id) if row.number in numbers]

    def save(self, rows: Sequence[Row]) -> list[Row]:
        saved = []
        for row in rows:
            stored = self.rows.get((row.job_id, row.number))
            if stored and stored.pending and (stored.run, stored.version) == (row.run, row.version):
                self.rows[row.job_id, row.number] = replace(row, version=row.version + 1)
                saved.append(self.rows[row.job_id, row.number])
        return saved

    def reopen(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if self.rows[row.job_id, row.number].run < row.run:
                self.rows[row.job_id, row.number] = row

    def any_pending(self, job_id: str) -> bool:
        return any(row.pending for row in self.stream(job_id))

    def stream(self, job_id: str, after: int = -1) -> Iterator[Row]:
        yield from (row for key, row in sorted(self.rows.items()) if key[0] == job_id and key[1] > after)

    def page(
        self, job_id: str, states: AbstractSet[RowState], after: int, limit: int, most: int | None = None
    ) -> list[Row]:
        rows = islice((row for row in self.stream(job_id) if row.number > after), most)
        return [row for row in rows if not states or row.state in states][:limit]

    def delete(self, job_id: str, first: int, last: int) -> None:
        for row in list(self.stream(job_id)):
            if first <= row.number <= last:
                del self.rows[job_id, row.number]


class MemoryHosts:
    """Hosts in a dictionary; if `down` is set, every call fails."""

    def __init__(self) -> None:
        self.hosts: dict[tuple[str, str | None], Host] = {}
        self.writes = 0
        self.down = False

    def known(self, names: Iterable[str], owner: str) -> list[Host]:
        if self.down:
            raise UnavailableError("MongoDB")
        ids = {(name, whose) for name in names for whose in (None, owner)}
        return [host for key, host in self.hosts.items() if key in ids]

    def back_off(self, hosts: Iterable[Host]) -> None:
        if self.down:
            raise UnavailableError("MongoDB")
        self.writes += 1
        for host in hosts:
            stored = self.hosts.get((host.name, host.owner), host)
            self.hosts[host.name, host.owner] = replace(
                host, until=max(stored.until, host.until), strikes=max(stored.strikes, host.strikes)
            )

    def clear_strikes(self, name: str, owner: str, now: datetime) -> None:
        if self.down:
            raise UnavailableError("MongoDB")
        if (name, owner) in self.hosts and self.hosts[name, owner].until <= now:
            del self.hosts[name, owner]


class MemoryKeys:
    """API keys in a dictionary."""

    def __init__(self) -> None:
        self.keys: dict[str, ApiKey] = {}

    def insert(self, key: ApiKey) -> None:
        self.keys.setdefault(key.id, key)

    def find(self, key_id: str) -> ApiKey | None:
        return self.keys.get(key_id)

    def find_by_digest(self, digest: str) -> ApiKey | None:
        return next((key for key in self.keys.values() if key.digest == digest), None)

    def all(self) -> list[ApiKey]:
        return sorted(self.keys.values(), key=lambda key: (key.created_at, key.id))

    def change_limits(self, key_id: str, changes: Mapping[str, int]) -> None:
        if key := self.keys.get(key_id):
            self.keys[key_id] = replace(key, limits=replace(key.limits, **changes))

    def revoke(self, key_id: str, now: datetime) -> None:
        key = self.keys.get(key_id)
        if key and not key.revoked_at:
            self.keys[key_id] = replace(key, revoked_at=now)

    def rotate_webhook_secret(self, key_id: str, version: int, overlap_until: datetime) -> None:
        key = self.keys.get(key_id)
        if key and key.webhook_version == version:
            self.keys[key_id] = replace(key, webhook_version=version + 1, overlap_until=overlap_until)


class MemoryUsage:
    """Amounts per caller, day and order, slots and rates, in dictionaries."""

    def __init__(self) -> None:
        self.orders: dict[tuple[str, date], dict[str, Amounts]] = defaultdict(dict)
        self.open: dict[str, dict[str, Slot]] = defaultdict(dict)
        self.parsing: dict[str, datetime] = {}
        self.down = False
        self._lock = Lock()

    def add(self, owner: str, day: date, order: str, wanted: Amounts, limit: Amounts) -> bool:
        with self._lock:
            orders, used = self.orders[owner, day], self.of_day(owner, day)
            over = any(getattr(used, name) + size > getattr(limit, name) for name, size in wanted.items())
            if order not in orders and over:
                return False
            orders.setdefault(order, wanted)
            return True

    def add_downloads(self, owner: str, day: date, size: int) -> None:
        if self.down:
            raise UnavailableError("MongoDB")
        before = self.orders[owner, day].get("downloads", Amounts())
        self.orders[owner, day]["downloads"] = Amounts(download_bytes=before.download_bytes + size)

    def of_day(self, owner: str, day: date) -> Amounts:
        orders = self.orders[owner, day].values()
        return Amounts(
            **{name: sum(getattr(order, name) for order in orders) for name, _ in Amounts().items()}
        )

    def take(self, owner: str, slot: Slot, limit: int) -> bool:
        with self._lock:
            slots = self.open[owner]
            if slot.order not in slots and len(slots) >= limit:
                return False
            slots[slot.order] = slot
            return True

    def slots(self, owner: str) -> list[Slot]:
        return list(self.open[owner].values())

    def free(self, owner: str, slots: Sequence[Slot]) -> None:
        with self._lock:
            self.open[owner] = {held.order: held for held in self.slots(owner) if held not in slots}

    def reserve(self, owner: str, cost: timedelta, now: datetime, latest: datetime) -> datetime | None:
        with self._lock:
            until = max(now, self.parsing.get(owner, now))
            if until + cost > latest:
                return until
            self.parsing[owner] = until + cost
            return None


class MemoryQueue:
    """A queue that records each sent message with its delay; if `down` is set, sending fails."""

    def __init__(self) -> None:
        self.sent: list[tuple[Message, int]] = []
        self.groups = set[str | None]()
        self.down = False

    def send(self, messages: Iterable[Message], delay: int = 0, group: str | None = None) -> None:
        if self.down:
            raise UnavailableError("SQS")
        self.sent += [(message, delay) for message in messages]
        self.groups.add(group)

    def take(self) -> list[tuple[Message, int]]:
        """Return what was sent, and empty the queue."""
        sent, self.sent = self.sent, []
        return sent


class MemoryStore:
    """Objects in a dictionary; if `down` is set, `put` and `exists` fail."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.renewed: list[str] = []
        self.down = False

    def put(self, key: str, data: bytes, media_type: str) -> None:
        if self.down:
            raise UnavailableError("S3")
        self.objects[key] = data

    def renew(self, key: str, media_type: str) -> bool:
        if self.down:
            raise UnavailableError("S3")
        self.renewed.append(key)
        return key in self.objects

    def put_stream(self, key: str, chunks: Iterable[bytes], media_type: str) -> None:
        self.objects[key] = b"".join(chunks)

    def exists(self, key: str) -> bool:
        if self.down:
            raise UnavailableError("S3")
        return key in self.objects

    def read(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def stream(self, key: str) -> Iterator[bytes] | None:
        data = self.objects.get(key)
        return None if data is None else (data[at : at + 100] for at in range(0, len(data), 100))

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.objects.pop(key, None)

    def link(self, key: str, seconds: int, file_name: str | None = None, *, head: bool = False) -> str:
        return f"memory:{key}?HEAD" if head else f"memory:{key}"


class MemoryColumns:
    """Columns by owner and header, the last used one at the end; `finds` counts the reads."""

    def __init__(self) -> None:
        self.owners: dict[str, dict[str, Remembered]] = defaultdict(dict)
        self.finds = 0
        self.down = False

    def of_owner(self, owner: str) -> list[Remembered]:
        if self.down:
            raise UnavailableError("MongoDB")
        self.finds += 1
        return list(self.owners[owner].values())[::-1]

    def remember(self, owner: str, chosen: Remembered) -> None:
        if self.down:
            raise UnavailableError("MongoDB")
        headers = self.owners[owner]
        if chosen.id in headers and headers[chosen.id].chosen_at > chosen.chosen_at:
            return
        headers.pop(chosen.id, None)
        headers[chosen.id] = chosen
        while len(headers) > MAX_REMEMBERED:
            del headers[next(iter(headers))]

    def use(self, owner: str, columns_id: str, now: datetime) -> None:
        headers = self.owners[owner]
        if known := headers.pop(columns_id, None):
            headers[columns_id] = replace(known, used_at=max(known.used_at, now))

    def forget(self, owner: str, columns_id: str) -> bool:
        return self.owners[owner].pop(columns_id, None) is not None
