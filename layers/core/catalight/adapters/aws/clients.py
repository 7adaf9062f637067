"""Timeouts and retries of all AWS clients, and the recognition of outages."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 (its name)

from catalight.domain.errors import UnavailableError

# Error codes of S3 and SQS for passing faults, which remain after the retries of boto3.
PASSING = frozenset(
    {
        "InternalError",
        "RequestThrottled",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


@dataclass(frozen=True, slots=True)
class Budget:
    """What one call of a service may take, so that a stalled call ends before its function does.

    An attempt may take `connect` seconds for each address of the service, and `read` seconds without an
    answer. No attempt begins later than `retry_within` seconds after the first: S3 has eight addresses, and
    if none of them accepts connections, one attempt takes eight times `connect`.
    """

    connect: float
    read: float
    attempts: int
    retry_within: float


WORKER = Budget(connect=3, read=8, attempts=3, retry_within=30)
REQUEST = Budget(connect=1.5, read=4, attempts=2, retry_within=5)  # for the API


def config(budget: Budget = WORKER, *, connections: int = 10) -> Config:
    """Return the configuration of a client whose attempts keep to the budget."""
    return Config(
        connect_timeout=budget.connect,
        read_timeout=budget.read,
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": budget.attempts},
    )


def without_late_attempts[C: BaseClient](client: C, budget: Budget) -> C:
    """Return the client, whose calls now raise UnavailableError instead of a late attempt."""

    def refuse_late(request: Any, **_: object) -> None:
        began = request.context.setdefault("catalight_began", time.monotonic())
        if time.monotonic() > began + budget.retry_within:
            raise UnavailableError(client.meta.service_model.service_id)

    client.meta.events.register_first("request-created", refuse_late)
    return client


@contextmanager
def unavailable_when_down(service: str) -> Iterator[None]:
    """Raise UnavailableError if a service does not answer or throttles.

    Other errors, such as a missing permission, are faults of the deployment and are not converted.
    """
    try:
        yield
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status >= 500 or error.response["Error"]["Code"] in PASSING:
            raise UnavailableError(service) from error
        raise
    except (ConnectionError, HTTPClientError) as error:
        raise UnavailableError(service) from error
