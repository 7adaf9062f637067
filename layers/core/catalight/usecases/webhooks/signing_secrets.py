"""What an owner's webhooks are signed with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalight.domain import api_keys
from catalight.domain.errors import KeyNotFoundError
from catalight.usecases.ports import Clock, Keys


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """Tell the secrets of an owner, the newest first; `masters` are the deployment's own, likewise."""

    keys: Keys
    masters: Callable[[], Sequence[str]]
    clock: Clock

    def __call__(self, owner: str) -> list[str]:
        """Raise KeyNotFoundError where the owner is a key that is not there any more."""
        key = self.keys.find(owner) if owner != api_keys.NOBODY else None
        if key is None and owner != api_keys.NOBODY:
            raise KeyNotFoundError(owner)
        return api_keys.signing_secrets(self.masters(), key, self.clock())
