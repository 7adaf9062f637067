"""Lambda handler of ImageDeadLetterQueue: end the images that crashed their function too often."""

import logging
import os
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from catalight.adapters.mongo import MongoJobs, MongoRows, connect
from catalight.adapters.s3 import S3Store
from catalight.adapters.secrets import secret
from catalight.adapters.sqs import SqsQueue
from catalight.clock import utc_now
from catalight.domain import messages
from catalight.usecases.ask_completion import AskCompletion
from catalight.usecases.carry_on import CarryOn
from catalight.usecases.give_up import GiveUp
from catalight.usecases.record_images import RecordImages

logger = Logger()
processor = BatchProcessor(
    EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger(logger.name)
)


@cache
def give_up() -> GiveUp:
    """Build the use case from the function's environment, once."""
    env = os.environ
    aws = Config(retries={"mode": "standard", "total_max_attempts": 5})
    database = connect(secret(env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"], select_seconds=30)
    jobs, rows = MongoJobs(database), MongoRows(database)
    sqs = boto3.client("sqs", config=aws)
    image_queue = SqsQueue(sqs, env["IMAGE_QUEUE_URL"])
    aggregator_queue = SqsQueue(sqs, env["AGGREGATOR_QUEUE_URL"])
    store = S3Store(boto3.client("s3", config=aws), env["BUCKET"])
    return GiveUp(
        jobs=jobs,
        rows=rows,
        image_queue=image_queue,
        record_images=RecordImages(jobs, rows, store, utc_now),
        carry_on=CarryOn(rows, image_queue, AskCompletion(jobs, rows, aggregator_queue, utc_now)),
        receives=int(env["IMAGE_RECEIVES"]),
    )


def _record_handler(record: SQSRecord) -> None:
    message = messages.decode(record.body)
    if not isinstance(message, messages.ProcessRange):
        raise TypeError(f"{type(message).__name__} does not belong on ImageDeadLetterQueue")
    logger.warning("dead letter", job=message.job_id, range=message.range, row=message.row)
    give_up()(message)


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch; failed records are named, and only they come back."""
    return process_partial_response(event, _record_handler, processor, context)
