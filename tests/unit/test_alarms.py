"""The template's alarms: what they watch, what trips them, and what to do about them."""

import operator
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench.aws_prices import ALARM_METRICS
from local.runner.template import load, parameters
from tests.metric_math import Value, evaluate
from tests.translated import SECRETS, translated

ROOT = Path(__file__).parents[2]
RESOURCES = load(ROOT / "template.yaml")["Resources"]
ALARMS = {n: r["Properties"] for n, r in RESOURCES.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
VALUES = parameters(load(ROOT / "template.yaml"), SECRETS)
COMPARE = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}

TRIPS: dict[str, list[tuple[Mapping[str, Value], bool]]] = {
    "ApiErrorsAlarm": [
        ({"errors": 5, "requests": 100}, True),
        ({"errors": 4, "requests": 4}, False),
        ({"errors": 5, "requests": 1000}, False),
        ({"errors": None, "requests": None}, False),
    ],
    "ApiLatencyAlarm": [({"Latency": 5001}, True), ({"Latency": 4900}, False)],
    "ImageQueueAgeAlarm": [
        ({"ApproximateAgeOfOldestMessage": 3601}, True),
        ({"ApproximateAgeOfOldestMessage": 2000}, False),
        ({"ApproximateAgeOfOldestMessage": None}, False),
    ],
    "AggregatorQueueAgeAlarm": [({"ApproximateAgeOfOldestMessage": 3601}, True)],
    "WebhookQueueAgeAlarm": [({"ApproximateAgeOfOldestMessage": 3601}, True)],
    "ExportQueueAgeAlarm": [({"ApproximateAgeOfOldestMessage": 7201}, True)],
    "IngestQueueAgeAlarm": [({"ApproximateAgeOfOldestMessage": 7201}, True)],
    "FailedEventsAlarm": [({"finish": 1}, True), ({"finish": 0, "image": 0}, False), ({}, False)],
    "CrashAlarm": [({"aggregator": 1}, True), ({"image": 0}, False)],
    "ReleaseRequestsAlarm": [
        ({"failed": 2, "requests": 100}, True),
        ({"crashed": 2, "requests": 2}, True),
        ({"failed": 1, "crashed": 1, "requests": 100}, True),
        ({"failed": 1, "requests": 1}, False),
        ({"failed": 2, "requests": 1000}, False),
        ({}, False),
    ],
    "ReleaseMessagesAlarm": [({"messages": 1}, True), ({"ingest": 1}, True), ({}, False)],
    "ThrottleAlarm": [({"api": 1}, True), ({}, False)],
    "DurationAlarm": [
        ({"api": 24_000}, True),  # of 29 s
        ({"image": 97_000}, True),  # of 120 s
        ({"sweeper": 49_000}, True),  # of 60 s
        ({"api": 15_000, "image": 90_000, "dead": 40_000, "sweeper": 40_000}, False),
    ],
    "ConcurrencyAlarm": [
        ({"claimed": 801, "executions": 60}, True),
        ({"claimed": 790, "executions": 790}, False),
    ],
    "SweeperAlarm": [
        ({"invocations": None, "errors": None}, True),
        ({"invocations": 5, "errors": 5}, True),
        ({"invocations": 5, "errors": None}, False),
    ],
    "StuckJobsAlarm": [({"StuckJobs": 1}, True), ({"StuckJobs": 0}, False), ({"StuckJobs": None}, False)],
    "AggregatorDeadLetterAlarm": [({"ApproximateNumberOfMessagesVisible": 1}, True)],
    "WebhookDeadLetterAlarm": [({"ApproximateNumberOfMessagesVisible": 1}, True)],
    "ExportDeadLetterAlarm": [({"ApproximateNumberOfMessagesVisible": 1}, True)],
    "IngestDeadLetterAlarm": [
        ({"ApproximateNumberOfMessagesVisible": 1}, True),
        ({"ApproximateNumberOfMessagesVisible": None}, False),
    ],
    "ImageDeadLetterAlarm": [({"ApproximateAgeOfOldestMessage": 3601}, True)],
}
"""Values of each alarm's metrics in each of its periods (None: left out), and whether it goes off."""


