"""A small job and what happens to it, wired to a world; one run of it along one plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import cycle

from catalight.domain.image.compressed import Compressed
from catalight.domain.image.options import ImageFormat, Options, Target
from catalight.domain.job import ranges
from catalight.domain.job.job import Job
from catalight.domain.job.webhook import Delivery
from catalight.domain.messages import DeliverWebhook, FinishJob, Message, ProcessRange, TendJob
from catalight.usecases.jobs.submit import Submission
from catalight.usecases.messaging import defer_on_outage
from tests.fakes import MemoryDeliveries, MemoryJobs, MemoryQueue, MemoryRows, MemoryStore
from tests.model.actor import ViolationError
from tests.model.laws import Laws, at_rest
from tests.model.letters import Call, Letter, Letterbox
from tests.model.plan import Plan
from tests.model.ports import Port, behind
from tests.model.stage import die
from tests.model.world import World
from tests.pipeline import RECEIVES, Pipeline, a_submission

DEAD_LETTERS = "dead_letters"
TIME = 100.0  # seconds, enough for everything


def submit(run: Run) -> list[Call]:
    """The catalogue comes."""
    return [Call("submit", lambda: run.submit_catalogue())]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A catalogue of `cells`, hosts that answer something else than the picture, and calls from outside.

    `passing` are answers that a host gives once. `poison` are URLs whose pictures kill their worker. What is
    not `swept` has to end without the sweeper. Where `target` leaves the format of the outputs open, each
    attempt makes another of it. `sleeper` and `breaks_at` are as in World.
    """

    cells: tuple[str, ...]
    window: int = 1
    images_per_range: int = 1
    hosts: Mapping[str, bytes | Exception] = field(default_factory=dict)
    passing: Mapping[str, Exception] = field(default_factory=dict)
    poison: frozenset[str] = frozenset()
    webhook_url: str | None = None
    webhook_statuses: tuple[int, ...] = ()
    faults: bool = True
    swept: bool = True
    target: Target = Target.JPEG
    sleeper: tuple[type[Message], str] | None = None
    breaks_at: str = ""
    calls: Callable[[Run], list[Call]] = submit


@cache
def _order(cells: tuple[str, ...], webhook_url: str | None, target: Target) -> Submission:
    """An order of the cells; the last line makes any file usable, and is cut off again."""
    submission = a_submission(
        *cells, "http://h/cut.jpg", webhook_url=webhook_url, options=Options(format=target)
    )
    return replace(submission, catalogue=replace(submission.catalogue, rows=submission.catalogue.rows[:-1]))


def _handlers(run: Run) -> dict[type, Callable[[Letter], object]]:
    """What handles each kind of message, by its type."""
    return {
        ProcessRange: lambda letter: run.process_range(letter.message, lambda: TIME, letter.receives),  # type: ignore[arg-type]
        FinishJob: lambda letter: run.finish_job(letter.message),  # type: ignore[arg-type]
        DeliverWebhook: lambda letter: run.deliver_webhook(letter.message),  # type: ignore[arg-type]
        TendJob: lambda letter: run.tend_job(letter.message, lambda: TIME),  # type: ignore[arg-type]
    }


class Run(Pipeline):
    """The pipeline with a world around it: its use cases are the real ones, its ports ask the world."""

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        super().__init__(
            window=scenario.window,
            hosts=dict(scenario.hosts),
            webhook_statuses=list(scenario.webhook_statuses),
        )
        self.scenario = scenario
        self.passing = dict(scenario.passing)
        self.formats: Iterator[ImageFormat] = cycle(scenario.target.formats)
        self.accepted: list[str] = []
        self.deleted: list[str] = []
        self.late = False
        self.world = World(
            clock=self.clock, plan=plan, deliver=self._handle, max_receives=RECEIVES, faults=scenario.faults
        )
        self._queues: dict[str, Port] = {}
        self._put_ports_between()
        self._handlers = _handlers(self)
        troubled = self.scenario.hosts.keys() | self.scenario.passing.keys() | self.scenario.poison
        self.laws = Laws(self, self.world, troubled, scenario.poison, swept=scenario.swept)
        self.world.watch = self.laws.watch
        self.world.sweep = lambda: self.sweep(lambda: TIME)
        self.world.next_sweep = self._next_sweep
        self.world.dead_letters = {"image_queue": DEAD_LETTERS}
        self.world.sleeper, self.world.breaks_at = scenario.sleeper, scenario.breaks_at
        self.world.calls = scenario.calls(self)
        self.submit = replace(self.submit, new_id=lambda: "job")

    def __call__(self) -> None:
        """Run to the end; raise ViolationError where a law is broken."""
        default = ranges.assign.__defaults__
        ranges.assign.__defaults__ = (self.scenario.images_per_range,)
        try:
            self.world.run()
        finally:
            ranges.assign.__defaults__ = default
        self.laws.judge()

    def _put_ports_between(self) -> None:
        ports: dict[int, object] = {}
        for name, value in vars(self).items():
            if isinstance(value, MemoryQueue):
                self._queues[name] = Port(name, Letterbox(name, self.clock, self.world.waiting), self.world)
                ports[id(value)] = self._queues[name]
            elif isinstance(value, MemoryJobs | MemoryRows | MemoryStore | MemoryDeliveries):
                ports[id(value)] = Port(name, value, self.world)
        adapters = {*ports}
        for name, value in [*vars(self).items()]:
            if id(value) not in adapters:
                setattr(self, name, behind(ports, value))

    def submit_catalogue(self, key: str | None = None) -> Job:
        """Submit the cells; the last line makes any file ustroubled, and is cut off again."""
        submission = _order(self.scenario.cells, self.scenario.webhook_url, self.scenario.target)
        job = self.submit(replace(submission, idempotency_key=key))
        self.accepted.append(job.id)
        return job

    def later(self, **time: float) -> None:
        """A long time passes, in which no message is delivered."""
        self.late = True
        self.clock.now += timedelta(**time)
        for letter in self.world.waiting:
            letter.visible_at = max(letter.visible_at, self.clock()) + timedelta(minutes=30)

    def _handle(self, letter: Letter) -> None:
        if letter.queue == DEAD_LETTERS:
            assert isinstance(letter.message, ProcessRange)
            self.give_up(letter.message)
            return
        handle = self._handlers[type(letter.message)]
        defer_on_outage(self._queues[letter.queue], letter.message, 15, lambda: handle(letter) and None)  # type: ignore[arg-type]

    def _next_sweep(self) -> datetime | None:
        """When the sweeper finds something; nothing, once all jobs are at rest."""
        if not self.scenario.swept:
            return None
        busy = [job for job in self.jobs.jobs.values() if not at_rest(job, self.clock())]
        if any(job.sweep_at is None for job in busy):
            raise ViolationError(f"broken: somebody will look at each job that is not at rest: {busy}")
        return min((job.sweep_at for job in busy if job.sweep_at), default=None)

    def fetch(self, url: str) -> bytes:
        self.world.before("fetch", url)
        self.laws.fetching(url)
        if url in self.scenario.poison:
            die()
        answer = super().fetch(url)
        if url in self.passing:
            raise self.passing.pop(url)
        return answer

    def compress(self, data: bytes, options: Options) -> Compressed:
        return replace(super().compress(data, options), format=next(self.formats))

    def deliver(self, owner: str, url: str, webhook_id: str, body: str, now: object) -> Delivery:
        self.world.before("webhook", webhook_id)
        return super().deliver(owner, url, webhook_id, body, now)
