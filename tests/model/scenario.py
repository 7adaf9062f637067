"""A scenario: a small job and what happens to it; a Run executes it in a world, following one plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count, cycle

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat, Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import ranges
from catalight.domain.job.job import Job
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.result_form import RequestedResult, ResultFormat
from catalight.domain.job.reuse import Reuse
from catalight.domain.job.upload import BigUpload, upload_key
from catalight.domain.job.webhook import Delivery
from catalight.domain.messages import (
    DeliverWebhook,
    FinishJob,
    IngestUpload,
    Message,
    ProcessRange,
    TendJob,
)
from catalight.usecases.jobs.submit import Submission
from catalight.usecases.messaging import defer_on_outage
from catalight.usecases.uploads.begin_upload import Announced
from catalight.usecases.uploads.look import Look
from catalight.usecases.uploads.read_text import Sizes
from catalight.usecases.uploads.spool_table import SpoolTable
from tests.fake_exports import MemoryResults, MemoryUploads
from tests.fake_reuse import MemoryReferences, MemorySources
from tests.fake_uploads import MemoryBigUploads, MemoryRanges
from tests.fakes import MemoryDeliveries, MemoryJobs, MemoryQueue, MemoryRows, MemoryStore
from tests.model import workbooks
from tests.model.actor import ViolationError
from tests.model.inputs import Call, Queue, QueuedMessage
from tests.model.invariants import Invariants, settled
from tests.model.plan import Plan
from tests.model.ports import Port, with_ports
from tests.model.world import World
from tests.one_by_one import OneByOne
from tests.pipeline import RECEIVES, Pipeline, a_submission, csv_of

DEAD_LETTERS = "dead_letters"
SECONDS_LEFT = 100.0  # enough for everything
PORTS = (
    MemoryJobs,
    MemoryRows,
    MemoryStore,
    MemoryDeliveries,
    MemoryBigUploads,
    MemoryRanges,
    MemoryUploads,
    MemoryResults,
    MemorySources,
    MemoryReferences,
)
COPY_PART = 100  # bytes of the copy of a workbook: it has two parts
AS_CSV = RequestedResult(ResultFormat.CSV)
BROKEN = ImageError(ImageErrorCode.GAVE_UP, "This rendition takes too much memory.")


def submit(run: Run) -> list[Call]:
    """The client submits the catalogue."""
    return [Call("submit", lambda: run.submit_catalogue())]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A catalogue of `cells`, hosts that do not answer with the image, and calls from outside.

    `passing` are answers that a host gives once. `poison` are URLs whose images kill their worker. If `swept`
    is false, the job must end without the sweeper. There is one rendition for each of `names`, and those in
    `broken` cannot be made. If `target` leaves the output format open, each attempt chooses another format.
    A part of the result has `part` bytes; of a longer result, each function writes one part. A `hurried`
    tend handler does one batch of rows. If `one_by_one`, each image of a range is recorded before the next
    one is fetched. `sleeper`, `throttled` and `crashes_at` are as in World. `sent_as` makes the file of a big
    upload from a CSV file.
    """

    cells: tuple[str, ...]
    window: int = 1
    images_per_range: float = 1
    hosts: Mapping[str, bytes | Exception] = field(default_factory=dict)
    passing: Mapping[str, Exception] = field(default_factory=dict)
    poison: frozenset[str] = frozenset()
    webhook_url: str | None = None
    webhook_statuses: tuple[int, ...] = ()
    faults: bool = True
    swept: bool = True
    target: Target = Target.JPEG
    part: int = 1 << 20
    hurried: bool = False
    one_by_one: bool = False
    names: tuple[str, ...] = ("",)
    broken: frozenset[str] = frozenset()
    sleeper: tuple[type[Message], str] | None = None
    throttled: int = 0
    crashes_at: str = ""
    sent_as: Callable[[bytes], bytes] = lambda data: data
    reuse: Reuse = field(default_factory=Reuse)
    calls: Callable[[Run], list[Call]] = submit

    @property
    def file(self) -> bytes:
        """The file of the cells."""
        return csv_of(*self.cells)


