"""What becomes of a message is one line, with what the message carries."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from catalight.adapters.aws import records
from catalight.adapters.logging import hops
from catalight.domain.messages import FinishJob, Message, ProcessRange, encode
from local import metric_lines
from tests.unit.adapters.conftest import Lines

CONTEXT: Any = SimpleNamespace(
    function_name="f",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:f",
    aws_request_id="invocation",
    get_remaining_time_in_millis=lambda: 9_000,
)


def handled(message: Message | str, handle: Callable[[], bool], receives: int = 1, **attributes: str) -> Any:
    """Let a handler handle a message that was sent 10 s ago, with these message attributes."""
    record = {
        "messageId": "m",
        "body": message if isinstance(message, str) else encode(message),
        "attributes": {
            "ApproximateReceiveCount": str(receives),
            "SentTimestamp": str(round((time.time() - 10) * 1000)),
        },
        "messageAttributes": {
            name: {"dataType": "String", "stringValue": value} for name, value in attributes.items()
        },
        "eventSource": "aws:sqs",
    }
    return records.handler(lambda _: handle())({"Records": [record]}, CONTEXT)


def fails() -> bool:
    raise PermissionError("not granted")


def values(line: dict[str, Any]) -> dict[str, float]:
    return {metric.name: sum(metric.values) for metric in metric_lines.metrics(line)}


def test_a_message_that_was_handled_is_one_line_with_its_job_and_its_chain(lines: Lines) -> None:
    answer = handled(ProcessRange("j", 1, 3), lambda: True, http_request_id="req", trace_id="1-t")
    assert answer == {"batchItemFailures": []}
    [line] = lines()
    chain = {"job_id": "j", "run": 1, "range": 3, "http_request_id": "req", "trace_id": "1-t"}
    assert chain.items() <= line.items()
    assert (line["message"], line["function_request_id"]) == ("range done", "invocation")
    assert values(line)["QueueDelay"] == pytest.approx(10, abs=1)


def test_a_failure_is_in_a_metric_after_one_receive(lines: Lines) -> None:
    """Lambda's Errors stay at 0, because the answer reports the message as failed."""
    assert handled(FinishJob("j", 1), fails) == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    [line] = [line for line in lines() if "_aws" in line]
    assert (line["level"], line["message"], line["receives"]) == ("ERROR", "message failed", 1)
    assert (values(line), line["Kind"]) == ({"MessagesFailed": 1}, "finish_job")


def test_a_message_of_an_unknown_kind_comes_again_until_it_is_a_dead_letter(lines: Lines) -> None:
    answer = handled('{"kind": "fold_images", "job_id": "j"}', lambda: True)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}
    [metric] = [line for line in lines() if "_aws" in line]
    assert (metric["level"], metric["message"], metric["receives"]) == ("ERROR", "message unreadable", 1)
    assert (values(metric), metric["Kind"]) == ({"MessagesFailed": 1}, "unreadable")
    assert any("MessageError code=fold_images" in str(line.get("exception")) for line in lines())


def test_an_outage_is_in_a_metric_of_its_own(lines: Lines) -> None:
    assert handled(FinishJob("j", 1), lambda: False) == {"batchItemFailures": []}
    assert values(lines()[0]) == {"MessagesDeferred": 1}


def test_the_delay_of_a_queue_is_without_what_was_intended_and_counts_once(lines: Lines) -> None:
    handled(ProcessRange("j", 1, 3), lambda: True, delay="8")
    handled(ProcessRange("j", 1, 3), lambda: True, receives=2)
    first, second = lines()
    assert values(first)["QueueDelay"] == pytest.approx(2, abs=1)
    assert "QueueDelay" not in values(second)


def test_an_invocation_has_nothing_of_the_one_before(lines: Lines) -> None:
    handled(ProcessRange("j", 1, 3), lambda: True, http_request_id="req")
    handled(FinishJob("k", 1), lambda: True)
    line = lines()[1]
    assert (line["job_id"], "range" in line, "http_request_id" in line) == ("k", False, False)
    assert "http_request_id" not in hops.carried()
