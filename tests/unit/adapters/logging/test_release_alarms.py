"""A release that fails trips the alarms that roll it back, by what its functions log."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from catalight.adapters.logging.facts import report
from catalight.domain.errors import ExportStoppedError, JobNotFoundError, UnavailableError
from catalight.domain.facts import MessageHandled, MessageUnreadable, Outcome
from catalight.domain.messages import FinishJob
from functions.api import problem_answers, problems
from local import metric_lines
from tests.metric_math import Value
from tests.unit.adapters.conftest import Lines
from tests.unit.test_alarms import ALARMS, goes_off

RELEASE = "2611291045"
FAILED = MessageHandled(FinishJob("j", 1), Outcome.FAILED, 1.0, receives=1, waited=None)


@pytest.fixture(autouse=True)
def release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE", RELEASE)


def trips(
    alarm: str, lines: Iterable[Mapping[str, object]], watching: str = RELEASE, **others: Value
) -> bool:
    """Whether these lines, all of one minute, set off the alarm that watches a release."""
    found = list[metric_lines.Metric]()
    for line in lines:
        found += metric_lines.metrics(line)
    values = dict(others)
    for query in ALARMS[alarm]["Metrics"]:
        metric = query.get("MetricStat", {}).get("Metric", {})
        if "Release" in {dimension["Name"] for dimension in metric.get("Dimensions", ())}:
            assert metric["Namespace"] == {"Fn::Sub": "Catalight/${AWS::StackName}"}
            of_release = [
                one
                for one in found
                if (one.name, one.dimensions) == (metric["MetricName"], (("Release", watching),))
            ]
            values[query["Id"]] = sum(sum(one.values) for one in of_release) if of_release else None
    return goes_off(ALARMS[alarm], values)


@pytest.mark.parametrize("fact", [FAILED, MessageUnreadable(1)])
def test_a_message_that_is_not_handled(lines: Lines, fact: MessageHandled | MessageUnreadable) -> None:
    report(fact)
    assert trips("ReleaseMessagesAlarm", lines())
    assert not trips("ReleaseMessagesAlarm", lines(), watching="another")


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.DEFERRED])
def test_not_a_message_that_is_handled_or_waits_for_the_end_of_an_outage(
    lines: Lines, outcome: Outcome
) -> None:
    report(replace(FAILED, outcome=outcome))
    assert not trips("ReleaseMessagesAlarm", lines())


def test_requests_that_end_with_an_unexpected_error_or_in_an_outage(lines: Lines) -> None:
    for answer in (
        problems.unexpected(ZeroDivisionError()),
        problem_answers.unavailable_answer(UnavailableError("MongoDB")),
    ):
        assert TestClient(answer).get("/").status_code >= 500
    assert trips("ReleaseRequestsAlarm", lines(), requests=100)
    assert not trips("ReleaseRequestsAlarm", lines(), requests=1000)
    assert not trips("ReleaseRequestsAlarm", lines(), watching="another", requests=100)


def test_not_requests_for_an_export_that_was_given_up_before(lines: Lines) -> None:
    """A client that asks again and again must not roll a release back: the export may be another's."""
    answer = problem_answers.CATALIGHT_ERRORS[ExportStoppedError](ExportStoppedError("j", 60))
    for _ in range(3):
        assert TestClient(answer).get("/").status_code == 503
    assert not trips("ReleaseRequestsAlarm", lines(), requests=3)


def test_not_requests_that_are_the_callers_fault(lines: Lines) -> None:
    answer = problem_answers.CATALIGHT_ERRORS[JobNotFoundError](JobNotFoundError("j"))
    for _ in range(3):
        assert TestClient(answer).get("/").status_code == 404
    assert not trips("ReleaseRequestsAlarm", lines(), requests=3)
