"""What an owner's webhooks are signed with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from catalight.domain import api_keys
from catalight.usecases.ports import Clock, Keys


@dataclass(frozen=True, slots=True)
class SigningSecrets:
    """Tell the secrets of an owner, the newest first; `masters` are the deployment's own, likewise."""

    keys: Keys
    masters: Callable[[], Sequence[str]]
    clock: Clock

    def __call__(self, owner: str) -> list[str]:
        """The deployment's own where the owner is no key: callers were not told apart then."""
        return api_keys.signing_secrets(self.masters(), self.keys.find(owner), self.clock())
