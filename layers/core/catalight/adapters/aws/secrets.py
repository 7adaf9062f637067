"""Secrets from AWS Secrets Manager, read at run time and cached for some minutes."""

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
STALE = 3600  # seconds beyond MAX_AGE that a cached secret is still used if Secrets Manager does not answer

logger = logging.getLogger(__name__)


class Secrets:
    """Reads and caches secrets by ARN; thread-safe."""

    def __init__(self, client: "SecretsManagerClient", clock: Callable[[], float] = time.monotonic) -> None:
        self._client, self._clock = client, clock
        self._kept: dict[str, tuple[float, str]] = {}

    def now(self, arn: str) -> str:
        """Read the secret's current text; raise UnavailableError if Secrets Manager does not answer."""
        with clients.unavailable_when_down("Secrets Manager"):
            answer = self._client.get_secret_value(SecretId=arn)
        text = answer.get("SecretString", "")  # a binary secret has none, and is not Catalight's
        self._kept[arn] = self._clock(), text
        return text

    def kept(self, arn: str) -> str:
        """Return the text, at most MAX_AGE old, or up to STALE more in an outage of Secrets Manager."""
        read_at, text = self._kept.get(arn, (0.0, None))
        age = self._clock() - read_at
        if text is not None and age < MAX_AGE:
            return text
        try:
            return self.now(arn)
        except UnavailableError:
            if text is None or age >= MAX_AGE + STALE:
                raise
            logger.warning(
                "Secrets Manager does not answer; using the secret read %.0f minutes ago", age / 60
            )
            return text


@cache
def secrets_of(budget: clients.Budget) -> Secrets:
    """Return the secrets that are read within a budget, none of them read yet."""
    client = boto3.client("secretsmanager", config=clients.config(budget))
    return Secrets(clients.without_late_attempts(client, budget))


def secret(arn: str) -> str:
    """Return the secret's text, maybe cached; raise UnavailableError if it cannot be read."""
    return secrets_of(clients.WORKER).kept(arn)


def secret_now(arn: str, budget: clients.Budget = clients.WORKER) -> str:
    """Read the secret's current text within the budget, for callers that found the cached one outdated."""
    return secrets_of(budget).now(arn)


def words(arn: str) -> list[str]:
    """Return the secret's words; during a rotation there are several, the newest first."""
    return secret(arn).split()
