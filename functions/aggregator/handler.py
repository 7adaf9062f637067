"""Lambda handler of AggregatorQueue and WebhookQueue: finish jobs, and deliver their webhooks."""

import logging
import os
from collections.abc import Callable
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
from catalight.adapters.webhook import SignedSender
from catalight.clock import utc_now
from catalight.domain import messages
from catalight.usecases.deliver_webhook import DeliverWebhook
from catalight.usecases.finish_job import FinishJob

logger = Logger()
processor = BatchProcessor(
    EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger(logger.name)
)


@cache
def use_cases() -> dict[type, Callable[..., None]]:
    """Build the use cases from the function's environment, once, by the message that each handles."""
    env = os.environ
    aws = Config(retries={"mode": "standard", "total_max_attempts": 5})
    database = connect(secret(env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"], select_seconds=30)
    jobs = MongoJobs(database)
    webhook_queue = SqsQueue(boto3.client("sqs", config=aws), env["WEBHOOK_QUEUE_URL"])
    store = S3Store(boto3.client("s3", config=aws), env["BUCKET"])
    sender = SignedSender(
        secret=lambda: secret(env["WEBHOOK_SECRET_ARN"]),
        allow_private_hosts=env.get("CATALIGHT_ALLOW_PRIVATE_HOSTS") == "1",
    )
    pauses = [float(pause) for pause in env["WEBHOOK_RETRY_PAUSES"].split(",")]
    return {
        messages.FinishJob: FinishJob(jobs, MongoRows(database), store, webhook_queue, utc_now),
        messages.DeliverWebhook: DeliverWebhook(jobs, webhook_queue, sender, utc_now, pauses),
    }


def _record_handler(record: SQSRecord) -> None:
    message = messages.decode(record.body)
    use_cases()[type(message)](message)


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch; failed records are named, and only they come back."""
    return process_partial_response(event, _record_handler, processor, context)
