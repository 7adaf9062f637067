"""Create, list and revoke API keys, change their limits, and rotate their webhook secrets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from catalight.domain import api_keys
from catalight.domain.api_keys import ApiKey, Limits
from catalight.domain.errors import KeyNotFoundError, OptionError
from catalight.usecases.ports import Clock, Keys

MAX_NAME = 100
MAX_LIMIT = 10**15
LIMITS = tuple(field.name for field in fields(Limits))


@dataclass(frozen=True, slots=True)
class ManageKeys:
    """Manage the keys for an operator. `masters` returns the deployment's webhook secrets, newest first."""

    keys: Keys
    masters: Callable[[], Sequence[str]]
    clock: Clock
    new_id: Callable[[], str]

    def make(self, name: str, limits: Limits) -> tuple[ApiKey, str]:
        """Create a key. Return it and its token, which cannot be read again later."""
        if not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise OptionError("name", name[:MAX_NAME], f"1 to {MAX_NAME} printable characters")
        check_limits(asdict(limits))
        token = api_keys.new_token()
        key = ApiKey(self.new_id(), name, api_keys.digest(token), limits, self.clock())
        self.keys.insert(key)
        return key, token

    def all(self) -> list[ApiKey]:
        """Return all keys, including revoked ones, oldest first."""
        return self.keys.all()

    def change_limits(self, key_id: str, changes: Mapping[str, int]) -> ApiKey:
        """Change some limits of a key. They hold from its next request on, and for today's amounts too."""
        if not changes:
            raise OptionError("limits", "nothing", f"one or more of {', '.join(LIMITS)}")
        check_limits(changes)
        self.keys.change_limits(key_id, changes)
        return self._get(key_id)

    def revoke(self, key_id: str) -> ApiKey:
        """Revoke a key. Its jobs continue. Repeating the call is harmless."""
        self.keys.revoke(key_id, self.clock())
        return self._get(key_id)

    def rotate_webhook_secret(self, key_id: str) -> ApiKey:
        """Sign with a new secret and, for OVERLAP, with the previous one too."""
        key = self._get(key_id)
        self.keys.rotate_webhook_secret(key_id, key.webhook_version, self.clock() + api_keys.SECRET_OVERLAP)
        return self._get(key_id)

    def webhook_secrets(self, key_id: str) -> list[str]:
        """Return the secrets that sign the key's webhooks now, newest first. NOBODY has some too."""
        key = self._get(key_id) if key_id != api_keys.NO_OWNER else None
        return api_keys.signing_secrets(self.masters(), key, self.clock())

    def _get(self, key_id: str) -> ApiKey:
        key = self.keys.find(key_id)
        if key is None:
            raise KeyNotFoundError(key_id)
        return key


def check_limits(limits: Mapping[str, int]) -> None:
    """Raise OptionError if there is no such limit, or its value is out of range."""
    for name, limit in limits.items():
        if name not in LIMITS or type(limit) is not int or not 1 <= limit <= MAX_LIMIT:
            raise OptionError(
                name, str(limit), f"{', '.join(LIMITS)}, each a whole number from 1 to {MAX_LIMIT}"
            )
