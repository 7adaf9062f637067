"""Make, list and revoke API keys, and change what their webhooks are signed with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalight.domain import api_keys
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.errors import KeyNotFoundError, OptionError
from catalight.usecases.ports import Clock, Keys

MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class ManageKeys:
    """What an operator does with keys; `masters` are the deployment's webhook secrets, the newest first."""

    keys: Keys
    masters: Callable[[], Sequence[str]]
    clock: Clock
    new_id: Callable[[], str]

    def make(self, name: str, limits: Limits) -> tuple[ApiKey, str]:
        """A new key and its token, which is told this once."""
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise OptionError("name", name[:MAX_NAME], f"1 to {MAX_NAME} printable characters")
        for field, limit in (("open_jobs", limits.open_jobs), ("rows_a_day", limits.rows_a_day)):
            if limit < 1:
                raise OptionError(field, str(limit), "a whole number from 1")
        token = api_keys.new_token()
        key = ApiKey(self.new_id(), name, api_keys.digest(token), limits, self.clock())
        self.keys.insert(key)
        return key, token

    def all(self) -> list[ApiKey]:
        """All keys, those that were revoked too, the oldest first."""
        return self.keys.all()

    def revoke(self, key_id: str) -> ApiKey:
        """Let a key in no more; its jobs go on. Asking again is harmless."""
        self.keys.revoke(key_id, self.clock())
        return self._get(key_id)

    def rotate_webhook_secret(self, key_id: str) -> ApiKey:
        """Sign with a new secret, and for OVERLAP with the one before too."""
        key = self._get(key_id)
        self.keys.rotate_webhook_secret(key_id, key.webhook_version, self.clock() + api_keys.OVERLAP)
        return self._get(key_id)

    def webhook_secrets(self, key_id: str) -> list[str]:
        """What the key's webhooks are signed with now, the newest first. NOBODY has one too."""
        key = self._get(key_id) if key_id != api_keys.NOBODY else None
        return api_keys.signing_secrets(self.masters(), key, self.clock())

    def _get(self, key_id: str) -> ApiKey:
        key = self.keys.find(key_id)
        if key is None:
            raise KeyNotFoundError(key_id)
        return key
