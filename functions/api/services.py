"""The use cases of the API, built once, at the first request that needs them."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import boto3
from botocore.config import Config
from fastapi import Depends

from catalight.adapters.aws import clients
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.s3_ranges import S3Forms
from catalight.adapters.aws.secrets import secret_now, secrets_of
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.logging.facts import report
from catalight.adapters.mongo import (
    Connection,
    MongoBigUploads,
    MongoColumnMemory,
    MongoDeliveries,
    MongoExports,
    MongoJobs,
    MongoKeys,
    MongoPing,
    MongoRows,
    MongoSources,
    MongoUsage,
)
from catalight.adapters.tables.reader import TableReader
from catalight.clock import utc_now
from catalight.domain import api_keys
from catalight.domain.job.retention import Retention
from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.callers.admit import Admit
from catalight.usecases.callers.authenticate import Authenticate
from catalight.usecases.callers.throttle import Throttle
from catalight.usecases.exports.offer_result import OfferResult
from catalight.usecases.images.link_image import LinkImage
from catalight.usecases.jobs.accept import Accept
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.cancel import CancelJob
from catalight.usecases.jobs.delete import DeleteJob
from catalight.usecases.jobs.extend import ExtendJob
from catalight.usecases.jobs.fetch_feed import FetchFeed
from catalight.usecases.jobs.link_result import LinkResult
from catalight.usecases.jobs.own_job import OwnJob
from catalight.usecases.jobs.retry import RetryJob
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.jobs.submit import Submit
from catalight.usecases.jobs.understand import Understand
from catalight.usecases.ports import ColumnMemory, JobList, Rows
from catalight.usecases.uploads.begin_upload import BeginUpload
from catalight.usecases.uploads.confirm_upload import ConfirmUpload
from catalight.usecases.webhooks.redeliver import RedeliverWebhook
from functions.api.body_limit import MAX_BODY

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Read at start-up, so that an invalid setting stops the function before any work.
EGRESS = EgressPolicy.read(os.environ)

# If MongoDB stalls, a request ends after this time and that of one call of Secrets Manager (clients.REQUEST).
MONGODB_SECONDS = 4


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of the API; `authenticate` is None if no API keys are required.

    An empty `api_base` means the host of the request; an empty `link_base` means that image links go through
    the API itself. `egress` decides which webhook URLs are allowed, and `retention` how
    long a job may be kept.
    """

    ping: Callable[[], None]
    authenticate: Authenticate | None
    own_job: OwnJob
    throttle: Throttle
    admit: Admit
    job_list: JobList
    rows: Rows
    fetch_feed: FetchFeed
    understand: Understand
    accept: Accept
    column_memory: ColumnMemory
    begin_upload: BeginUpload
    confirm_upload: ConfirmUpload
    cancel_job: CancelJob
    retry_job: RetryJob
    delete_job: DeleteJob
    extend_job: ExtendJob
    redeliver_webhook: RedeliverWebhook
    offer_result: OfferResult
    api_base: str
    link_base: str
    egress: EgressPolicy
    retention: Retention


@cache
def mongodb() -> Connection:
    """Return the connection to MongoDB, created once."""
    env = os.environ
    uri = partial(secret_now, env["MONGODB_URI_SECRET_ARN"], clients.REQUEST)
    return Connection(uri, env["MONGODB_DATABASE"], call_seconds=MONGODB_SECONDS)


@cache
def s3() -> "S3Client":
    """Return the S3 client."""
    # By default boto3 presigns for S3's global endpoint, which redirects for new buckets and does not know
    # new regions; and in us-east-1 with signature version 2, which S3 accepts for old buckets only.
    presigning = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    config = clients.config(clients.REQUEST).merge(presigning)
    return clients.without_late_attempts(boto3.client("s3", config=config), clients.REQUEST)


@cache
def store() -> S3Store:
    """Return the store of images and results."""
    return S3Store(s3(), os.environ["BUCKET"])


@cache
def link_image() -> LinkImage:
    """Build the use case for image links, which work without MongoDB."""
    return LinkImage(store())


def _fetch_feed(url: str, received: Callable[[int], None]) -> bytes:
    """Download a catalogue."""
    # Imported only here, because few requests need it and a cold start would take longer.
    from catalight.adapters.web.feed import fetch_feed

    return fetch_feed(url, received, egress=EGRESS, max_bytes=MAX_BODY)


def _queues() -> Iterator[SqsQueue]:
    sqs = boto3.client("sqs", config=clients.config(clients.REQUEST))
    sqs = clients.without_late_attempts(sqs, clients.REQUEST)
    for name in ("IMAGE", "AGGREGATOR", "WEBHOOK", "EXPORT", "INGEST"):
        yield SqsQueue(sqs, os.environ[f"{name}_QUEUE_URL"])


def _new_id() -> str:
    return str(uuid4())


@cache
def services() -> Services:
    """Build the services from the function's environment, once."""
    env = os.environ
    jobs, rows, exports = MongoJobs(mongodb(), report), MongoRows(mongodb()), MongoExports(mongodb())
    keys, usage, memory = MongoKeys(mongodb()), MongoUsage(mongodb()), MongoColumnMemory(mongodb())
    image_queue, aggregator_queue, webhook_queue, export_queue, ingest_queue = _queues()
    big_uploads = MongoBigUploads(mongodb(), report)
    retention = Retention.read(env)
    understand = Understand(TableReader(), memory)
    throttle = Throttle(usage, utc_now)
    admit = Admit(jobs, usage, utc_now)
    send_window = SendWindow(image_queue, AskCompletion(jobs, rows, aggregator_queue, utc_now))
    new_jobs = utc_now, _new_id, int(env["WINDOW"]), retention
    submit = Submit(jobs, rows, admit, SampleMemory(MongoSources(mongodb())), send_window, *new_jobs)
    return Services(
        ping=MongoPing(mongodb()),
        authenticate=Authenticate(keys) if api_keys.keys_required(env) else None,
        own_job=OwnJob(jobs),
        throttle=throttle,
        admit=admit,
        job_list=jobs,
        rows=rows,
        fetch_feed=FetchFeed(_fetch_feed, throttle, MAX_BODY),
        understand=understand,
        accept=Accept(understand, submit, memory, jobs, utc_now),
        column_memory=memory,
        begin_upload=BeginUpload(jobs, admit, S3Forms(s3(), env["BUCKET"]), *new_jobs),
        confirm_upload=ConfirmUpload(jobs, big_uploads, ingest_queue, utc_now),
        cancel_job=CancelJob(jobs, big_uploads, aggregator_queue, utc_now),
        retry_job=RetryJob(jobs, admit, aggregator_queue, utc_now, retention),
        delete_job=DeleteJob(jobs, aggregator_queue, utc_now),
        extend_job=ExtendJob(jobs, utc_now, retention),
        redeliver_webhook=RedeliverWebhook(jobs, MongoDeliveries(mongodb()), webhook_queue, utc_now),
        offer_result=OfferResult(LinkResult(jobs, store(), utc_now), exports, store(), export_queue, utc_now),
        api_base=env["API_BASE_URL"],
        link_base=env["LINK_BASE_URL"],
        egress=EGRESS,
        retention=retention,
    )


def build() -> None:
    """Build all that requests use, which takes long. It connects to nothing but the role's credentials."""
    services()
    link_image()
    secrets_of(clients.REQUEST)


Built = Annotated[Services, Depends(services)]
"""The type of a route parameter that receives the services."""

ImageLinks = Annotated[LinkImage, Depends(link_image)]
"""The type of the route parameter that receives the use case for image links."""
