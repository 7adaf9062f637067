"""Lambda handler of ImageQueue: each record is a row range to process."""

import logging
import os
import random
from functools import cache
from threading import Semaphore
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from catalight.adapters import codec
from catalight.adapters.fetch import Fetcher
from catalight.adapters.mongo import MongoHosts, MongoJobs, MongoRows, connect
from catalight.adapters.s3 import S3Store
from catalight.adapters.secrets import secret
from catalight.adapters.sqs import SqsQueue
from catalight.clock import utc_now
from catalight.domain import messages
from catalight.usecases.ask_completion import AskCompletion
from catalight.usecases.carry_on import CarryOn
from catalight.usecases.make_light import MakeLight
from catalight.usecases.or_later import or_later
from catalight.usecases.ports import SecondsLeft
from catalight.usecases.process_range import ProcessRange
from catalight.usecases.record_images import RecordImages

DOWNLOADS = 10

logger = Logger()
processor = BatchProcessor(
    EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger(logger.name)
)


@cache
def process_range() -> ProcessRange:
    """Build the use case from the function's environment, once."""
    env = os.environ
    aws = Config(
        retries={"mode": "standard", "total_max_attempts": 5}, max_pool_connections=DOWNLOADS, read_timeout=20
    )
    sqs = boto3.client("sqs", config=aws)
    database = connect(secret(env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"], select_seconds=30)
    jobs, rows, hosts = MongoJobs(database), MongoRows(database), MongoHosts(database)
    hosts.ensure_indexes()
    fetch_seconds = float(env["FETCH_SECONDS"])
    fetcher = Fetcher(
        allow_private_hosts=env.get("CATALIGHT_ALLOW_PRIVATE_HOSTS") == "1",
        max_seconds=fetch_seconds,
        pool_size=DOWNLOADS,
    )
    image_queue = SqsQueue(sqs, env["IMAGE_QUEUE_URL"])
    aggregator_queue = SqsQueue(sqs, env["AGGREGATOR_QUEUE_URL"])
    store = S3Store(boto3.client("s3", config=aws), env["BUCKET"])
    return ProcessRange(
        jobs=jobs,
        rows=rows,
        image_queue=image_queue,
        record_images=RecordImages(jobs, rows, store, utc_now),
        carry_on=CarryOn(rows, image_queue, AskCompletion(jobs, rows, aggregator_queue, utc_now)),
        make_light=MakeLight(
            fetch=fetcher.fetch,
            compress=codec.compress,
            store=store,
            hosts=hosts,
            clock=utc_now,
            random=random.random,
            coding=Semaphore(1),  # the function has one vCPU, and memory for one large picture at a time
            pauses=[float(pause) for pause in env["IMAGE_RETRY_PAUSES"].split(",")],
            deadline=float(env["IMAGE_DEADLINE_SECONDS"]),
            downloads=DOWNLOADS,
            per_host=int(env["HOST_CONNECTIONS"]),
            fetch_seconds=fetch_seconds,
            coding_seconds=float(env["CODING_SECONDS"]),
        ),
        clock=utc_now,
    )


def _record_handler(record: SQSRecord, lambda_context: LambdaContext) -> None:
    message = messages.decode(record.body)
    if not isinstance(message, messages.ProcessRange):
        raise TypeError(f"{type(message).__name__} does not belong on ImageQueue")
    process = process_range()
    receives = int(record.attributes.approximate_receive_count)
    seconds_left = _seconds_left(lambda_context)
    or_later(process.image_queue, message, lambda: process(message, seconds_left, receives))


def _seconds_left(context: LambdaContext) -> SecondsLeft:
    return lambda: context.get_remaining_time_in_millis() / 1000


@logger.inject_lambda_context(clear_state=True)
def handle(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Process a batch; failed records are named, and only they come back."""
    return process_partial_response(event, _record_handler, processor, context)
