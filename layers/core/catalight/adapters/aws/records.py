"""Lambda handlers for batches of SQS records, with partial batch responses."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from catalight.adapters.logging import logs
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


def handler(
    handle: Callable[[Received], None], messages_of: Callable[[str], Sequence[Message]] = _own
) -> Handler:
    """Return a Lambda handler that passes the messages to `handle` one by one.

    `messages_of` returns the messages of a record's body; by default, that is one of Catalight's own.

    The response lists the records for which `handle` raised, so that SQS delivers only those again
    (ReportBatchItemFailures):
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    logger = logs.logger()
    processor = BatchProcessor(
        EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger(logger.name)
    )

    def handle_record(record: SQSRecord, lambda_context: LambdaContext) -> None:
        receives = int(record.attributes.approximate_receive_count)
        seconds_left = _seconds_left(lambda_context)
        for message in messages_of(record.body):
            handle(Received(message, receives, seconds_left))

    @logger.inject_lambda_context(clear_state=True)
    def handle_batch(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        return process_partial_response(event, handle_record, processor, context)

    return handle_batch


def _seconds_left(context: LambdaContext) -> Callable[[], float]:
    return lambda: context.get_remaining_time_in_millis() / 1000
