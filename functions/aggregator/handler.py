"""Lambda handler of AggregatorQueue and WebhookQueue: see to jobs, finish them, deliver their webhooks."""

import os
from functools import cache, partial
from typing import TYPE_CHECKING

import boto3

from catalight.adapters.aws import clients, records
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.secrets import secret_now, words
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.mongo import Connection, MongoDeliveries, MongoJobs, MongoKeys, MongoRows
from catalight.adapters.web.webhook import SignedSender
from catalight.clock import utc_now
from catalight.domain import messages
from catalight.domain.job.retention import Retention
from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.images.end_rows import EndRows
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.finish import FinishJob
from catalight.usecases.jobs.reopen_rows import ReopenRows
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.messaging import defer_on_outage
from catalight.usecases.upkeep.purge_job import PurgeJob
from catalight.usecases.upkeep.tend_job import TendJob
from catalight.usecases.webhooks.deliver import DeliverWebhook
from catalight.usecases.webhooks.signing_secrets import SigningSecrets

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

EGRESS = EgressPolicy.read(os.environ)  # at start-up: where it must not be so, nothing runs


@cache
def sqs() -> "SQSClient":
    """One client for all queues: each takes its time to build."""
    return boto3.client("sqs", config=clients.config())


def queue(name: str) -> SqsQueue:
    """One of our queues; it needs nothing that could be down."""
    return SqsQueue(sqs(), os.environ[f"{name}_QUEUE_URL"])


@cache
def store() -> S3Store:
    """The bucket."""
    return S3Store(boto3.client("s3", config=clients.config()), os.environ["BUCKET"])


@cache
def mongodb() -> Connection:
    """The database, wherever it is."""
    uri = partial(secret_now, os.environ["MONGODB_URI_SECRET_ARN"])
    return Connection(uri, os.environ["MONGODB_DATABASE"], select_seconds=30)


@cache
def tend_job() -> TendJob:
    """Build the use case from the function's environment, once."""
    jobs, rows, retention = MongoJobs(mongodb()), MongoRows(mongodb()), Retention.read(os.environ)
    image_queue, aggregator_queue = queue("IMAGE"), queue("AGGREGATOR")
    ask_completion = AskCompletion(jobs, rows, aggregator_queue, utc_now)
    record_images = RecordImages(jobs, rows, store(), utc_now)
    return TendJob(
        jobs=jobs,
        rows=rows,
        image_queue=image_queue,
        aggregator_queue=aggregator_queue,
        webhook_queue=queue("WEBHOOK"),
        ask_completion=ask_completion,
        end_rows=EndRows(rows, record_images, utc_now),
        reopen_rows=ReopenRows(jobs, rows, SendWindow(image_queue, ask_completion), utc_now),
        purge_job=PurgeJob(jobs, rows, store(), utc_now, retention),
        clock=utc_now,
        retention=retention,
    )


@cache
def finish_job() -> FinishJob:
    """Build the use case from the function's environment, once."""
    jobs, rows = MongoJobs(mongodb()), MongoRows(mongodb())
    return FinishJob(jobs, rows, store(), queue("WEBHOOK"), utc_now)


@cache
def deliver_webhook() -> DeliverWebhook:
    """Build the use case from the function's environment, once."""
    env = os.environ
    secrets = SigningSecrets(MongoKeys(mongodb()), partial(words, env["WEBHOOK_SECRET_ARN"]), utc_now)
    sender = SignedSender(EGRESS, secrets=secrets)
    pauses = [float(pause) for pause in env["WEBHOOK_RETRY_PAUSES"].split(",")]
    jobs, deliveries = MongoJobs(mongodb()), MongoDeliveries(mongodb())
    return DeliverWebhook(jobs, deliveries, queue("WEBHOOK"), sender, utc_now, pauses)


def _handle(received: records.Received) -> None:
    message, pause = received.message, int(os.environ["OUTAGE_PAUSE"])
    match message:
        case messages.TendJob():
            defer_on_outage(
                queue("AGGREGATOR"), message, pause, lambda: tend_job()(message, received.seconds_left)
            )
        case messages.FinishJob():
            defer_on_outage(queue("AGGREGATOR"), message, pause, lambda: finish_job()(message))
        case messages.DeliverWebhook():
            defer_on_outage(queue("WEBHOOK"), message, pause, lambda: deliver_webhook()(message))
        case _:
            raise TypeError(f"{type(message).__name__} does not belong here")


handle = records.handler(_handle)
