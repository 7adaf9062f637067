"""What the API works with, built once, at the first request that needs it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from uuid import uuid4

import boto3
from botocore.config import Config

from catalight.adapters.mongo import MongoJobs, MongoRows, connect, ping
from catalight.adapters.s3 import S3Store
from catalight.adapters.secrets import secret
from catalight.adapters.sqs import SqsQueue
from catalight.clock import utc_now
from catalight.usecases.ask_completion import AskCompletion
from catalight.usecases.link_image import LinkImage
from catalight.usecases.link_result import LinkResult
from catalight.usecases.ports import Jobs
from catalight.usecases.submit import Submit

# Below API Gateway's 30 s: the client gets an answer of ours, not the gateway's.
AWS = Config(connect_timeout=3, read_timeout=8, retries={"mode": "standard", "total_max_attempts": 3})


@dataclass(frozen=True, slots=True)
class Services:
    """The use cases of the API; `link_base` is empty where images are linked through the API itself."""

    ping: Callable[[], None]
    jobs: Jobs
    submit: Submit
    link_result: LinkResult
    link_image: LinkImage
    link_base: str


@cache
def services() -> Services:
    """Build the services from the function's environment."""
    env = os.environ
    database = connect(secret(env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"])
    jobs, rows = MongoJobs(database), MongoRows(database)
    rows.ensure_indexes()
    store = S3Store(boto3.client("s3", config=AWS), env["BUCKET"])
    sqs = boto3.client("sqs", config=AWS)
    return Services(
        ping=partial(ping, database),
        jobs=jobs,
        submit=Submit(
            jobs=jobs,
            rows=rows,
            image_queue=SqsQueue(sqs, env["IMAGE_QUEUE_URL"]),
            ask_completion=AskCompletion(jobs, rows, SqsQueue(sqs, env["AGGREGATOR_QUEUE_URL"])),
            clock=utc_now,
            new_id=lambda: str(uuid4()),
            window=int(env["WINDOW"]),
        ),
        link_result=LinkResult(jobs, store, utc_now),
        link_image=LinkImage(store),
        link_base=env["LINK_BASE_URL"],
    )
