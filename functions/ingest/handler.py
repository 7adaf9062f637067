"""Lambda handler of IngestQueue: reads the files that clients have stored into their jobs."""

from catalight import imports  # isort: split

import json
import os
from collections.abc import Sequence
from functools import cache, partial
from urllib.parse import unquote_plus

import boto3

from catalight.adapters.aws import clients, records
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.s3_multipart import S3Uploads
from catalight.adapters.aws.s3_ranges import S3Ranges
from catalight.adapters.aws.secrets import secret_now
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.logging.facts import report
from catalight.adapters.mongo import (
    Connection,
    MongoBigUploads,
    MongoColumnMemory,
    MongoJobs,
    MongoKeys,
    MongoRows,
    MongoSources,
    MongoUsage,
)
from catalight.adapters.tables.large.reader import LargeTableReader
from catalight.adapters.tables.reader import TableReader
from catalight.clock import utc_now
from catalight.domain.job.retention import Retention
from catalight.domain.job.upload import UPLOADS
from catalight.domain.messages import IngestUpload as Message
from catalight.domain.messages import Message as AnyMessage
from catalight.domain.messages import decode
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.make_rows import BoundedPlaces
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.jobs.understand import Understand
from catalight.usecases.messaging import defer_on_outage
from catalight.usecases.uploads.ingest_upload import IngestUpload
from catalight.usecases.uploads.look import Look
from catalight.usecases.uploads.read_upload import ReadUpload
from catalight.usecases.uploads.spool_table import SpoolTable
from catalight.usecases.uploads.tend_upload import RemoveFile
from catalight.usecases.uploads.unpack import Unpack


@cache
def queue(name: str) -> SqsQueue:
    """Return a queue by its name; this calls no service, so an outage cannot make it fail."""
    return SqsQueue(boto3.client("sqs", config=clients.config()), os.environ[f"{name}_QUEUE_URL"])


@cache
def ingest_upload() -> IngestUpload:
    """Build the use case from the function's environment, once."""
    env = os.environ
    mongodb = Connection(
        partial(secret_now, env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"], select_seconds=30
    )
    jobs, rows, memory = MongoJobs(mongodb, report), MongoRows(mongodb), MongoColumnMemory(mongodb)
    s3 = boto3.client("s3", config=clients.config())
    bucket = env["BUCKET"]
    uploads = S3Uploads(s3, bucket)
    read_upload = ReadUpload(
        rows=rows,
        keys=MongoKeys(mongodb),
        admit=Admit(jobs, MongoUsage(mongodb), utc_now),
        memory=memory,
        look=Look(Understand(TableReader(), memory), in_memory=int(env["WORKBOOK_IN_MEMORY"])),
        sample_memory=SampleMemory(MongoSources(mongodb)),
        first_places=BoundedPlaces,
        clock=utc_now,
        retention=Retention.read(env),
    )
    return IngestUpload(
        jobs=jobs,
        big_uploads=MongoBigUploads(mongodb, report),
        objects=S3Ranges(s3, bucket),
        unpack=Unpack(uploads),
        spool_table=SpoolTable(uploads, LargeTableReader()),
        read_upload=read_upload,
        remove_file=RemoveFile(S3Store(s3, bucket), uploads),
        send_window=SendWindow(queue("IMAGE"), AskCompletion(jobs, rows, queue("AGGREGATOR"), utc_now)),
        ingest_queue=queue("INGEST"),
        aggregator_queue=queue("AGGREGATOR"),
        clock=utc_now,
        report=report,
    )


def messages_of(body: str) -> Sequence[AnyMessage]:
    """Return our own message, or one for each object that an event of S3 tells of.

    S3's test event tells of none ("Event message structure", Amazon S3 User Guide).
    """
    event = json.loads(body)
    if not isinstance(event, dict) or "kind" in event:
        return [decode(body)]
    keys = (unquote_plus(record["s3"]["object"]["key"]) for record in event.get("Records", ()))
    return [Message(key.removeprefix(UPLOADS)) for key in keys if key.startswith(UPLOADS)]


def _handle(received: records.Received) -> bool:
    message, pause = received.message, int(os.environ["OUTAGE_PAUSE"])
    if not isinstance(message, Message):
        raise TypeError(f"{type(message).__name__} does not belong on IngestQueue")
    return defer_on_outage(
        queue("INGEST"), message, pause, lambda: ingest_upload()(message, received.seconds_left)
    )


handle = records.handler(_handle, messages_of)

imports.finished()