@cache
def _submission(
    cells: tuple[str, ...], webhook_url: str | None, target: Target, names: tuple[str, ...]
) -> Submission:
    """A submission of the cells; an extra last line makes any file valid, and is removed after parsing."""
    renditions = tuple(Rendition(format=target, name=name) for name in names)
    submission = a_submission(*cells, "http://h/cut.jpg", webhook_url=webhook_url, renditions=renditions)
    return replace(submission, catalogue=replace(submission.catalogue, rows=submission.catalogue.rows[:-1]))


def _handlers(run: Run) -> dict[type, Callable[[QueuedMessage], object]]:
    """The handler of each type of message."""
    return {
        ProcessRange: lambda queued: run.process_range(queued.message, lambda: SECONDS_LEFT, queued.receives),  # type: ignore[arg-type]
        FinishJob: lambda queued: run.finish_job(queued.message, run.seconds_to_finish),  # type: ignore[arg-type]
        DeliverWebhook: lambda queued: run.deliver_webhook(queued.message),  # type: ignore[arg-type]
        TendJob: lambda queued: run.tend_job(queued.message, run.seconds_to_tend),  # type: ignore[arg-type]
        IngestUpload: lambda queued: run.ingest_upload(queued.message, lambda: 0.0),  # type: ignore[arg-type]
    }


