"""Secrets from AWS Secrets Manager, read at run time and kept some minutes."""

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from catalight.adapters.aws import unavailable_when_down

MAX_AGE = 300  # seconds


def secret(arn: str) -> str:
    """The secret's text; raise UnavailableError where it cannot be had."""
    try:
        value = parameters.get_secret(arn, max_age=MAX_AGE)
    except GetParameterError as error:
        with unavailable_when_down("Secrets Manager"):
            raise error.__context__ or error from None
    return value.decode() if isinstance(value, bytes) else value


def words(arn: str) -> list[str]:
    """The secret's words: during a rotation it holds several, the newest first."""
    return secret(arn).split()
