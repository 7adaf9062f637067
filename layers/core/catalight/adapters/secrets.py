"""Secrets from AWS Secrets Manager, read at run time and kept some minutes."""

from aws_lambda_powertools.utilities import parameters

MAX_AGE = 300  # seconds


def secret(arn: str) -> str:
    """The secret's text; raise GetParameterError where it cannot be had."""
    value = parameters.get_secret(arn, max_age=MAX_AGE)
    return value.decode() if isinstance(value, bytes) else value
