"""Run jobs while everything around them fails: `python -m tests.faults.chaos --seeds 200`.

A seed fixes the fault schedule, the catalogue and the fault of each call; the interleaving of processes stays
random. A failing seed prints its number, the broken invariants and the events with their times.
"""

import argparse
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from types import MappingProxyType
from typing import Any

from pymongo import MongoClient

from local.runner import functions
from local.runner.children import PROJECT
from local.runner.functions import InvocationError
from local.runner.system import System
from local.runner.template import load
from tests.faults import catalogue, schedule
from tests.faults.client import PersistentClient
from tests.faults.hosts import WEBHOOK_FAILURES, HostileReceiver, hostile_hosts, hostile_receiver
from tests.faults.injection import EVERY_FAULT, Fault, Tally
from tests.faults.invariants import FinishedRun, Store
from tests.faults.preview import PersistentPreview
from tests.faults.proxy import Proxy, proxy
from tests.faults.throttling import Throttling

QUICK = {
    "ImageRetryPauses": "1,1,1",
    "ImageDeadline": "60",
    "WebhookRetryPauses": "1,1,1,1,1,1,1,1,1",
    "FetchSeconds": "1",
    "CodingSeconds": "1",
    "ImageTimeout": "4",
    "ImageVisibility": "5",
    "AggregatorTimeout": "10",
    "AggregatorVisibility": "11",
    "ChoresTimeout": "20",
    "ChoresVisibility": "21",
    "OutagePause": "2",
    "Patience": "10",
    "Window": "6",
}
"""Template parameters; those that the template does not declare are skipped."""

AT_ONCE = 4  # concurrent invocations; most of them wait
SWEEP_SECONDS = 1.0
RECOVERY_SECONDS = 120.0  # without progress, until the system is at rest; 5 receives take up to 105


@dataclass
class Report:
    """The outcome of one seed."""

    seed: int
    seconds: float
    broken: list[str]
    injected: Counter[str]
    log: list[str] = field(default_factory=list)
    options: str = ""

    def __str__(self) -> str:
        head = f"seed {self.seed}: {'BROKEN' if self.broken else 'ok'} after {self.seconds:.0f} s"
        if not self.broken:
            return head
        again = f"to repeat it: make chaos {self.options}SEED={self.seed}"
        return "\n".join([head, *(f"  ! {line}" for line in self.broken), *self.log, again])


class Chaos:
    """A system with fault injection; runs any number of seeds, one after the other."""

    def __init__(
        self,
        system: System,
        proxy: Proxy,
        throttling: Throttling,
        hosts: list[str],
        receiver: HostileReceiver,
        store: Store,
    ) -> None:
        self.system = system
        self.proxy = proxy
        self.throttling = throttling
        self.hosts = hosts
        self.receiver = receiver
        self.injected = proxy.injected
        self.store = store

    def run(self, seed: int, faults: frozenset[Fault] = EVERY_FAULT) -> Report:
        """Run one job and one preview under the faults of a seed, then check the invariants."""
        began, injected_before = time.monotonic(), self.injected.counts()
        before = self.store.keys("images/") | self.store.jobs()
        chance = Random(f"{seed}/webhook")
        self.receiver.planned = (
            chance.choices(WEBHOOK_FAILURES, k=chance.randint(0, 3)) if Fault.WEBHOOK in faults else []
        )
        drawn = catalogue.draw(seed, self.hosts, faults)
        fields = {"webhook_url": f"{self.receiver.url}/hook", **drawn.fields}
        client = PersistentClient(self.system.url, drawn.data, fields)
        preview = PersistentPreview(self.system.url, Random(f"{seed}/preview").choice(drawn.rows)[0])
        player = schedule.Player(self.system, self.proxy, self.throttling, self.injected)
        client.start()
        preview.start()
        try:
            self._play(player, client, preview, seed, faults)
        finally:
            client.stop()
            preview.stop()
        before |= preview.keys
        broken = list(FinishedRun(self.store, drawn, client, self.receiver, before).broken())
        broken += preview.broken(self.store)
        player.note(f"queues: {self.store.waiting()}")
        seconds = time.monotonic() - began
        return Report(seed, seconds, broken, self.injected.counts() - injected_before, player.log)

    def _play(
        self,
        player: schedule.Player,
        client: PersistentClient,
        preview: PersistentPreview,
        seed: int,
        faults: frozenset[Fault],
    ) -> None:
        player.play(seed, schedule.while_processing(seed, faults))
        if self.wait(lambda: client.request_id is not None and not self._pending(client.request_id)):
            player.play(seed, schedule.while_finishing(seed, faults))
            self.wait(lambda: client.ended and preview.ended and self.at_rest())
        self.system.check()

    def _pending(self, job: str) -> bool:
        return self.store.database["rows"].find_one({"job": job, "pending": True}) is not None

    def at_rest(self) -> bool:
        """Return whether nothing more happens; never true if the sweeper finds a job again and again."""
        self.store.hurry_sweeper()
        return not self.store.left()

    def wait(self, ready: Callable[[], bool]) -> bool:
        """Return whether `ready` becomes true in time; if not, the invariants report what is broken.

        A busy machine may take longer than RECOVERY_SECONDS, as long as rows end meanwhile.
        """
        fewest, deadline = self._pending_rows(), time.monotonic() + RECOVERY_SECONDS
        while not ready():
            if time.monotonic() >= deadline:
                pending = self._pending_rows()
                if pending >= fewest:
                    return False
                fewest, deadline = pending, time.monotonic() + RECOVERY_SECONDS
            time.sleep(0.05)
        return True

    def _pending_rows(self) -> int:
        return self.store.database["rows"].count_documents({"pending": True})


