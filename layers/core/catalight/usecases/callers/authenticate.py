"""Identify a caller by its API key."""

from dataclasses import dataclass

from catalight.domain import api_keys
from catalight.domain.api_keys import ApiKey
from catalight.domain.errors import UnauthorizedError
from catalight.usecases.ports import Keys


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Find the key that a token belongs to."""

    keys: Keys

    def __call__(self, token: str | None) -> ApiKey:
        """Return the key. Raise UnauthorizedError without a token, or if its key is unknown or revoked."""
        if token is None:
            raise UnauthorizedError(given=False)
        key = self.keys.find_by_digest(api_keys.digest(token)) if api_keys.is_token(token) else None
        if key is None or key.revoked_at:
            raise UnauthorizedError(given=True)
        return key
