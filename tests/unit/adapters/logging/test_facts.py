"""Each fact is one line, which CloudWatch can read as metrics."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from catalight.adapters.logging import hops, logs
from catalight.adapters.logging.facts import report
from catalight.domain import facts, messages
from catalight.domain.facts import Fact, Outcome
from catalight.domain.image.report import Times
from catalight.domain.job.job import Counts, JobState
from catalight.domain.job.webhook import Delivery
from local import metric_lines
from tests.unit.adapters.conftest import Lines

RANGE = messages.ProcessRange("j", 2, 7)
HANDLED = facts.MessageHandled(RANGE, Outcome.DONE, 1.5, receives=1, waited=0.25)
FINISH = replace(HANDLED, message=messages.FinishJob("j", 2))
DONE = Counts(done=3, bytes_in=900, bytes_out=100, times=Times(fetch=1500, store=20), unchanged=1)
MOVED = facts.JobMoved("j", 1, JobState.COMPLETED, sealed=False, seconds=12.5)
DELIVERY = Delivery(datetime(2026, 1, 1, tzinfo=UTC), 204, None, 17)
OF_DONE = {"ImagesDone": 3, "ImagesReused": 1, "BytesIn": 900, "BytesOut": 100}

CASES: list[tuple[Fact, str, dict[str, float], tuple[dict[str, str], ...]]] = [
    (HANDLED, "range done", {"RangeSeconds": 1.5, "QueueDelay": 0.25}, ({},)),
    (replace(HANDLED, waited=None), "range done", {"RangeSeconds": 1.5}, ({},)),
    (
        replace(HANDLED, outcome=Outcome.FAILED),
        "range failed",
        {"MessagesFailed": 1},
        ({}, {"Kind": "process_range"}, {"Release": "none"}),
    ),
    (
        facts.MessageUnreadable(1),
        "message unreadable",
        {"MessagesFailed": 1},
        ({}, {"Kind": "unreadable"}, {"Release": "none"}),
    ),
    (
        facts.MessageUnreadable(6),  # a dead letter: the receives of all queues are counted together
        "message unreadable",
        {"MessagesFailed": 1},
        ({}, {"Kind": "unreadable"}),
    ),
    (
        replace(FINISH, outcome=Outcome.DEFERRED),
        "message deferred",
        {"MessagesDeferred": 1},
        ({}, {"Kind": "finish_job"}),
    ),
    (FINISH, "message done", {}, ()),
    (
        facts.ImagesEnded("j", 1, DONE),
        "images ended",
        OF_DONE | {"FetchSeconds": 1.5, "StoreSeconds": 0.02},
        ({},),
    ),
    (
        facts.ImagesEnded("j", 1, Counts(failed=2, errors={"not_found": 2})),
        "images failed",
        {"ImagesFailed": 2},
        ({}, {"Code": "not_found"}),
    ),
    (MOVED, "job moved", {"JobDuration": 12.5}, ({"State": "COMPLETED"},)),
    (replace(MOVED, state=JobState.GONE), "job moved", {}, ()),
    (replace(MOVED, state=JobState.PENDING, sealed=True, seconds=None), "job moved", {}, ()),
    (
        facts.WebhookCalled("j", 1, 2, DELIVERY),
        "webhook called",
        {"WebhookAttempts": 1},
        ({"Outcome": "accepted"},),
    ),
    (
        facts.WebhookCalled("j", 1, 2, replace(DELIVERY, status=None, error="timeout")),
        "webhook called",
        {"WebhookAttempts": 1},
        ({"Outcome": "failed"},),
    ),
    (facts.HostBackedOff.of("shop.example:443", 2, 4.0), "host backed off", {"HostBackoffs": 1}, ({},)),
    (facts.UploadRead("j", 5, 4, 3), "upload ingested", {"Uploads": 1}, ({"Outcome": "ingested"},)),
    (
        facts.UploadRead("j", 5, 0, 0, "empty_file"),
        "upload failed",
        {"Uploads": 1},
        ({"Outcome": "failed"},),
    ),
    (facts.ExportEnded("j", 1, "zip"), "export written", {"Exports": 1}, ({"Outcome": "written"},)),
    (facts.ExportEnded("j", 1, "zip", "gave_up"), "export failed", {"Exports": 1}, ({"Outcome": "failed"},)),
    (facts.SweepDone(5, 2), "sweep done", {"Sweeps": 1, "StuckJobs": 2}, ({},)),
    (
        facts.RequestRefused(404, "job-not-found", "/status/{request_id}"),
        "request refused",
        {"RequestsRefused": 1},
        ({},),
    ),
    (
        facts.RequestRefused(503, "unavailable", "/status/{request_id}"),
        "request failed",
        {"RequestsFailed": 1},
        ({}, {"Release": "none"}),
    ),
]


@pytest.mark.parametrize(("fact", "message", "values", "dimensions"), CASES)
def test_a_fact_is_one_line_with_its_metrics(
    lines: Lines, fact: Fact, message: str, values: dict[str, float], dimensions: tuple[dict[str, str], ...]
) -> None:
    report(fact)
    [line] = lines()
    assert line["message"] == message
    found = list(metric_lines.metrics(line))
    assert {metric.name: sum(metric.values) for metric in found} == values
    assert {metric.dimensions for metric in found} == {tuple(one.items()) for one in dimensions}
    for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
        assert directive["Namespace"] == "Catalight"
    assert "_aws" in line or not values


def test_every_kind_of_fact_has_a_line() -> None:
    assert {type(fact) for fact, *_ in CASES} == set(get_args(Fact.__value__))


def test_the_architecture_page_lists_every_line_and_metric(lines: Lines) -> None:
    text = (Path(__file__).parents[4] / "docs/architecture.md").read_text()
    table = text.partition("| line (`message`)")[2].partition("\n\n")[0]
    everything = Times(fetch=1, decode=1, resize=1, encode=1, store=1)
    report(facts.ImagesEnded("j", 1, replace(DONE, times=everything)))
    for outcome in Outcome:
        report(replace(HANDLED, outcome=outcome))
        report(replace(FINISH, outcome=outcome))
    for fact, *_ in CASES:
        report(fact)
    found = lines()
    messages = {line["message"] for line in found}
    metrics = {metric.name for line in found for metric in metric_lines.metrics(line)}
    dimensions = {
        name for line in found for metric in metric_lines.metrics(line) for name, _ in metric.dimensions
    }
    documented = set(re.findall(r"`([^`]+)`", table.partition("\n|---")[2]))
    assert documented == messages | metrics | dimensions


def test_failures_are_found_by_their_level(lines: Lines) -> None:
    for outcome in Outcome:
        report(replace(HANDLED, outcome=outcome))
    assert [line["level"] for line in lines()] == ["INFO", "WARNING", "ERROR"]


def test_each_stack_has_a_namespace_of_its_own(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Catalight/catalight-dev")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "catalight")
    report(facts.SweepDone(0, 0))
    [line] = lines()
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Catalight/catalight-dev", [[]])


def test_a_host_is_named_by_the_beginning_of_its_digest(lines: Lines) -> None:
    """`printf %s shop.example:443 | sha256sum` finds it."""
    report(facts.HostBackedOff.of("shop.example:443", 1, 2.0))
    [line] = lines()
    assert "shop" not in json.dumps(line)
    assert line["host"] == "fc0259ceed54"


class TestHops:
    def test_a_message_carries_on_what_it_came_with(
        self, lines: Lines, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(hops.TRACE_VARIABLE, "Root=1-own-trace;Parent=53995c3f42cd8ad8;Sampled=1")
        hops.begin({"http_request_id": "Abc=", "trace_id": "1-first"}, job_id="j", range=None)
        assert hops.carried() == {"http_request_id": "Abc=", "trace_id": "1-first"}
        report(HANDLED)
        [line] = lines()
        expected = {"http_request_id": "Abc=", "trace_id": "1-first", "job_id": "j", "range": 7}
        assert expected.items() <= line.items()
        assert line["xray_trace_id"] == "1-own-trace"

    @pytest.mark.usefixtures("lines")
    def test_a_chain_that_begins_here_has_the_trace_of_this_invocation(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(hops.TRACE_VARIABLE, "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
        hops.begin({})
        assert hops.carried() == {"trace_id": "1-5759e988-bd862e3fe1be46a994272793"}

    @pytest.mark.usefixtures("lines")
    @pytest.mark.parametrize("value", ["", "a b", "x" * 81, "https://user:pw@h/?q", "a\nb"])
    def test_what_is_no_id_is_not_carried(self, value: str) -> None:
        hops.begin({"http_request_id": value, "unknown": "x"})
        assert hops.carried() == {}

    def test_a_request_of_one_thread_has_keys_of_its_own(self, lines: Lines) -> None:
        hops.begin({"http_request_id": "shared"})
        logs.logger().thread_safe_append_keys(http_request_id="own")
        try:
            assert hops.carried()["http_request_id"] == "own"
            report(facts.SweepDone(0, 0))
        finally:
            logs.logger().thread_safe_clear_keys()
        assert lines()[0]["http_request_id"] == "own"
