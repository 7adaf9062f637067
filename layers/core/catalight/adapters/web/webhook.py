"""Webhook deliveries, signed according to Standard Webhooks 1.0, with the egress policy of the downloads."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime

import requests
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from catalight.adapters.web.dial import Network
from catalight.adapters.web.http import HttpClient
from catalight.adapters.web.limits import Limits
from catalight.domain.errors import ImageError, KeyNotFoundError, UnavailableError
from catalight.domain.job.webhook import Delivery
from catalight.domain.web.egress import EgressPolicy

LIMITS = Limits(connect=5, read=15, total=20)  # the specification recommends 15 to 30 s


class SignedSender:
    """`catalight.usecases.ports.WebhookSender` over HTTPS, also over HTTP if `egress` allows it.

    Redirects are not followed. `secrets` returns the signing secrets of an owner; with several, a receiver
    can switch to the new one when it is ready.
    """

    def __init__(
        self,
        egress: EgressPolicy,
        *,
        secrets: Callable[[str], Sequence[str]],
        limits: Limits = LIMITS,
        network: Network = Network(),  # noqa: B008 (it is frozen)
    ) -> None:
        self._secrets = secrets
        schemes = ("http", "https") if egress.allows_http_webhooks else ("https",)
        self._client = HttpClient(egress, limits=limits, schemes=schemes, network=network)

    def __call__(self, owner: str, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        began = time.monotonic()
        status, error = None, None
        try:
            status = self._post(url, body, self._headers(owner, webhook_id, body, now))
        except ImageError as failure:
            error = str(failure.code)
        except (UnavailableError, KeyNotFoundError, ValueError, EmptyWebhookSecretError):
            error = "signing_failed"  # the secret cannot be read, or is not valid
        return Delivery(now, status, error, milliseconds=round((time.monotonic() - began) * 1000))

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _headers(self, owner: str, webhook_id: str, body: str, now: datetime) -> dict[str, str]:
        secrets = self._secrets(owner)
        if not secrets:
            raise EmptyWebhookSecretError
        signatures = [Webhook(secret).sign(webhook_id, now, body) for secret in secrets]
        return {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def _post(self, url: str, body: str, headers: dict[str, str]) -> int:
        request = requests.Request("POST", url, headers, data=body.encode())
        # The response body is not needed; closing leaves it unread.
        with self._client.exchange(), self._client.send(request) as answer:
            return answer.status_code
