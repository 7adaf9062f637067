"""How long a small job waits beside large ones, in a simulation with the template's values.

python -m bench.fairness            two seconds
python -m bench.fairness --write    also writes the table to docs/scale.md

SQS is simulated, because only AWS has fair queues: ImageQueue delivers to as many functions as
ImageConcurrency allows, by `local.runner.fair_order` or, as in a queue without groups, the oldest message
first. The window, the lanes and the groups are those of the code. A range takes as long as was measured with
a host that answers after 150 ms (docs/performance.md), varied at random. What comes before and after the
ranges of a job, such as the upload and the result, is left out: it is the same with and without other jobs,
and would only hide the wait.
"""

import argparse
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import exp
from random import Random
from statistics import median
from typing import NamedTuple

from bench.candidates import ROOT
from bench.cost import measured
from bench.tables import insert, table
from bench.template import default
from catalight.domain.job import fairness, ranges
from local.runner.fair_order import FairOrder

PAGE = ROOT / "docs/scale.md"
LATENCY = 150  # ms
RANGE_SECONDS = ranges.IMAGES_PER_RANGE * measured(LATENCY, default("HostConnections"))[1]
SPREAD = 0.3  # of the logarithm of the seconds
LARGE, SMALL = 10_000, 1  # ranges of 100,000 rows and of ten rows with one image each
FIRST, EVERY, SMALL_JOBS = 30.0, 10.3, 40  # seconds until the first small job and between two; their number


@dataclass
class Job:
    """A job and what has become of it in the simulation."""

    owner: str
    ranges: int
    at: float
    id: str
    slower: float = 1  # factor of the time of a range
    left: int = field(init=False)
    ended_at: float | None = None

    def __post_init__(self) -> None:
        self.left = self.ranges


type Grouping = Callable[[Job], str]


class Case(NamedTuple):
    """Large jobs of these owners, whose ranges take `slower` times as long, and small jobs of one owner."""

    title: str
    grouping: Grouping
    large: Sequence[str]
    owner: str
    small: int = SMALL  # ranges
    slower: float = 1


def by_owner(job: Job) -> str:
    """As the code does it."""
    return fairness.group(job)  # type: ignore[arg-type] # it has what that reads


def by_job(job: Job) -> str:
    """As the code did it before."""
    return job.id


def in_order(_job: Job) -> str:
    """All messages are of one group, so the oldest comes first."""
    return ""


def range_seconds(job: Job, number: int) -> float:
    """Return what a range takes: the same with and without other jobs."""
    return RANGE_SECONDS * job.slower * exp(Random(f"{job.id} {number}").gauss(0, SPREAD))


class Simulation:
    """One ImageQueue and its functions."""

    def __init__(self, grouping: Grouping, functions: int, window: int) -> None:
        self._grouping, self._free, self._window = grouping, functions, window
        self._order = FairOrder()
        self._waiting = dict[str, deque[tuple[float, Job, int]]]()
        self._events = list[tuple[float, int, Job, int | None]]()  # of jobs that begin, and ranges that end
        self._count = 0

    def run(self, jobs: Sequence[Job]) -> None:
        """Run until the small jobs have ended."""
        for job in jobs:
            self._at(job.at, job, None)
        small = [job for job in jobs if job.ranges < LARGE]
        while any(job.ended_at is None for job in small):
            now, number, job, ended = heappop(self._events)
            if ended is None:
                for head in ranges.first_window(job.ranges, self._window):
                    self._send(job, head, now)
            else:
                self._end(job, ended, now, str(number))
            self._deliver(now)

    def _at(self, time: float, job: Job, ended: int | None) -> int:
        self._count += 1
        heappush(self._events, (time, self._count, job, ended))
        return self._count

    def _send(self, job: Job, number: int, now: float) -> None:
        self._waiting.setdefault(self._grouping(job), deque()).append((now, job, number))

    def _end(self, job: Job, number: int, now: float, message: str) -> None:
        self._free += 1
        self._order.ended(message, now)
        job.left -= 1
        if not job.left:
            job.ended_at = now
        following = ranges.successor(number, job.ranges, self._window)
        if following is not None:
            self._send(job, following, now)

    def _deliver(self, now: float) -> None:
        while self._free and self._waiting:
            group = self._order.choose({name: queue[0][0] for name, queue in self._waiting.items()}, now)
            _, job, number = self._waiting[group].popleft()
            if not self._waiting[group]:
                del self._waiting[group]
            self._free -= 1
            message = self._at(now + range_seconds(job, number), job, number)
            self._order.received(str(message), group, now)


def seconds(case: Case) -> list[float]:
    """Return how long each small job takes beside the large ones."""
    simulation = Simulation(case.grouping, default("ImageConcurrency"), default("Window"))
    beside = [Job(name, LARGE, 0.0, f"large {number}", case.slower) for number, name in enumerate(case.large)]
    times = [(number, FIRST + EVERY * number) for number in range(SMALL_JOBS)]
    jobs = [Job(case.owner, case.small, at, f"small {number}") for number, at in times]
    simulation.run([*beside, *jobs])
    return [(job.ended_at or 0.0) - job.at for job in jobs]


TWENTY, TWELVE = ["a"] * 20, [f"owner {number}" for number in range(12)]
CASES = [
    Case("no groups: one large job", in_order, ["a"], "a"),
    Case("a group for each job: one large job", by_job, ["a"], "a"),
    Case("a group for each job: twenty large jobs", by_job, TWENTY, "b"),
    Case("as it is: one large job of the same owner", by_owner, ["a"], "a"),
    Case("… small jobs of 120 images", by_owner, ["a"], "a", small=12),
    Case("… one of another owner", by_owner, ["a"], "b"),
    Case("… twenty of the same owner", by_owner, TWENTY, "a"),
    Case("… twenty of another owner", by_owner, TWENTY, "b"),
    Case("… one of each of twelve owners", by_owner, TWELVE, "b"),
    Case("… one of the same owner, of known images", by_owner, ["a"], "a", slower=1 / ranges.KNOWN),
]


def compare(case: Case) -> tuple[list[float], list[float]]:
    """Return the seconds of each small job alone, and beside the large ones."""
    return seconds(case._replace(large=[])), seconds(case)


def results() -> str:
    """Return a table of what a small job takes in each case."""
    rows = []
    for case in CASES:
        alone, beside = compare(case)
        ratios = [there / here for here, there in zip(alone, beside, strict=True)]
        rows.append(
            (
                case.title,
                f"{median(alone):.2f}",
                f"{median(beside):,.2f}",
                f"{median(ratios):,.2f}",
                f"{max(ratios):,.2f}",
            )
        )
    return table(("groups and large jobs", "alone, s", "beside, s", "ratio", "worst ratio"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fairness")
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    text = results()
    print(text)
    if parser.parse_args().write:
        insert(PAGE, "fairness", text)


if __name__ == "__main__":
    main()
