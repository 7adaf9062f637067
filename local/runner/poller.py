"""Invokes a function with the messages of a queue, as Lambda's event source mapping does."""

import base64
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.runner import aws
from local.runner.errors import LocalError
from local.runner.functions import InvocationError, LocalFunction
from local.runner.stack import EventSource

WAIT_SECONDS = 20  # moto returns as soon as there is a message, so a long wait costs least
MAX_MESSAGES = 10  # of one SQS call; on AWS, too, a batch may be smaller than its mapping allows

Message = Mapping[str, Any]

type Throttled = Callable[[str, Sequence[Message]], bool]
"""Given the name of a queue and messages received from it, whether Lambda cannot start their function.

The messages then stay received until their visibility timeout ends, and the receive counts:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

logger = logging.getLogger(__name__)


def never(_queue: str, _messages: Sequence[Message]) -> bool:
    """Start the function for every message."""
    return False


class Poller:
    """Receives batches from one queue and invokes one function with them, a limited number at once."""

    def __init__(
        self,
        source: EventSource,
        function: LocalFunction,
        endpoint_url: str,
        at_once: int,
        throttled: Throttled = never,
    ) -> None:
        self._source = source
        self._function = function
        self._throttled = throttled
        self._sqs = aws.client("sqs", endpoint_url)
        self._queue = source.queue_arn.rpartition(":")[2]
        self._queue_url = self._sqs.get_queue_url(QueueName=self._queue)["QueueUrl"]
        self._stopping = threading.Event()
        self._receiving = threading.Lock()
        self._failure: Exception | None = None
        threads = min(source.maximum_concurrency or at_once, at_once)
        self._threads = [threading.Thread(target=self._poll, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        """Start polling."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Tell the threads to end; each does when its calls of the worker and of moto return or fail."""
        self._stopping.set()

    def join(self) -> None:
        """Wait until the threads have ended."""
        for thread in self._threads:
            if thread.ident:
                thread.join()

    def check(self) -> None:
        """Raise LocalError if polling has failed."""
        if self._failure or not all(thread.is_alive() for thread in self._threads):
            raise LocalError(f"Polling {self._queue} has failed: {self._failure}") from self._failure

    def _poll(self) -> None:
        try:
            while not self._stopping.is_set():
                with self._receiving:  # one long poll per queue: moto searches the queue for each
                    messages = self._receive()
                if messages and not self._throttled(self._queue, messages):
                    self._process(messages)
        except (BotoCoreError, ClientError) as error:
            if not self._stopping.is_set():
                self._failure = error

    def _receive(self) -> list[Message]:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=min(self._source.batch_size, MAX_MESSAGES),
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[Message] = answer.get("Messages", [])
        return messages

    def _process(self, messages: Sequence[Message]) -> None:
        """Invoke the function and delete the messages that it handled; the others become visible again."""
        try:
            result = self._function.invoke(event(messages, self._source.queue_arn))
        except InvocationError as error:
            if not self._stopping.is_set():
                logger.warning("%s: %s, see %s", self._queue, error, self._function.log)
            return
        kept: AbstractSet[str] = set()
        if self._source.reports_failures:
            kept = failed(result, {message["MessageId"] for message in messages})
        done = [
            {"Id": message["MessageId"], "ReceiptHandle": message["ReceiptHandle"]}
            for message in messages
            if message["MessageId"] not in kept
        ]
        if done:
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=done)


def event(messages: Sequence[Message], queue_arn: str) -> dict[str, Any]:
    """Return the event that Lambda creates from a batch of messages."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {
                    name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
                },
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": aws.REGION,
            }
            for message in messages
        ]
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    attribute = {"dataType": value["DataType"], "stringListValues": [], "binaryListValues": []}
    if "BinaryValue" in value:
        return attribute | {"binaryValue": base64.b64encode(value["BinaryValue"]).decode("ascii")}
    return attribute | {"stringValue": value["StringValue"]}


def failed(result: Any, ids: AbstractSet[str]) -> AbstractSet[str]:
    """Return the ids that a partial batch response reports as failed, or all ids if it is invalid."""
    if result is None:
        return set()
    try:
        reported = {item["itemIdentifier"] for item in result.get("batchItemFailures") or []}
    except (AttributeError, KeyError, TypeError):
        return ids
    return reported if reported <= ids else ids
