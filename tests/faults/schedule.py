"""The fault schedule of a seed: which part of the system fails when."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from pymongo.errors import PyMongoError

from local.runner.children import listening
from local.runner.mongod import Mongod
from local.runner.system import System
from tests.faults.injection import Fault, Injector, Tally
from tests.faults.proxy import CALM, ROUGH, STORM, Proxy
from tests.faults.throttling import Throttling

PROCESSING_SECONDS = 11.0  # length of the first phase: the job is running
FINISHING_SECONDS = 3.0  # length of the second phase: all rows have ended
NO_FAULTS = ("rough", "throttle", "stop throttling", "start API", "start mongod")  # not counted as faults
DOWN_SECONDS = (0.3, 3.0)  # how long a killed part stays down


@dataclass(frozen=True, order=True)
class Event:
    """An event, `at` this many seconds after its phase began."""

    at: float
    what: str
    chance: float = 0.0


def while_processing(seed: int, faults: frozenset[Fault]) -> list[Event]:
    """Return the events while the catalogue is submitted and its images are compressed."""
    chance = Random(f"{seed}/first act")  # the text decides what each seed draws
    return sorted(events(chance, PROCESSING_SECONDS, faults, "ImageFunction", kills=6))


def while_finishing(seed: int, faults: frozenset[Fault]) -> list[Event]:
    """Return the events while the result is written and the webhook is called."""
    chance = Random(f"{seed}/finale")
    return sorted(events(chance, FINISHING_SECONDS, faults, "AggregatorFunction", kills=4))


def events(
    chance: Random, seconds: float, faults: frozenset[Fault], function: str, kills: int
) -> Iterator[Event]:
    """Yield the events of a phase of so many seconds, in which a function is killed up to `kills` times."""
    if Fault.WORKERS in faults:
        for _ in range(chance.randint(1, kills)):
            yield Event(chance.uniform(0, seconds), f"kill {function}", chance.random())
    if Fault.AWS in faults:
        yield Event(0, "rough")
        for _ in range(chance.randint(0, 2)):
            begin = chance.uniform(0, seconds)
            yield Event(begin, "storm")
            yield Event(begin + chance.uniform(0.2, 1.5), "rough")
    if Fault.API in faults:
        yield from _outage(chance, seconds, "API", chance.randint(0, 1))
    if Fault.MONGOD in faults:
        yield from _outage(chance, seconds, "mongod", chance.randint(0, 1))
        if chance.random() < 0.5:
            yield Event(chance.uniform(0, seconds), "step down")
    if Fault.THROTTLING in faults:
        yield Event(0, "throttle")
        yield Event(chance.uniform(seconds / 2, seconds), "stop throttling")


def _outage(chance: Random, seconds: float, part: str, times: int) -> Iterator[Event]:
    for _ in range(times):
        begin = chance.uniform(0, seconds)
        yield Event(begin, f"kill {part}")
        yield Event(begin + chance.uniform(*DOWN_SECONDS), f"start {part}")


@dataclass
class Player:
    """Executes schedules on a system; to be called from the thread that started the system.

    `more` are the actions of a run, by what its events name.
    """

    system: System
    proxy: Proxy
    throttling: Throttling
    injected: Tally
    more: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def mongod(self) -> Mongod:
        """The system's own MongoDB."""
        assert self.system.mongod, "MONGODB_URI is set: chaos kills only a MongoDB of its own"
        return self.system.mongod

    def play(self, seed: int, events: list[Event]) -> None:
        """Execute the events of a phase, then end all faults."""
        self.proxy.injector, self.throttling.injector = Injector(seed), Injector(seed)
        phase_began = time.monotonic()
        for event in events:
            time.sleep(max(0.0, phase_began + event.at - time.monotonic()))
            self._execute(event)
        self.recover()

    def recover(self) -> None:
        """End all faults and wait until every part is up."""
        self.proxy.rates, self.proxy.kills_left, self.proxy.losses_left = CALM, 0, 0
        self._throttle(on=False)
        for child in (self.system.api, self.mongod.child):
            if not child.alive:
                child.start()
        self.mongod.wait_until_writable()
        self.system.api.wait_until(lambda: listening(urlsplit(self.system.url).port or 0))
        self.note("calm")

    def note(self, what: str) -> None:
        """Log an event with its time."""
        self.log.append(f"{time.monotonic() - self.began:7.2f}  {what}")

    def _execute(self, event: Event) -> None:
        actions: Mapping[str, Callable[[], None]] = {
            "rough": lambda: self._set_rates(ROUGH),
            "storm": lambda: self._set_rates(STORM),
            "kill API": self.system.api.stop,
            "start API": self.system.api.start,
            "kill mongod": self.mongod.child.stop,
            "start mongod": self.mongod.child.start,
            "step down": self._step_down,
            "throttle": lambda: self._throttle(on=True),
            "stop throttling": lambda: self._throttle(on=False),
            **self.more,
        }
        if action := actions.get(event.what):
            action()
            self.note(event.what)
            if event.what not in NO_FAULTS:
                self.injected.add(event.what)
        else:
            self._kill_worker(event.what.split()[1], event.chance)

    def _step_down(self) -> None:
        if self.mongod.child.alive:  # else the driver waits for it, and the later events with it
            with suppress(PyMongoError):  # it is not primary yet
                self.mongod.step_down(1)

    def _throttle(self, *, on: bool) -> None:
        self.throttling.on = on

    def _set_rates(self, rates: Mapping[str, float]) -> None:
        self.proxy.rates = rates

    def _kill_worker(self, function: str, chance: float) -> None:
        if pids := self.system.workers(function):
            with suppress(ProcessLookupError):  # the worker has just ended
                os.kill(pids[int(chance * len(pids))], signal.SIGKILL)
                self.note(f"kill {function}")
                self.injected.add(f"kill {function}")
