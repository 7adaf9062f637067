"""Lambda handlers for batches of SQS records, with partial batch responses."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from catalight.adapters.aws.sqs import DELAY
from catalight.adapters.logging import hops, logs
from catalight.adapters.logging.facts import report
from catalight.domain.facts import MessageHandled, MessageUnreadable, Outcome
from catalight.domain.messages import Message, decode

type Handler = Callable[[dict[str, Any], LambdaContext], PartialItemFailureResponse]


@dataclass(frozen=True, slots=True)
class Received:
    """A message, how often it was received, and the seconds until the Lambda timeout."""

    message: Message
    receives: int
    seconds_left: Callable[[], float]


def _own(body: str) -> Sequence[Message]:
    return [decode(body)]


def _read(messages_of: Callable[[str], Sequence[Message]], body: str, receives: int) -> Sequence[Message]:
    try:
        return messages_of(body)
    except Exception:
        report(MessageUnreadable(receives))
        raise


def handler(
    handle: Callable[[Received], bool],
    messages_of: Callable[[str], Sequence[Message]] = _own,
    *,
    dead_letters: bool = False,
) -> Handler:
    """Return a Lambda handler that passes the messages to `handle` one by one.

    `handle` returns False if it has deferred the message. `messages_of` returns the messages of a record's
    body; by default, that is one of Catalight's own. The time that `dead_letters` have waited is not
    measured: it began in the queue in which they died.

    The response lists the records for which `handle` raised, so that SQS delivers only those again
    (ReportBatchItemFailures):
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    logger = logs.logger()
    processor = BatchProcessor(
        EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger(logger.name)
    )

    def handle_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
        seconds_left = _seconds_left(lambda_context)
        waited = None if dead_letters else _waited(record, time.time())
        receives = int(record.attributes.approximate_receive_count)
        carried = {name: _attribute(record, name) for name in hops.CARRIED}
        for message in _read(messages_of, record.body, receives):
            hops.begin(carried, **asdict(message))
            began, outcome = time.monotonic(), Outcome.FAILED
            try:
                handled = handle(Received(message, receives, seconds_left))
                outcome = Outcome.DONE if handled else Outcome.DEFERRED
            finally:
                report(MessageHandled(message, outcome, time.monotonic() - began, receives, waited))

    @logger.inject_lambda_context(clear_state=True)
    def handle_batch(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        return process_partial_response(event, handle_record, processor, context)

    return handle_batch


def _seconds_left(context: LambdaContext) -> Callable[[], float]:
    return lambda: context.get_remaining_time_in_millis() / 1000


def _waited(record: SQSRecord, now: float) -> float | None:
    """Return by how many seconds a message was late when it was received; None if it was received before."""
    sent = record.raw_event["attributes"].get("SentTimestamp")  # milliseconds
    if sent is None or record.attributes.approximate_receive_count != "1":
        return None
    return max(0.0, now - int(sent) / 1000 - float(_attribute(record, DELAY) or 0))


def _attribute(record: SQSRecord, name: str) -> str | None:
    value: str | None = record.raw_event.get("messageAttributes", {}).get(name, {}).get("stringValue")
    return value
