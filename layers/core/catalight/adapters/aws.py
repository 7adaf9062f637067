"""What AWS answers when it is not able to, now."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from catalight.domain.errors import UnavailableError

# Throttling in the words of S3 and SQS; what boto3 itself has tried again in vain.
THROTTLED = frozenset(
    {"RequestThrottled", "SlowDown", "Throttling", "ThrottlingException", "TooManyRequestsException"}
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
        if status >= 500 or error.response["Error"]["Code"] in THROTTLED:
            raise UnavailableError(service) from error
        raise
    except BotoCoreError as error:
        raise UnavailableError(service) from error
