"""A job's webhook: the URL to call, and the log of the calls."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

REDELIVERY_PAUSE = timedelta(seconds=60)  # after a redelivery was requested, until the next may be
REDELIVERIES = 20  # of a job, in any REDELIVERY_PERIOD
REDELIVERY_PERIOD = timedelta(days=1)
GONE = 410  # HTTP status; the receiver wants no further calls (Standard Webhooks 1.0)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to call the webhook. `status` is the HTTP status, or `error` says why there was none."""

    at: datetime
    status: int | None
    error: str | None
    milliseconds: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver accepted it: any 2xx status (Standard Webhooks 1.0)."""
        return self.status is not None and 200 <= self.status < 300


class WebhookState(StrEnum):
    """The state of the delivery of a job's webhook."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"

    @classmethod
    def after(cls, delivery: Delivery, next_at: datetime | None) -> "WebhookState":
        """Return the state after an attempt. `next_at` is when the next is due, or None after the last."""
        if delivery.delivered:
            return cls.DELIVERED
        return cls.PENDING if next_at and delivery.status != GONE else cls.FAILED


@dataclass(frozen=True, slots=True)
class Webhook:
    """The URL to call when the job has ended, and the log of the calls. No call is made before `next_at`.

    While a call is under way, `busy_until` is when it has ended at the latest. `redeliveries` are the times
    of the last redeliveries, at most REDELIVERIES, that were requested.
    """

    url: str
    state: WebhookState = WebhookState.PENDING
    attempts: int = 0
    next_at: datetime | None = None
    deliveries: tuple[Delivery, ...] = ()
    busy_until: datetime | None = None
    redeliveries: tuple[datetime, ...] = ()

    def redeliverable_at(self, now: datetime) -> datetime:
        """Return when a redelivery may be requested next: `now`, or later."""
        waits = [self.busy_until] if self.busy_until else []
        if self.redeliveries:
            waits.append(self.redeliveries[-1] + REDELIVERY_PAUSE)
        if len(self.redeliveries) >= REDELIVERIES:
            waits.append(self.redeliveries[-REDELIVERIES] + REDELIVERY_PERIOD)
        return max([now, *waits])

    def renewed(self) -> "Webhook":
        """Return the webhook as not delivered yet. The log of the calls and the redeliveries are kept."""
        return replace(self, state=WebhookState.PENDING, attempts=0, next_at=None)
