"""Walk through the plans of a scenario, all in order or as drawn, and tell how a law was broken."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from tests.model.actor import ViolationError
from tests.model.plan import Plan
from tests.model.scenario import Run, Scenario

type Deviations = Mapping[int, int]


def attempt(scenario: Scenario, plan: Plan) -> None:
    """One run; an AssertionError tells what happened, one line an event."""
    run = Run(scenario, plan)
    try:
        run()
    except ViolationError as violation:
        raise AssertionError(f"{violation}\n{story(run, plan)}") from violation


def explore(scenario: Scenario, budget: int, share: int = 1) -> int:
    """Every plan with at most `budget` deviations, the short ones first; return how many.

    Of those that deviate more than once, only each one in `share`.
    """
    plans: deque[tuple[tuple[int, int], ...]] = deque([()])
    runs = seen = 0
    while plans:
        deviations = plans.popleft()
        seen += 1
        if len(deviations) > 1 and seen % share:
            continue
        plan = Plan(dict(deviations), count=len(deviations) < budget)
        attempt(scenario, plan)
        runs += 1
        first = deviations[-1][0] + 1 if deviations else 0
        for position, options in enumerate(plan.points[first:], first):
            plans += [(*deviations, (position, number)) for number in range(1, options)]
    return runs


def drawn(gaps: Iterable[tuple[int, int]]) -> Plan:
    """The plan that deviates after each gap of points, by a number that counts round."""
    deviations, position = {}, -1
    for gap, number in gaps:
        position += 1 + gap
        deviations[position] = number
    return Plan(deviations)


def story(run: Run, plan: Plan) -> str:
    """What happened, one line an event."""
    lines = [f"{who:>18}  {what} {', '.join(map(_short, args))}" for who, what, args in run.world.trace]
    return "\n".join([f"deviations {dict(plan.deviations)}", *lines])


def _short(thing: object) -> str:
    text = ", ".join(map(str, thing)) if isinstance(thing, list) else str(thing)
    return text if len(text) <= 90 else f"{text[:87]}…"