class Run(Pipeline):
    """The pipeline in a world: its use cases are the real ones, and its ports ask the world."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        super().__init__(
            window=scenario.window,
            hosts=dict(scenario.hosts),
            webhook_statuses=list(scenario.webhook_statuses),
            part_size=lambda _: scenario.part,
        )
        self.uploads.min_part = min(scenario.part, COPY_PART)
        self.scenario = scenario
        self._read_one_record_a_call()
        self.passing = dict(scenario.passing)
        self.formats: Iterator[ImageFormat] = cycle(scenario.target.formats)
        self.broken = set(scenario.broken)
        self.accepted: list[str] = []
        self.deleted: list[str] = []
        self.late = self.sent = False
        self.world = World(
            clock=self.clock, plan=plan, deliver=self._handle, max_receives=RECEIVES, faults=scenario.faults
        )
        self._queues: dict[str, Port] = {}
        self.stored = self.store
        self._insert_ports()
        if scenario.one_by_one:
            one_by_one = OneByOne.like(self.process_range.compress_images)
            self.process_range = replace(self.process_range, compress_images=one_by_one)
        self._handlers = _handlers(self)
        troubled = self.scenario.hosts.keys() | self.scenario.passing.keys() | self.scenario.poison
        self.invariants = Invariants(self, self.world, troubled, scenario.poison, swept=scenario.swept)
        self.world.watch = self.invariants.watch
        self.world.sweep = lambda: self.sweep(lambda: SECONDS_LEFT)
        self.world.next_sweep = self._next_sweep
        self.world.dead_letters = {"image_queue": DEAD_LETTERS}
        self.world.sleeper, self.world.crashes_at = scenario.sleeper, scenario.crashes_at
        self.world.throttled = scenario.throttled
        self.world.calls = scenario.calls(self)
        numbers = count(1)
        self.submit = replace(self.submit, new_id=lambda: f"job{next(numbers)}")
        self.begin_upload = replace(self.begin_upload, new_id=lambda: f"job{next(numbers)}")

    def __call__(self) -> None:
        """Run to the end; raise ViolationError if an invariant is broken."""
        default = ranges.IMAGES_PER_RANGE
        ranges.IMAGES_PER_RANGE = self.scenario.images_per_range  # type: ignore[assignment]
        try:
            self.world.run()
        finally:
            ranges.IMAGES_PER_RANGE = default
        self.invariants.check_end()

    def _insert_ports(self) -> None:
        ports: dict[int, object] = {}
        for name, value in vars(self).items():
            if isinstance(value, MemoryQueue):
                self._queues[name] = Port(name, Queue(name, self.clock, self.world.waiting), self.world)
                ports[id(value)] = self._queues[name]
            elif isinstance(value, PORTS):
                ports[id(value)] = Port(name, value, self.world)
        adapters = {*ports}
        for name, value in [*vars(self).items()]:
            if id(value) not in adapters:
                setattr(self, name, with_ports(ports, value))

    def submit_catalogue(self, key: str | None = None, owner: str = "") -> Job:
        """Submit the cells for an owner, under this idempotency key if there is one."""
        of = self.scenario
        submission = _submission(of.cells, of.webhook_url, of.target, of.names)
        job = self.submit(replace(submission, idempotency_key=key, owner=owner, reuse=of.reuse))
        self.accepted.append(job.id)
        return job

    def _read_one_record_a_call(self) -> None:
        look = Look(self.understand, sizes=Sizes(most=1), in_memory=0)
        read_upload = replace(self.read_upload, look=look)
        spool_table = SpoolTable(self.uploads, workbooks.streamed, COPY_PART)
        self.ingest_upload = replace(self.ingest_upload, read_upload=read_upload, spool_table=spool_table)

    def announce(self, key: str | None = None, *, confirm: bool = False) -> Job:
        """Announce the file of the scenario's cells."""
        of = self.scenario
        announced = Announced(
            owner="",
            file_name="c.csv",
            upload=BigUpload(10_000, "text/csv", confirm=confirm),
            result=AS_CSV,
            renditions=tuple(Rendition(format=of.target, name=name) for name in of.names),
            webhook_url=of.webhook_url,
            api_base="https://api.test",
            link_base="https://cdn.test",
            idempotency_key=key,
        )
        job = self.begin_upload(announced).job
        self.accepted.append(job.id)
        return job

    def send_file(self) -> None:
        """Store the file, of which the store tells in the same moment; the event may be lost."""
        job_id = next(iter(self.jobs.jobs))
        self.stored.objects[upload_key(job_id)] = self.scenario.sent_as(self.scenario.file)
        self.sent = True
        self.tell_of_file()

    def tell_of_file(self) -> None:
        """Have the store tell of the file that it has."""
        message = IngestUpload(next(iter(self.jobs.jobs)))
        self.world.waiting.append(QueuedMessage("ingest_queue", message, self.clock()))

    def seconds_to_finish(self) -> float:
        """The time that the aggregator has left: none after its first part."""
        return 0.0

    def seconds_to_tend(self) -> float:
        """The time that a tend handler has left: none after its first batch, if it is hurried."""
        return 0.0 if self.scenario.hurried else SECONDS_LEFT

    def skip_time(self, **time: float) -> None:
        """Let a long time pass without a message delivery."""
        self.late = True
        self.clock.now += timedelta(**time)
        for queued in self.world.waiting:
            queued.visible_at = max(queued.visible_at, self.clock()) + timedelta(minutes=30)

    def _handle(self, queued: QueuedMessage) -> None:
        if queued.queue == DEAD_LETTERS:
            assert isinstance(queued.message, ProcessRange)
            self.give_up(queued.message)
            return
        handle = self._handlers[type(queued.message)]
        defer_on_outage(self._queues[queued.queue], queued.message, 15, lambda: handle(queued) and None)  # type: ignore[arg-type]

    def _next_sweep(self) -> datetime | None:
        """When the sweeper next finds a job; None if all jobs are settled."""
        if not self.scenario.swept:
            return None
        busy = [job for job in self.jobs.jobs.values() if not settled(job, self.clock())]
        if any(job.sweep_at is None for job in busy):
            raise ViolationError(f"broken: each job that is not settled has a sweep time: {busy}")
        return min((job.sweep_at for job in busy if job.sweep_at), default=None)

    def fetch(self, url: str, headers: RequestHeaders) -> bytes:
        self.world.before("fetch", url)
        self.invariants.fetching(url)
        if url in self.scenario.poison:
            self.world.die()
        answer = super().fetch(url, headers)
        if url in self.passing:
            raise self.passing.pop(url)
        return answer

    def compress(
        self, data: bytes, renditions: Sequence[Rendition], job: str
    ) -> list[Compressed | ImageError]:
        made = super().compress(data, renditions, job)
        return [
            BROKEN if rendition.name in self.broken else replace(output, format=next(self.formats))
            for rendition, output in zip(renditions, made, strict=True)
            if isinstance(output, Compressed)
        ]

    def deliver(self, owner: str, url: str, webhook_id: str, body: str, now: object) -> Delivery:
        self.world.before("webhook", webhook_id)
        return super().deliver(owner, url, webhook_id, body, now)
