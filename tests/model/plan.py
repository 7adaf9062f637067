"""A plan says where a run leaves the default schedule; everything else is deterministic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.model.actor import Actor


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may happen next; `actor` is the one that it lets go on, if it does only that."""

    label: str
    act: Callable[[], None]
    about: object = None
    actor: Actor | None = None


class Plan:
    """Choose the default at every point but for `deviations`: option number by point, counting round.

    `points` are the numbers of options at each point: what else could be done. They are only counted where
    that is asked for; without, it is quicker.
    """

    def __init__(self, deviations: Mapping[int, int], *, count: bool = False) -> None:
        self.deviations = deviations
        self.points: list[int] = []
        self._count = count
        self._passed = 0

    def choose(self, default: Option, others: Callable[[], Sequence[Option]]) -> Option:
        """The option that is taken at this point."""
        wanted = self.deviations.get(self._passed, 0)
        self._passed += 1
        if not wanted and not self._count:
            return default
        options = [default, *others()]
        self.points.append(len(options))
        return options[wanted % len(options)]
