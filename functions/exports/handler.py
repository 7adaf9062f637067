"""Lambda handler of ExportQueue: writes results in the forms that clients have asked for."""

from catalight import imports  # isort: split

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

import boto3

from catalight.adapters.aws import clients, records
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.s3_multipart import S3Uploads
from catalight.adapters.aws.secrets import secret_now
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.logging.facts import report
from catalight.adapters.mongo import Connection, MongoExports, MongoJobs, MongoRows, MongoSources
from catalight.adapters.results.write import write_result
from catalight.clock import utc_now
from catalight.domain.messages import WriteExport as Message
from catalight.usecases.exports.fetch_ahead import AT_ONCE
from catalight.usecases.exports.write_export import WriteExport
from catalight.usecases.exports.write_zip import WriteZip
from catalight.usecases.messaging import defer_on_outage
from catalight.usecases.results.note_same import NoteSame
from catalight.usecases.results.write_rows import WriteRows


@cache
def queue() -> SqsQueue:
    """Return the function's own queue."""
    return SqsQueue(boto3.client("sqs", config=clients.config()), os.environ["EXPORT_QUEUE_URL"])


@cache
def write_export() -> WriteExport:
    """Build the use case from the function's environment, once."""
    env = os.environ
    uri = partial(secret_now, env["MONGODB_URI_SECRET_ARN"])
    mongodb = Connection(uri, env["MONGODB_DATABASE"], select_seconds=30)
    s3 = boto3.client("s3", config=clients.config(connections=AT_ONCE + 1))
    rows, exports = MongoRows(mongodb), MongoExports(mongodb)
    store, uploads = S3Store(s3, env["BUCKET"]), S3Uploads(s3, env["BUCKET"])
    note_same = NoteSame(MongoSources(mongodb))
    write_rows = WriteRows(rows, exports, uploads, store, write_result, note_same, utc_now)
    write_zip = WriteZip(
        exports=exports,
        rows=rows,
        uploads=uploads,
        store=store,
        reader=store,
        clock=utc_now,
        threads=ThreadPoolExecutor(AT_ONCE),
    )
    return WriteExport(
        jobs=MongoJobs(mongodb),
        exports=exports,
        store=store,
        uploads=uploads,
        export_queue=queue(),
        write_rows=write_rows,
        write_zip=write_zip,
        clock=utc_now,
        report=report,
    )


def _handle(received: records.Received) -> bool:
    message, pause = received.message, int(os.environ["OUTAGE_PAUSE"])
    if not isinstance(message, Message):
        raise TypeError(f"{type(message).__name__} does not belong on ExportQueue")
    return defer_on_outage(queue(), message, pause, lambda: write_export()(message, received.seconds_left))


handle = records.handler(_handle)

imports.finished()