@contextmanager
def chaos(more: Mapping[str, str] = MappingProxyType({})) -> Iterator[Chaos]:
    """Start the system for any number of seeds; to be called from the main thread.

    `more` are template parameters besides QUICK.
    """
    injected = Tally()
    throttling = Throttling(injected)
    proxies: list[Proxy] = []

    @contextmanager
    def front(moto_url: str) -> Iterator[str]:
        with proxy(moto_url, injected) as server:
            proxies.append(server)
            yield server.url

    declared = load(PROJECT / "template.yaml")["Parameters"]
    parameters = {name: value for name, value in {**QUICK, **more}.items() if name in declared}
    with ExitStack() as stack:
        stack.callback(setattr, functions, "WORKER", functions.WORKER)
        functions.WORKER = "tests.faults.open_worker"
        system = stack.enter_context(
            System(parameters=parameters, at_once=AT_ONCE, front=front, throttled=throttling)
        )
        hosts = stack.enter_context(hostile_hosts(injected, lambda: system.workers("ImageFunction")))
        receiver = stack.enter_context(hostile_receiver(system.webhook_secret, injected))
        stack.enter_context(_sweeping(system))
        client = stack.enter_context(MongoClient[dict[str, Any]](system.mongodb_uri))
        store = Store(system, client[system.mongodb_database])
        yield Chaos(system, proxies[0], throttling, hosts, receiver, store)


@contextmanager
def _sweeping(system: System) -> Iterator[None]:
    """Invoke the sweeper, if the template has one, far more often than its schedule does."""
    stopping = threading.Event()

    def sweep() -> None:
        while not stopping.wait(SWEEP_SECONDS):
            try:
                system.invoke("SweeperFunction", {})
            except InvocationError as error:  # the next sweep continues, as after any failure
                print(f"  sweeper: {error}", file=sys.stderr)

    thread = threading.Thread(target=sweep, daemon=True)
    if "SweeperFunction" in system.functions:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        if thread.ident:
            thread.join()


type Start = Callable[[], AbstractContextManager[Chaos]]
type Run = Callable[[Chaos, int, frozenset[Fault]], Report]


def main(start: Start = chaos, run: Run = Chaos.run, description: str = __doc__ or "") -> int:
    """Run many seeds; print each report, and a table of the injected faults at the end."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument(
        "--without",
        nargs="*",
        type=Fault,
        default=[],
        help="kinds of faults to leave out: " + ", ".join(Fault),
    )
    arguments = parser.parse_args()
    faults = EVERY_FAULT - set(arguments.without)
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    seeds = iter(range(arguments.first, arguments.first + arguments.seeds))
    reports: list[Report] = []
    while batch := list(_until_broken(seeds, faults, start, run)):
        reports += batch
    _print_table(reports)
    return any(report.broken for report in reports)


def _until_broken(seeds: Iterator[int], faults: frozenset[Fault], start: Start, run: Run) -> Iterator[Report]:
    """Run seeds on one system up to the first that fails, as that may leave something behind."""
    first = next(seeds, None)
    if first is None:
        return
    with start() as running:
        for seed in chain([first], seeds):
            report = run(running, seed, faults)
            print(report, flush=True)
            yield report
            if report.broken:
                return


def _print_table(reports: list[Report]) -> None:
    injected = sum((report.injected for report in reports), Counter[str]())
    for name, count in sorted(injected.items()):
        print(f"{count:8}  {name}")
    broken = [report.seed for report in reports if report.broken]
    print(f"{len(reports)} seeds, {injected.total()} faults, {len(broken)} broken {broken or ''}")


if __name__ == "__main__":
    sys.exit(main())
