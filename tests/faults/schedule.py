"""The schedule of a seed: which part of the system fails when."""

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
from tests.faults.fates import Fates, Fault, Tally
from tests.faults.proxy import CALM, ROUGH, STORM, Proxy

SECONDS = 11.0  # that the first act lasts: the job is on its way
FINALE_SECONDS = 3.0  # that the second act lasts: the last row has ended
AMENDS = ("rough", "start API", "start mongod")  # what happens without being a fault itself
DOWN_SECONDS = (0.3, 3.0)  # that what was killed stays away


@dataclass(frozen=True, order=True)
class Event:
    """What happens `at` this many seconds after an act began."""

    at: float
    what: str
    chance: float = 0.0


def first_act(seed: int, faults: frozenset[Fault]) -> list[Event]:
    """While images are made light, and while the catalogue is submitted."""
    return sorted(_events(Random(f"{seed}/first act"), SECONDS, faults, "ImageFunction", kills=6))


def finale(seed: int, faults: frozenset[Fault]) -> list[Event]:
    """While the result is written and the webhook is called."""
    return sorted(_events(Random(f"{seed}/finale"), FINALE_SECONDS, faults, "AggregatorFunction", kills=4))


def _events(
    chance: Random, seconds: float, faults: frozenset[Fault], function: str, kills: int
) -> Iterator[Event]:
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


def _outage(chance: Random, seconds: float, who: str, times: int) -> Iterator[Event]:
    for _ in range(times):
        begin = chance.uniform(0, seconds)
        yield Event(begin, f"kill {who}")
        yield Event(begin + chance.uniform(*DOWN_SECONDS), f"start {who}")


@dataclass
class Stage:
    """Plays the events of a schedule on a system; to be used from the thread that started the system."""

    system: System
    proxy: Proxy
    injected: Tally
    log: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def mongod(self) -> Mongod:
        """The system's own MongoDB."""
        assert self.system.mongod, "MONGODB_URI is set, and that MongoDB is not ours to kill"
        return self.system.mongod

    def play(self, seed: int, act: list[Event]) -> None:
        """Let an act happen, then set everything right again."""
        self.proxy.fates = Fates(seed)
        curtain = time.monotonic()
        for event in act:
            time.sleep(max(0.0, curtain + event.at - time.monotonic()))
            self._happen(event)
        self.rest()

    def rest(self) -> None:
        """End all faults, and wait until what was down is up."""
        self.proxy.rates = CALM
        for child in (self.system.api, self.mongod.child):
            if not child.alive:
                child.start()
        self.mongod.wait_until_writable()
        self.system.api.wait_until(lambda: listening(urlsplit(self.system.url).port or 0))
        self.note("calm")

    def note(self, what: str) -> None:
        """Write down what has happened, and when."""
        self.log.append(f"{time.monotonic() - self.began:7.2f}  {what}")

    def _happen(self, event: Event) -> None:
        deeds: Mapping[str, Callable[[], None]] = {
            "rough": lambda: self._set_rates(ROUGH),
            "storm": lambda: self._set_rates(STORM),
            "kill API": self.system.api.stop,
            "start API": self.system.api.start,
            "kill mongod": self.mongod.child.stop,
            "start mongod": self.mongod.child.start,
            "step down": self._step_down,
        }
        if deed := deeds.get(event.what):
            deed()
            self.note(event.what)
            if event.what not in AMENDS:
                self.injected.add(event.what)
        else:
            self._kill_worker(event.what.split()[1], event.chance)

    def _step_down(self) -> None:
        with suppress(PyMongoError):  # it is down already, or not up again yet
            self.mongod.step_down(1)

    def _set_rates(self, rates: Mapping[str, float]) -> None:
        self.proxy.rates = rates

    def _kill_worker(self, function: str, chance: float) -> None:
        if pids := self.system.workers(function):
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(pids[int(chance * len(pids))], signal.SIGKILL)
                self.note(f"kill {function}")
                self.injected.add(f"kill {function}")
