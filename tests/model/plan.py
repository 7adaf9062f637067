"""A plan lists where a run leaves the default schedule; everything else is deterministic."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.model.actor import Actor


@dataclass(frozen=True, slots=True)
class Option:
    """Something that may happen next; `actor` is set if it only resumes that actor."""

    label: str
    act: Callable[[], None]
    about: object = None
    actor: Actor | None = None


class Plan:
    """Choose the default at every point except those in `deviations`.

    `deviations` maps a point to an option number, which wraps around. `points` holds how many options each
    point had; they are counted only if `count` is true, because counting is slow.
    """

    def __init__(self, deviations: Mapping[int, int], *, count: bool = False) -> None:
        self.deviations = deviations
        self.points: list[int] = []
        self._count = count
        self._passed = 0

    def choose(self, default: Option, others: Callable[[], Sequence[Option]]) -> Option:
        """Return the option to take at this point."""
        wanted = self.deviations.get(self._passed, 0)
        self._passed += 1
        if not wanted and not self._count:
            return default
        options = [default, *others()]
        self.points.append(len(options))
        return options[wanted % len(options)]
