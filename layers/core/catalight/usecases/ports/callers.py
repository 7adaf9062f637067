"""The ports to what is known of callers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from catalight.domain.api_keys import ApiKey
from catalight.domain.catalogue.requested import Remembered
from catalight.domain.usage import Amounts, Slot


class Keys(Protocol):
    """The API keys."""

    def insert(self, key: ApiKey) -> None:
        """Store a new key. Repeating the call changes nothing."""

    def find(self, key_id: str) -> ApiKey | None:
        """Return the key with this id, revoked or not."""

    def find_by_digest(self, digest: str) -> ApiKey | None:
        """Return the key whose token has this digest, revoked or not."""

    def all(self) -> list[ApiKey]:
        """Return all keys, oldest first."""

    def change_limits(self, key_id: str, changes: Mapping[str, int]) -> None:
        """Set these limits of the key, if it exists; the others stay."""

    def revoke(self, key_id: str, now: datetime) -> None:
        """Revoke the key, if it exists and is not revoked yet."""

    def rotate_webhook_secret(self, key_id: str, version: int, overlap_until: datetime) -> None:
        """Switch to the secret after `version`, if that is the newest. Both sign until `overlap_until`."""


class Usage(Protocol):
    """What each owner has used: amounts by UTC day, slots of open jobs, and its rate of parsing."""

    def add(self, owner: str, day: date, order: str, wanted: Amounts, limit: Amounts) -> bool:
        """Count an order's amounts, once, if each sum of the day stays within `limit`.

        `order` names a submission or a retry. Return whether its amounts are counted.
        """

    def add_downloads(self, owner: str, day: date, size: int) -> None:
        """Count bytes that were downloaded, without a limit."""

    def of_day(self, owner: str, day: date) -> Amounts:
        """Return the day's sums."""

    def take(self, owner: str, slot: Slot, limit: int) -> bool:
        """Take a slot if fewer than `limit` are taken, or if its order has one already.

        The latter is then as if taken at the new time. Return whether the order has a slot.
        """

    def slots(self, owner: str) -> list[Slot]:
        """Return the slots that are taken."""

    def free(self, owner: str, slots: Sequence[Slot]) -> None:
        """Free those of these slots that were not taken again at another time."""

    def reserve(self, owner: str, cost: timedelta, now: datetime, latest: datetime) -> datetime | None:
        """Move the time until which the rate is used on by `cost`, from `now` at least, if not past `latest`.

        Return None, or the time if it was not moved.
        """


class ColumnMemory(Protocol):
    """The columns that each owner has named for headers: at most MAX_REMEMBERED, those used last."""

    def of_owner(self, owner: str) -> list[Remembered]:
        """Return what is remembered of an owner, the last used first."""

    def remember(self, owner: str, chosen: Remembered) -> None:
        """Remember columns for a header, unless others were chosen for it later. It may be repeated."""

    def use(self, owner: str, columns_id: str, now: datetime) -> None:
        """Record that columns were used, if they are remembered."""

    def forget(self, owner: str, columns_id: str) -> bool:
        """Forget columns. Return whether they were remembered."""
