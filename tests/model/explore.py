"""Run the plans of a scenario, all in order or drawn at random, and report how an invariant was broken."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from tests.model.actor import ViolationError
from tests.model.plan import Plan
from tests.model.scenario import Run, Scenario

type Deviations = Mapping[int, int]


def attempt(scenario: Scenario, plan: Plan) -> None:
    """Run one plan; raise AssertionError with the trace, one line per event, if an invariant is broken."""
    run = Run(scenario, plan)
    try:
        run()
    except ViolationError as violation:
        raise AssertionError(f"{violation}\n{trace_of(run, plan)}") from violation


def explore(scenario: Scenario, budget: int, share: int = 1) -> int:
    """Run every plan with at most `budget` deviations, those with fewest first; return how many ran.

    Of the plans with more than one deviation, run only one in `share`.
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


def drawn_plan(gaps: Iterable[tuple[int, int]]) -> Plan:
    """Return a plan that deviates after each gap of points; the option number wraps around."""
    deviations, position = {}, -1
    for gap, number in gaps:
        position += 1 + gap
        deviations[position] = number
    return Plan(deviations)


def trace_of(run: Run, plan: Plan) -> str:
    """What happened, one line per event."""
    lines = [f"{who:>18}  {what} {', '.join(map(_short, args))}" for who, what, args in run.world.trace]
    return "\n".join([f"deviations {dict(plan.deviations)}", *lines])


def _short(thing: object) -> str:
    text = ", ".join(map(str, thing)) if isinstance(thing, list) else str(thing)
    return text if len(text) <= 90 else f"{text[:87]}…"