def metrics(alarm: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the metrics of an alarm, by their id, or their name if the alarm has only one."""
    if "Metrics" not in alarm:
        return {alarm["MetricName"]: alarm}
    return {query["Id"]: query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query}


def goes_off(alarm: Mapping[str, Any], values: Mapping[str, Value]) -> bool:
    known = dict.fromkeys(metrics(alarm)) | dict(values)
    assert known.keys() == metrics(alarm).keys()
    value = known[alarm["MetricName"]] if "MetricName" in alarm else evaluate(expression(alarm), known)
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    return bool(COMPARE[alarm["ComparisonOperator"]](value, alarm["Threshold"]))


def expression(alarm: Mapping[str, Any]) -> str:
    (found,) = (query["Expression"] for query in alarm["Metrics"] if "Expression" in query)
    text = found["Fn::Sub"] if isinstance(found, dict) else found
    return re.sub(r"\$\{(\w+)\}", lambda name: VALUES[name[1]], text)


def watched(alarm: str) -> set[str]:
    return {str(metric["Dimensions"][0]["Value"]) for metric in metrics(ALARMS[alarm]).values()}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_goes_off_when_it_should_and_not_otherwise(name: str) -> None:
    assert any(expected for _, expected in TRIPS[name])
    for values, expected in TRIPS[name]:
        assert goes_off(ALARMS[name], values) == expected, values


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_one_that_cloudwatch_accepts_and_sends(name: str) -> None:
    """At most ten metrics, one of them returned: see docs.aws.amazon.com/AmazonCloudWatch, PutMetricAlarm."""
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"] != []
    assert alarm["TreatMissingData"] == ("breaching" if name == "SweeperAlarm" else "notBreaching")
    if "Metrics" in alarm:
        assert sum(query.get("ReturnData", True) for query in alarm["Metrics"]) == 1
        assert len(metrics(alarm)) <= 10
        periods = {query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query}
        assert periods == ({60} if name.startswith("Release") else {300})


def test_every_message_of_every_queue_is_watched() -> None:
    mappings = {
        str({"Ref": name})
        for name, resource in translated()["Resources"].items()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    }
    assert watched("FailedEventsAlarm") == mappings
    watching = [name for name in ALARMS if name.endswith(("QueueAgeAlarm", "DeadLetterAlarm"))]
    queues = {name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::SQS::Queue"}
    assert {name for alarm in watching for name in watched(alarm)} == {
        str({"Fn::GetAtt": [name, "QueueName"]}) for name in queues
    }


def test_every_function_is_watched() -> None:
    functions = {
        name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::Serverless::Function"
    }
    references = {str({"Ref": name}) for name in functions - {"KeysFunction"}}  # whoever invokes it sees
    assert watched("ThrottleAlarm") == references
    assert watched("CrashAlarm") | watched("SweeperAlarm") | {"{'Ref': 'ApiFunction'}"} == references


def test_every_alarm_has_a_section_of_the_runbook_and_every_section_an_alarm() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    sections = re.findall(r"^### (\w+)\n\n(.+?)(?=^#)", page, flags=re.MULTILINE | re.DOTALL)
    assert [name for name, _ in sections] == list(ALARMS)
    for name, section in sections:
        for part in ("**Means.**", "**Look at.**", "**Do.**"):
            assert part in section, f"{name}: {part}"


def test_the_price_of_the_alarms_is_that_of_their_metrics() -> None:
    assert sum(len(metrics(alarm)) for alarm in ALARMS.values()) == ALARM_METRICS
    assert f"${ALARM_METRICS / 10:.0f} for all of them" in (ROOT / "docs/operations.md").read_text()


def test_alarms_can_go_to_an_existing_topic() -> None:
    topic = {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AlarmTopic"}]}
    assert all(alarm["AlarmActions"] == [topic] for alarm in ALARMS.values())
    assert RESOURCES["AlarmTopic"]["Condition"] == "HasOwnAlarmTopic"
    assert RESOURCES["AlarmSubscription"]["Properties"]["TopicArn"] == topic
