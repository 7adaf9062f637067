"""API keys: who may call, how much each caller may ask for, and what its webhooks are signed with."""

import hashlib
import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PREFIX = "catalight_"  # lets scanners of repositories and logs know a key that was left lying about
TOKEN_BYTES = 32
NOBODY = ""  # the owner of jobs where callers are not told apart
OVERLAP = timedelta(days=7)  # how long a webhook secret still signs once a newer one does
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs of one key may be on their way at once, and how many rows it may send a UTC day."""

    open_jobs: int = 20
    rows_a_day: int = 500_000


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One caller; its `id` is the owner of its jobs, its token is known to the caller alone.

    `webhook_version` numbers its webhook secrets; the one before still signs until `overlap_until`.
    """

    id: str
    name: str
    digest: str
    limits: Limits
    created_at: datetime
    revoked_at: datetime | None = None
    webhook_version: int = 1
    overlap_until: datetime | None = None

    def webhook_versions(self, now: datetime) -> tuple[int, ...]:
        """The webhook secrets that sign now, the newest first."""
        newest = self.webhook_version
        return (newest, newest - 1) if self.overlap_until and now < self.overlap_until else (newest,)


def asked_for(variables: Mapping[str, str]) -> bool:
    """Whether callers need a key: whoever deploys without has to say so in as many words."""
    return variables.get("AUTHENTICATION") != "none"


def new_token() -> str:
    """A bearer token (RFC 6750) of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Whether `text` can be a token."""
    return _TOKEN.fullmatch(text) is not None


def digest(token: str) -> str:
    """SHA-256 of a token, in hex: all that is stored of it.

    A slow hash would gain nothing: nobody guesses 256 random bits.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def webhook_secret(master: str, key_id: str, version: int) -> str:
    """A secret of Standard Webhooks 1.0 for one key: `whsec_` and 256 bits in base64.

    It follows from the deployment's own (HMAC-SHA256, RFC 2104), so the database holds no secret.
    """
    derived = hmac.digest(master.encode(), f"webhook/{key_id}/{version}".encode(), hashlib.sha256)
    return "whsec_" + b64encode(derived).decode()


def signing_secrets(masters: Sequence[str], key: ApiKey | None, now: datetime) -> list[str]:
    """What webhooks are signed with, the newest first; without a key, one secret for all.

    Never a deployment's own: who knew that one could sign for every key.
    """
    key_id, versions = (key.id, key.webhook_versions(now)) if key else (NOBODY, (1,))
    return [webhook_secret(master, key_id, version) for master in masters for version in versions]
