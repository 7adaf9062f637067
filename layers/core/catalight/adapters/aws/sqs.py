"""SQS queues: send ten messages a call, and send again those that a call fails to send."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from threading import Event
from typing import TYPE_CHECKING, Any

from catalight.adapters.aws.clients import unavailable_when_down
from catalight.adapters.logging import hops
from catalight.domain.errors import UnavailableError
from catalight.domain.messages import Message, encode

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        MessageAttributeValueTypeDef,
        MessageSystemAttributeValueTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

BATCH = 10  # messages; the limit of SendMessageBatch
CALLS = 8  # concurrent
TRIES = 5
DELAY = "delay"  # the message attribute with the seconds by which a message was delayed on purpose


class SqsQueue:
    """`catalight.usecases.ports.Queue` on one SQS standard queue.

    MessageGroupId makes it a fair queue, in which groups with little work do not wait behind those with much
    (Amazon SQS Developer Guide, "Amazon SQS fair queues").
    """

    def __init__(self, client: "SQSClient", url: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._url = url
        self._pause = pause

    def send(self, messages: Iterable[Message], delay: int = 0, group: str | None = None) -> None:
        common = _common(delay)
        batches = [
            [_entry(str(i), message, group, common) for i, message in enumerate(batch)]
            for batch in batched(messages, BATCH, strict=False)
        ]
        if len(batches) <= 1:
            for batch in batches:
                self._send_batch(batch)
            return
        failed = Event()
        with ThreadPoolExecutor(CALLS) as pool:
            # list() raises the exception of a failed call
            list(pool.map(lambda batch: self._send_unless(failed, batch), batches))

    def _send_unless(self, failed: Event, entries: "list[SendMessageBatchRequestEntryTypeDef]") -> None:
        """Send a batch unless another has failed: in an outage each would wait as long as the first."""
        if failed.is_set():
            raise UnavailableError("SQS")
        try:
            self._send_batch(entries)
        except UnavailableError:
            failed.set()
            raise

    def _send_batch(self, entries: "list[SendMessageBatchRequestEntryTypeDef]") -> None:
        for attempt in range(TRIES):
            if attempt:
                self._pause(0.1 * 2**attempt)
            with unavailable_when_down("SQS"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            failed = {failure["Id"] for failure in answer.get("Failed", [])}
            entries = [entry for entry in entries if entry["Id"] in failed]
            if not entries:
                return
        raise UnavailableError("SQS")


def _common(delay: int) -> "dict[str, Any]":
    """Return what all messages of a call have: their delay, and what leads from this invocation to theirs."""
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "String", "StringValue": value} for name, value in hops.carried().items()
    }
    if delay:
        attributes[DELAY] = {"DataType": "Number", "StringValue": str(delay)}
    system: dict[str, MessageSystemAttributeValueTypeDef] = {}
    if header := hops.trace_header():
        system["AWSTraceHeader"] = {"DataType": "String", "StringValue": header}
    found = {"MessageAttributes": attributes, "MessageSystemAttributes": system}
    return {"DelaySeconds": delay, **{name: value for name, value in found.items() if value}}


def _entry(
    entry_id: str, message: Message, group: str | None, common: "dict[str, Any]"
) -> "SendMessageBatchRequestEntryTypeDef":
    return {
        "Id": entry_id,
        "MessageBody": encode(message),
        "MessageGroupId": group or message.job_id,
        **common,  # type: ignore[typeddict-item]
    }
