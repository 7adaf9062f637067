"""A job's webhook: where to call, and how the calls went."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from catalight.domain.catalogue import urls
from catalight.domain.web.egress import EgressPolicy

GONE = 410  # HTTP status; with it a receiver says that it wants no more (Standard Webhooks 1.0)


def fault(url: str, egress: EgressPolicy) -> str | None:
    """Why the webhook cannot be called at `url`, as the end of a sentence, or None where it can."""
    if wrong := urls.fault(url):
        return wrong
    parts = urlsplit(url)
    if parts.scheme == "http" and not egress.allows_http_webhooks:
        return "over http anyone on the way could read along"
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return None if egress.allows_port(port) else f"its port is {port}; only {egress.allowed_ports} are taken"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to call the webhook: `status` is the HTTP status, or `error` says why there was none."""

    at: datetime
    status: int | None
    error: str | None
    milliseconds: int

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it: any 2xx (Standard Webhooks 1.0)."""
        return self.status is not None and 200 <= self.status < 300


class WebhookState(StrEnum):
    """Where the delivery of a job's webhook stands."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"

    @classmethod
    def after(cls, delivery: Delivery, next_at: datetime | None) -> "WebhookState":
        """The state once an attempt was made, the next being due at `next_at`, or None after the last."""
        if delivery.delivered:
            return cls.DELIVERED
        return cls.PENDING if next_at and delivery.status != GONE else cls.FAILED


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where to call when the job has ended, and how the calls went. No attempt is made before `next_at`."""

    url: str
    state: WebhookState = WebhookState.PENDING
    attempts: int = 0
    next_at: datetime | None = None
    deliveries: tuple[Delivery, ...] = ()

    def renewed(self) -> "Webhook":
        """The same, not delivered yet; the log of the calls is kept."""
        return replace(self, state=WebhookState.PENDING, attempts=0, next_at=None)
