"""Secrets from AWS Secrets Manager, read at run time and kept some minutes."""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import boto3

from catalight.adapters.aws import clients
from catalight.domain.errors import UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

MAX_AGE = 300  # seconds
STALE = 3600  # seconds that a secret serves on where Secrets Manager does not answer

logger = logging.getLogger(__name__)


class Secrets:
    """Reads secrets by their ARNs; safe to share by threads."""

    def __init__(self, client: "SecretsManagerClient", clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._kept: dict[str, tuple[float, str]] = {}

    def now(self, arn: str) -> str:
        """The secret's text as it is now; raise UnavailableError where it cannot be had."""
        with clients.unavailable_when_down("Secrets Manager"):
            answer = self._client.get_secret_value(SecretId=arn)
        text = answer.get("SecretString", "")  # a binary one is no text of ours
        self._kept[arn] = self._clock(), text
        return text

    def kept(self, arn: str) -> str:
        """The secret's text, MAX_AGE old at most; in an outage of Secrets Manager up to STALE more."""
        read_at, text = self._kept.get(arn, (0.0, None))
        age = self._clock() - read_at
        if text is not None and age < MAX_AGE:
            return text
        try:
            return self.now(arn)
        except UnavailableError:
            if text is None or age >= MAX_AGE + STALE:
                raise
            logger.warning("Secrets Manager does not answer; a secret of %.0f minutes ago is used", age / 60)
            return text


@cache
def _secrets() -> Secrets:
    return Secrets(boto3.client("secretsmanager", config=clients.config()))


def secret(arn: str) -> str:
    """The secret's text; raise UnavailableError where it cannot be had."""
    return _secrets().kept(arn)


def secret_now(arn: str) -> str:
    """The secret's text as it is at this moment, for who has found the one that was kept outdated."""
    return _secrets().now(arn)


def words(arn: str) -> list[str]:
    """The secret's words: during a rotation it holds several, the newest first."""
    return secret(arn).split()
