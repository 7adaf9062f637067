"""What all clients of AWS have in common: their patience, and what an outage looks like."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004 (its name)

from catalight.domain.errors import UnavailableError

# In the words of S3 and SQS, what boto3 itself has tried again in vain.
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
    """Three tries of at most 11 s, so that no stalled call outlives a function."""
    return Config(
        connect_timeout=3,
        read_timeout=8,
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": 3},
    )


@contextmanager
def unavailable_when_down(service: str) -> Iterator[None]:
    """Raise UnavailableError where a service does not answer or is throttled.

    A refusal, say for want of a permission, is not that: it is a fault of the deployment, and stays as it is.
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
