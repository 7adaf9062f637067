"""Schedules are due once per period of the injected clock."""

import pytest

from local.runner.errors import LocalError
from local.runner.schedules import Schedule, Scheduler, period


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 hours)", 7200), ("rate(1 day)", 86400)],
)
def test_rates(expression: str, seconds: int) -> None:
    assert period("Sweep", expression) == seconds


@pytest.mark.parametrize(
    "expression", ["cron(0 12 * * ? *)", "rate(5 seconds)", "at(2030-01-01T00:00:00)", ""]
)
def test_other_expressions_are_refused_with_the_schedules_name(expression: str) -> None:
    with pytest.raises(LocalError, match="Sweep: the local runner supports schedules like"):
        period("Sweep", expression)


def test_the_first_invocation_comes_after_one_period() -> None:
    now = [1000.0]
    invoked: list[str] = []
    schedules = [Schedule("often", 60, "arn"), Schedule("seldom", 300, "arn")]
    scheduler = Scheduler(schedules, lambda schedule: invoked.append(schedule.name), clock=lambda: now[0])

    for now[0] in (1000.0, 1059.0, 1060.0, 1061.0, 1120.0):
        scheduler.invoke_due()
    assert invoked == ["often", "often"]
    now[0] = 1300.0  # three periods late
    scheduler.invoke_due()
    scheduler.invoke_due()
    assert invoked == ["often", "often", "often", "seldom"]


def test_the_event_is_the_input_or_a_scheduled_event() -> None:
    assert Schedule("Sweep", 60, "arn", {"deep": True}).event() == {"deep": True}
    assert Schedule("Sweep", 60, "arn").event()["detail-type"] == "Scheduled Event"
