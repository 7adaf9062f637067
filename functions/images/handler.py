"""Lambda handler of ImageQueue: each record is a row range to process."""

from catalight import imports  # isort: split

import math
import os
import random
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from threading import Semaphore
from typing import TYPE_CHECKING

import boto3

from catalight.adapters.aws import clients, records
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.secrets import secret_now
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.logging.facts import report
from catalight.adapters.mongo import (
    Connection,
    MongoHosts,
    MongoJobs,
    MongoReferences,
    MongoRows,
    MongoSources,
    MongoUsage,
)
from catalight.adapters.web.fetch import Fetcher
from catalight.clock import utc_now
from catalight.domain.image.capacity import DOWNLOADS, SOURCE_BYTES, Capacity, capacity
from catalight.domain.image.limits import Limits
from catalight.domain.job.retention import Retention
from catalight.domain.messages import ProcessRange as ProcessRangeMessage
from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.callers.count_downloads import CountDownloads
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.process_range import ProcessRange
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.images.reuse_outputs import ReuseOutputs
from catalight.usecases.images.share_bytes import ShareBytes
from catalight.usecases.images.share_outcomes import ShareOutcomes
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.release_outputs import ReleaseOutputs
from catalight.usecases.messaging import defer_on_outage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

# Read at start-up, so that an invalid setting stops the function before any work.
EGRESS = EgressPolicy.read(os.environ)


@cache
def sqs() -> "SQSClient":
    """Return the SQS client: one for both queues, because building a client is slow."""
    return boto3.client("sqs", config=clients.config())


def image_queue() -> SqsQueue:
    """Return the queue that feeds this function; this calls no service, so an outage cannot make it fail."""
    return SqsQueue(sqs(), os.environ["IMAGE_QUEUE_URL"])


@cache
def process_range() -> ProcessRange:
    """Build the use case from the function's environment, once."""
    env = os.environ
    able = capacity(int(env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]))
    sandbox = Sandbox(Limits(memory=able.memory, cpu_seconds=math.ceil(float(env["CODING_SECONDS"]))))
    sandbox.start()  # now, so that its imports run in parallel with the rest of this function
    uri = partial(secret_now, env["MONGODB_URI_SECRET_ARN"])
    pool = int(env["MONGODB_CONNECTIONS"])
    mongodb = Connection(uri, env["MONGODB_DATABASE"], select_seconds=30, pool=pool)
    jobs, rows = MongoJobs(mongodb, report), MongoRows(mongodb)
    aggregator_queue = SqsQueue(sqs(), env["AGGREGATOR_QUEUE_URL"])
    store = S3Store(boto3.client("s3", config=clients.config(connections=DOWNLOADS)), env["BUCKET"])
    count_downloads = CountDownloads(MongoUsage(mongodb), utc_now)
    sources, references = MongoSources(mongodb), MongoReferences(mongodb)
    threads = ThreadPoolExecutor(DOWNLOADS)
    return ProcessRange(
        jobs=jobs,
        rows=rows,
        image_queue=image_queue(),
        record_images=RecordImages(jobs, rows, store, utc_now, report),
        reuse_outputs=ReuseOutputs(
            sources=sources,
            references=references,
            jobs=jobs,
            store=store,
            release_outputs=ReleaseOutputs(jobs, references, store),
            threads=threads,
            clock=utc_now,
            retention=Retention.read(env),
        ),
        share_bytes=ShareBytes(sources),
        share_outcomes=ShareOutcomes(rows, utc_now),
        carry_on=CarryOn(rows, image_queue(), AskCompletion(jobs, rows, aggregator_queue, utc_now)),
        compress_images=_compress_images(able, sandbox, store, MongoHosts(mongodb), count_downloads, threads),
        count_downloads=count_downloads,
        clock=utc_now,
    )


def _compress_images(
    able: Capacity,
    sandbox: Sandbox,
    store: S3Store,
    hosts: MongoHosts,
    count_downloads: CountDownloads,
    threads: ThreadPoolExecutor,
) -> CompressImages:
    env = os.environ
    fetch_seconds = float(env["FETCH_SECONDS"])
    fetcher = Fetcher(
        EGRESS,
        max_bytes=SOURCE_BYTES,
        max_seconds=fetch_seconds,
        pool_size=DOWNLOADS,
        received=count_downloads.received,
    )
    return CompressImages(
        fetch=fetcher.fetch_changed,
        compress=sandbox.compress,
        expect=sandbox.expect,
        store=store,
        hosts=hosts,
        clock=utc_now,
        timer=time.perf_counter,
        random=random.random,
        threads=threads,
        coding=Semaphore(able.coders),
        output_budget=ByteBudget(able.waiting),
        pauses=[float(pause) for pause in env["IMAGE_RETRY_PAUSES"].split(",")],
        deadline=float(env["IMAGE_DEADLINE_SECONDS"]),
        outage_pause=float(env["OUTAGE_PAUSE"]),
        downloads=DOWNLOADS,
        per_host=int(env["HOST_CONNECTIONS"]),
        fetch_seconds=fetch_seconds,
        coding_seconds=float(env["CODING_SECONDS"]),
        report=report,
    )


def _handle(received: records.Received) -> bool:
    message = received.message
    if not isinstance(message, ProcessRangeMessage):
        raise TypeError(f"{type(message).__name__} does not belong on ImageQueue")
    return defer_on_outage(
        image_queue(),
        message,
        int(os.environ["OUTAGE_PAUSE"]),
        lambda: process_range()(message, received.seconds_left, received.receives),
    )


handle = records.handler(_handle)

imports.finished()
