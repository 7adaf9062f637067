"""Lambda handler of ImageDeadLetterQueue: ends the images that crashed their function too often."""

from catalight import imports  # isort: split

import logging
import os
from functools import cache, partial

import boto3

from catalight.adapters.aws import clients, records
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.secrets import secret_now
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.logging.facts import report
from catalight.adapters.mongo import Connection, MongoJobs, MongoRows
from catalight.clock import utc_now
from catalight.domain.messages import ProcessRange
from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.give_up import GiveUp
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.jobs.ask_completion import AskCompletion

logger = logging.getLogger("catalight.dead_letters")


@cache
def give_up() -> GiveUp:
    """Build the use case from the function's environment, once."""
    env = os.environ
    uri = partial(secret_now, env["MONGODB_URI_SECRET_ARN"])
    mongodb = Connection(uri, env["MONGODB_DATABASE"], select_seconds=30)
    jobs, rows = MongoJobs(mongodb, report), MongoRows(mongodb)
    sqs = boto3.client("sqs", config=clients.config())
    image_queue = SqsQueue(sqs, env["IMAGE_QUEUE_URL"])
    aggregator_queue = SqsQueue(sqs, env["AGGREGATOR_QUEUE_URL"])
    store = S3Store(boto3.client("s3", config=clients.config()), env["BUCKET"])
    return GiveUp(
        jobs=jobs,
        rows=rows,
        image_queue=image_queue,
        record_images=RecordImages(jobs, rows, store, utc_now, report),
        carry_on=CarryOn(rows, image_queue, AskCompletion(jobs, rows, aggregator_queue, utc_now)),
        receives=int(env["IMAGE_RECEIVES"]),
    )


def _handle(received: records.Received) -> bool:
    """Handle a dead letter; in an outage SQS delivers it again: this queue has no maxReceiveCount."""
    message = received.message
    if not isinstance(message, ProcessRange):
        raise TypeError(f"{type(message).__name__} does not belong on ImageDeadLetterQueue")
    logger.warning("dead letter of job %s: range %s, row %s", message.job_id, message.range, message.row)
    give_up()(message)
    return True


handle = records.handler(_handle, dead_letters=True)

imports.finished()
