import json
from typing import Any

import pytest

from local.built.events import function_of
from local.invoke import failed
from local.runner.children import PROJECT
from local.runner.errors import LocalError
from local.runner.template import load

TEMPLATE = load(PROJECT / "template.yaml")
EVENTS = {
    "aggregator-message": "AggregatorFunction",
    "api-status": "ApiFunction",
    "api-upload": "ApiFunction",
    "api-welcome": "ApiFunction",
    "dead-letter": "DeadLetterFunction",
    "export-message": "ExportFunction",
    "images-batch": "ImageFunction",
    "ingest": "IngestFunction",
    "make-key": "KeysFunction",
    "sweep": "SweeperFunction",
    "tend-message": "AggregatorFunction",
    "webhook-message": "AggregatorFunction",
}


def test_each_event_of_the_project_is_for_the_function_that_aws_would_invoke() -> None:
    found = {
        file.stem: function_of(json.loads(file.read_text()), TEMPLATE)
        for file in (PROJECT / "events").glob("*.json")
    }
    assert found == EVENTS


def test_each_function_has_an_event() -> None:
    functions = {n for n, r in TEMPLATE["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    assert set(EVENTS.values()) == functions


@pytest.mark.parametrize(
    "event",
    [
        {"Records": [{"eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:OtherQueue"}]},
        {"Records": [{}]},
        {"resources": ["arn:aws:scheduler:us-east-1:123456789012:schedule/default/Other"]},
    ],
)
def test_an_event_of_nothing_in_the_template_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(LocalError, match="no function"):
        function_of(event, TEMPLATE)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, False),
        ({"batchItemFailures": []}, False),
        ({"batchItemFailures": [{"itemIdentifier": "1"}]}, True),
        ({"errorType": "KeyError", "errorMessage": "'Records'"}, True),
        ({"statusCode": 202}, False),
        ({"statusCode": 404}, True),
    ],
)
def test_an_invocation_fails_with_its_answer(answer: Any, expected: bool) -> None:
    assert failed(answer) is expected
