"""The meaning of a partial batch response, according to AWS Lambda's developer guide."""

from typing import Any

import pytest

from local.runner.poller import event, failed

IDS = {"a", "b", "c"}


@pytest.mark.parametrize("result", [None, {}, {"batchItemFailures": None}, {"batchItemFailures": []}])
def test_an_empty_response_means_that_all_messages_succeeded(result: Any) -> None:
    assert failed(result, IDS) == set()


def test_reported_messages_failed() -> None:
    assert failed({"batchItemFailures": [{"itemIdentifier": "b"}]}, IDS) == {"b"}


@pytest.mark.parametrize(
    "result",
    [
        "done",
        [{"itemIdentifier": "b"}],
        {"batchItemFailures": "b"},
        {"batchItemFailures": ["b"]},
        {"batchItemFailures": [{"id": "b"}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": ["b"]}]},
        {"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "unknown"}]},
    ],
)
def test_an_invalid_response_fails_the_whole_batch(result: Any) -> None:
    assert failed(result, IDS) == IDS


def test_binary_message_attributes_are_base64() -> None:
    message = {
        "MessageId": "a",
        "ReceiptHandle": "handle",
        "Body": "{}",
        "MD5OfBody": "99914b932bd37a50b983c5e7c90ae93b",
        "Attributes": {"ApproximateReceiveCount": "1"},
        "MessageAttributes": {"raw": {"DataType": "Binary", "BinaryValue": b"\0\xff"}},
    }
    [record] = event([message], "arn:aws:sqs:us-east-1:123456789012:queue")["Records"]
    assert record["messageAttributes"] == {
        "raw": {"dataType": "Binary", "binaryValue": "AP8=", "stringListValues": [], "binaryListValues": []}
    }
