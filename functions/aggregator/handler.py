"""Lambda handler of AggregatorQueue and WebhookQueue: tends and finishes jobs, delivers webhooks."""

from catalight import imports  # isort: split

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING

import boto3

from catalight.adapters.aws import clients, records
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.s3_multipart import S3Uploads
from catalight.adapters.aws.secrets import secret_now, words
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.logging.facts import report
from catalight.adapters.mongo import (
    Connection,
    MongoBigUploads,
    MongoDeliveries,
    MongoExports,
    MongoJobs,
    MongoKeys,
    MongoReferences,
    MongoResults,
    MongoRows,
    MongoSources,
)
from catalight.adapters.results.write import write_result
from catalight.adapters.web.webhook import SignedSender
from catalight.clock import utc_now
from catalight.domain import messages
from catalight.domain.job.retention import Retention
from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.exports.abort_exports import AbortExports
from catalight.usecases.images.end_rows import EndRows
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.finish import FinishJob
from catalight.usecases.jobs.release_outputs import ReleaseOutputs
from catalight.usecases.jobs.reopen_rows import ReopenRows
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.messaging import defer_on_outage
from catalight.usecases.results.note_same import NoteSame
from catalight.usecases.results.write_rows import WriteRows
from catalight.usecases.upkeep.purge_job import PurgeJob
from catalight.usecases.upkeep.renew_outputs import AT_ONCE, RenewOutputs
from catalight.usecases.upkeep.tend_job import TendJob
from catalight.usecases.uploads.tend_upload import RemoveFile, TendUpload
from catalight.usecases.webhooks.deliver import DeliverWebhook
from catalight.usecases.webhooks.signing_secrets import SigningSecrets

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

# Read at start-up, so that an invalid setting stops the function before any work.
EGRESS = EgressPolicy.read(os.environ)


@cache
def sqs() -> "SQSClient":
    """Return the SQS client: one for all queues, because building a client is slow."""
    return boto3.client("sqs", config=clients.config())


def queue(name: str) -> SqsQueue:
    """Return a queue by its name; this calls no service, so an outage cannot make it fail."""
    return SqsQueue(sqs(), os.environ[f"{name}_QUEUE_URL"])


@cache
def s3() -> "S3Client":
    """Return the S3 client."""
    return boto3.client("s3", config=clients.config(connections=AT_ONCE + 1))


def store() -> S3Store:
    """Return the store of images and results."""
    return S3Store(s3(), os.environ["BUCKET"])


def uploads() -> S3Uploads:
    """Return the multipart uploads of the store."""
    return S3Uploads(s3(), os.environ["BUCKET"])


@cache
def mongodb() -> Connection:
    """Return the connection to MongoDB, created once."""
    uri = partial(secret_now, os.environ["MONGODB_URI_SECRET_ARN"])
    return Connection(uri, os.environ["MONGODB_DATABASE"], select_seconds=30)


@cache
def tend_job() -> TendJob:
    """Build the use case from the function's environment, once."""
    jobs, rows, retention = MongoJobs(mongodb(), report), MongoRows(mongodb()), Retention.read(os.environ)
    image_queue, aggregator_queue = queue("IMAGE"), queue("AGGREGATOR")
    ask_completion = AskCompletion(jobs, rows, aggregator_queue, utc_now)
    record_images = RecordImages(jobs, rows, store(), utc_now, report)
    exports, results = MongoExports(mongodb()), MongoResults(mongodb())
    abort_exports = AbortExports(exports, results, uploads(), store())
    remove_file = RemoveFile(store(), uploads())
    references, sources = MongoReferences(mongodb()), MongoSources(mongodb())
    release_outputs = ReleaseOutputs(jobs, references, store())
    return TendJob(
        jobs=jobs,
        rows=rows,
        image_queue=image_queue,
        aggregator_queue=aggregator_queue,
        webhook_queue=queue("WEBHOOK"),
        ask_completion=ask_completion,
        end_rows=EndRows(rows, record_images, utc_now),
        reopen_rows=ReopenRows(jobs, rows, SendWindow(image_queue, ask_completion), utc_now),
        abort_exports=abort_exports,
        purge_job=PurgeJob(
            jobs, rows, store(), abort_exports, remove_file, release_outputs, sources, utc_now, retention
        ),
        tend_upload=TendUpload(
            jobs=jobs,
            rows=rows,
            big_uploads=MongoBigUploads(mongodb(), report),
            remove_file=remove_file,
            ingest_queue=queue("INGEST"),
            clock=utc_now,
            retention=retention,
        ),
        renew_outputs=RenewOutputs(references, store(), ThreadPoolExecutor(AT_ONCE), utc_now, retention),
        clock=utc_now,
        retention=retention,
    )


@cache
def finish_job() -> FinishJob:
    """Build the use case from the function's environment, once."""
    rows, results = MongoRows(mongodb()), MongoResults(mongodb())
    note_same = NoteSame(MongoSources(mongodb()))
    write_rows = WriteRows(rows, results, uploads(), store(), write_result, note_same, utc_now)
    return FinishJob(
        jobs=MongoJobs(mongodb(), report),
        results=results,
        uploads=uploads(),
        write_rows=write_rows,
        aggregator_queue=queue("AGGREGATOR"),
        webhook_queue=queue("WEBHOOK"),
        clock=utc_now,
    )


@cache
def deliver_webhook() -> DeliverWebhook:
    """Build the use case from the function's environment, once."""
    env = os.environ
    secrets = SigningSecrets(MongoKeys(mongodb()), partial(words, env["WEBHOOK_SECRET_ARN"]), utc_now)
    sender = SignedSender(EGRESS, secrets=secrets)
    pauses = [float(pause) for pause in env["WEBHOOK_RETRY_PAUSES"].split(",")]
    jobs, deliveries = MongoJobs(mongodb(), report), MongoDeliveries(mongodb())
    return DeliverWebhook(jobs, deliveries, queue("WEBHOOK"), sender, utc_now, pauses, report)


def _handle(received: records.Received) -> bool:
    message, pause = received.message, int(os.environ["OUTAGE_PAUSE"])
    match message:
        case messages.TendJob():
            return defer_on_outage(
                queue("AGGREGATOR"), message, pause, lambda: tend_job()(message, received.seconds_left)
            )
        case messages.FinishJob():
            return defer_on_outage(
                queue("AGGREGATOR"), message, pause, lambda: finish_job()(message, received.seconds_left)
            )
        case messages.DeliverWebhook():
            return defer_on_outage(queue("WEBHOOK"), message, pause, lambda: deliver_webhook()(message))
        case _:
            raise TypeError(f"{type(message).__name__} does not belong on AggregatorQueue or WebhookQueue")


handle = records.handler(_handle)

imports.finished()
