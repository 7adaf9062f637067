"""Fault injection that depends only on the seed and on names, so that thread timing cannot change it."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from threading import Lock


class Fault(StrEnum):
    """The kinds of faults. A run can leave out any of them."""

    WORKERS = "workers"
    API = "api"
    AWS = "aws"
    MONGOD = "mongod"
    HOSTS = "hosts"
    WEBHOOK = "webhook"
    POISON = "poison"
    THROTTLING = "throttling"


EVERY_FAULT = frozenset(Fault)


class Tally:
    """Thread-safe counters by name."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def add(self, name: str) -> int:
        """Increment a counter and return its new value."""
        with self._lock:
            self._counts[name] += 1
            return self._counts[name]

    def counts(self) -> Counter[str]:
        """Return a copy of all counters."""
        with self._lock:
            return self._counts.copy()


class Injector:
    """Chooses the fault of the n-th call of a name; it depends on seed, name and n only."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._calls = Tally()

    def draw(self, name: str, rates: Mapping[str, float]) -> str | None:
        """Return a fault, each with the probability of its rate, or None."""
        left = self.random(name).random()
        for fault, rate in rates.items():
            left -= rate
            if left < 0:
                return fault
        return None

    def random(self, name: str) -> Random:
        """Return the random generator for the next call of a name."""
        return Random(f"{self._seed}/{name}/{self._calls.add(name)}")
