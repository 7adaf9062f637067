"""What chance has in store: decided by the seed and by names, so that threads cannot change it."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from threading import Lock


class Fault(StrEnum):
    """The kinds of faults, each of which a run can be told to leave out."""

    WORKERS = "workers"
    API = "api"
    AWS = "aws"
    MONGOD = "mongod"
    HOSTS = "hosts"
    WEBHOOK = "webhook"
    POISON = "poison"


EVERY_FAULT = frozenset(Fault)


class Tally:
    """Counts by name, from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = Lock()

    def add(self, name: str) -> int:
        """Count one more; return how many there are now."""
        with self._lock:
            self._counts[name] += 1
            return self._counts[name]

    def counts(self) -> Counter[str]:
        """All counts as they are now."""
        with self._lock:
            return self._counts.copy()


class Fates:
    """Gives the n-th call of each name a fate that depends on seed, name and n alone."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._calls = Tally()

    def draw(self, name: str, rates: Mapping[str, float]) -> str | None:
        """One of the fates, each as likely as its rate says, or none."""
        left = self.random(name).random()
        for fate, rate in rates.items():
            left -= rate
            if left < 0:
                return fate
        return None

    def random(self, name: str) -> Random:
        """The generator of the next call of a name."""
        return Random(f"{self._seed}/{name}/{self._calls.add(name)}")
