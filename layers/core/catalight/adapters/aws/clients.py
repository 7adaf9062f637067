"""Timeouts and retries of all AWS clients, and the recognition of outages."""

from collections.abc import Iterator
from contextlib import contextmanager

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


def config(connections: int = 10) -> Config:
    """Allow three attempts of at most 11 s each, so that a stalled call ends before the function does."""
    return Config(
        connect_timeout=3,
        read_timeout=8,
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": 3},
    )


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
