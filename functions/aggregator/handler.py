"""Lambda handler of AggregatorQueue and WebhookQueue: see to jobs, finish them, deliver their webhooks."""

import logging
import os
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from catalight.adapters.mongo import MongoDeliveries, MongoJobs, MongoRows, connect
from catalight.adapters.s3 import S3Store
from catalight.adapters.secrets import secret
from catalight.adapters.sqs import SqsQueue
from catalight.adapters.webhook import SignedSender
from catalight.clock import utc_now
from catalight.domain import messages
from catalight.domain.terms import Terms
from catalight.usecases.ask_completion import AskCompletion
from catalight.usecases.deliver_webhook import DeliverWebhook
from catalight.usecases.end_rows import EndRows
from catalight.usecases.finish_job import FinishJob
from catalight.usecases.or_later import or_later
from catalight.usecases.ports import Queue, SecondsLeft
from catalight.usecases.purge_job import PurgeJob
from catalight.usecases.record_images import RecordImages
from catalight.usecases.reopen_rows import ReopenRows
from catalight.usecases.send_window import SendWindow
from catalight.usecases.tend_job import TendJob

logger = Logger()
processor = BatchProcessor(
    EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger(logger.name)
)


@dataclass(frozen=True, slots=True)
class Services:
    """What the handler works with; its queues are those that it can send a message back to."""

    tend_job: TendJob
    finish_job: FinishJob
    deliver_webhook: DeliverWebhook
    aggregator_queue: Queue
    webhook_queue: Queue


@cache
def services() -> Services:
    """Build the services from the function's environment, once."""
    env = os.environ
    aws = Config(retries={"mode": "standard", "total_max_attempts": 5})
    database = connect(secret(env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"], select_seconds=30)
    jobs, rows, deliveries = MongoJobs(database), MongoRows(database), MongoDeliveries(database)
    store = S3Store(boto3.client("s3", config=aws), env["BUCKET"])
    sqs = boto3.client("sqs", config=aws)
    image_queue, aggregator_queue, webhook_queue = (
        SqsQueue(sqs, env[f"{name}_QUEUE_URL"]) for name in ("IMAGE", "AGGREGATOR", "WEBHOOK")
    )
    terms = Terms.read(env)
    ask_completion = AskCompletion(jobs, rows, aggregator_queue, utc_now)
    record_images = RecordImages(jobs, rows, store, utc_now)
    tend_job = TendJob(
        jobs=jobs,
        rows=rows,
        image_queue=image_queue,
        aggregator_queue=aggregator_queue,
        webhook_queue=webhook_queue,
        ask_completion=ask_completion,
        end_rows=EndRows(rows, record_images, utc_now),
        reopen_rows=ReopenRows(jobs, rows, SendWindow(image_queue, ask_completion), utc_now),
        purge_job=PurgeJob(jobs, rows, store, utc_now, terms),
        clock=utc_now,
        terms=terms,
    )
    sender = SignedSender(
        secret=lambda: secret(env["WEBHOOK_SECRET_ARN"]),
        allow_private_hosts=env.get("CATALIGHT_ALLOW_PRIVATE_HOSTS") == "1",
    )
    pauses = [float(pause) for pause in env["WEBHOOK_RETRY_PAUSES"].split(",")]
    return Services(
        tend_job=tend_job,
        finish_job=FinishJob(jobs, rows, store, webhook_queue, utc_now),
        deliver_webhook=DeliverWebhook(jobs, deliveries, webhook_queue, sender, utc_now, pauses),
        aggregator_queue=aggregator_queue,
        webhook_queue=webhook_queue,
    )


def _record_handler(record: SQSRecord, lambda_context: LambdaContext) -> None:
    built, message = services(), messages.decode(record.body)
    match message:
        case messages.TendJob():
            seconds_left = _seconds_left(lambda_context)
            or_later(built.aggregator_queue, message, lambda: built.tend_job(message, seconds_left))
        case messages.FinishJob():
            or_later(built.aggregator_queue, message, lambda: built.finish_job(message))
        case messages.DeliverWebhook():
            or_later(built.webhook_queue, message, lambda: built.deliver_webhook(message))
        case _:
            raise TypeError(f"{type(message).__name__} does not belong here")


def _seconds_left(context: LambdaContext) -> SecondsLeft:
    return lambda: context.get_remaining_time_in_millis() / 1000


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch; failed records are named, and only they come back."""
    return process_partial_response(event, _record_handler, processor, context)
