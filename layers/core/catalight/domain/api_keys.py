"""API keys: who may call, the limits of each caller, and the secrets that sign its webhooks."""

import hashlib
import hmac
import re
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalight.domain.usage import Amounts

PREFIX = "catalight_"  # lets secret scanners recognise a leaked key in a repository or log
TOKEN_BYTES = 32
NO_OWNER = ""  # the owner of all jobs if callers need no key
SECRET_OVERLAP = timedelta(days=7)  # how long the previous webhook secret still signs after a rotation
_TOKEN = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs of one key may be open at once, and how much it may use per UTC day.

    The defaults allow a catalogue of a million rows, four images and 5,000 bytes a row, and 250,000 bytes an
    image. Catalogues stay below.
    """

    open_jobs: int = 20
    rows_a_day: int = 1_000_000
    images_a_day: int = 4_000_000
    file_bytes_a_day: int = 5_000_000_000
    download_bytes_a_day: int = 1_000_000_000_000

    @property
    def a_day(self) -> Amounts:
        """The limits of a day."""
        return Amounts(self.rows_a_day, self.images_a_day, self.file_bytes_a_day, self.download_bytes_a_day)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One caller. Its `id` is the owner of its jobs. Only the caller knows its token.

    `webhook_version` numbers its webhook secrets. The previous one still signs until `overlap_until`.
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
        """Return the versions of the webhook secrets that sign now, newest first."""
        newest = self.webhook_version
        return (newest, newest - 1) if self.overlap_until and now < self.overlap_until else (newest,)


def keys_required(variables: Mapping[str, str]) -> bool:
    """Return whether callers need a key. A deployment without keys must ask for that explicitly."""
    return variables.get("AUTHENTICATION") != "none"


def new_token() -> str:
    """Return a new bearer token (RFC 6750) of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str) -> bool:
    """Return whether `text` has the form of a token."""
    return _TOKEN.fullmatch(text) is not None


def digest(token: str) -> str:
    """Return the SHA-256 of a token in hex. Nothing else of the token is stored.

    A slow hash would gain nothing, because nobody can guess 256 random bits.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def webhook_secret(master: str, key_id: str, version: int) -> str:
    """Return the Standard Webhooks 1.0 secret of one key: `whsec_` and 256 bits in base64.

    It is derived from the deployment's own secret (HMAC-SHA256, RFC 2104), so the database holds no secret.
    """
    derived = hmac.digest(master.encode(), f"webhook/{key_id}/{version}".encode(), hashlib.sha256)
    return "whsec_" + b64encode(derived).decode()


def signing_secrets(masters: Sequence[str], key: ApiKey | None, now: datetime) -> list[str]:
    """Return the secrets that sign webhooks, newest first. Jobs without a key share one secret.

    The deployment's own secret never signs: a receiver that knew it could sign for every key.
    """
    key_id, versions = (key.id, key.webhook_versions(now)) if key else (NO_OWNER, (1,))
    return [webhook_secret(master, key_id, version) for master in masters for version in versions]
