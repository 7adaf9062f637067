"""The secrets that sign an owner's webhooks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalight.domain import api_keys
from catalight.domain.errors import KeyNotFoundError
from catalight.usecases.ports import Clock, Keys


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """Return an owner's secrets, newest first. `masters` returns the deployment's own, also newest first."""

    keys: Keys
    masters: Callable[[], Sequence[str]]
    clock: Clock

    def __call__(self, owner: str) -> list[str]:
        """Return the secrets. Raise KeyNotFoundError if the owner is a key that no longer exists."""
        key = self.keys.find(owner) if owner != api_keys.NO_OWNER else None
        if key is None and owner != api_keys.NO_OWNER:
            raise KeyNotFoundError(owner)
        return api_keys.signing_secrets(self.masters(), key, self.clock())
