"""Lambda handler of a schedule: finds jobs that are stalled or due, and sends messages to tend them."""

from catalight import imports  # isort: split

import json
import os
from functools import cache, partial
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from catalight.adapters.aws import build, clients
from catalight.adapters.aws.secrets import secret_now
from catalight.adapters.aws.sqs import SqsQueue
from catalight.adapters.logging import hops, logs
from catalight.adapters.logging.facts import report
from catalight.adapters.mongo import Connection, MongoJobs, ensure_indexes
from catalight.clock import utc_now
from catalight.domain import consistency
from catalight.domain.job.retention import Retention
from catalight.usecases.upkeep.sweep import Sweep

logger = logs.logger()


@cache
def mongodb() -> Connection:
    """Return the connection to MongoDB, created once."""
    env = os.environ
    return Connection(partial(secret_now, env["MONGODB_URI_SECRET_ARN"]), env["MONGODB_DATABASE"])


@cache
def sweep() -> Sweep:
    """Build the use case from the function's environment, once."""
    env = os.environ
    for problem in consistency.problems(json.loads(env["NUMBERS"])):
        logger.warning("The template's parameters: %s", problem)
    for fault in build.faults():
        logger.warning(fault)
    queue = SqsQueue(boto3.client("sqs", config=clients.config()), env["AGGREGATOR_QUEUE_URL"])
    return Sweep(MongoJobs(mongodb(), report), queue, utc_now, Retention.read(env), report)


@cache
def create_indexes() -> None:
    """Create missing indexes, once. Here, so that no request waits for those that a release adds."""
    ensure_indexes(mongodb())


@logger.inject_lambda_context(clear_state=True)
@logs.redacting_exceptions
def handle(_: Any, context: LambdaContext) -> None:
    """Sweep once; jobs that are left when time runs short wait for the next sweep."""
    hops.begin({hops.REQUEST_ID: context.aws_request_id})
    sweep()(lambda: context.get_remaining_time_in_millis() / 1000)
    create_indexes()  # last: jobs go on also while an index takes minutes, or is refused


imports.finished()
