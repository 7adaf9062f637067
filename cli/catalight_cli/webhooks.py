"""Verifies webhooks (Standard Webhooks 1.0)."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

from catalight_cli.errors import CatalightError

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class WebhookError(CatalightError):
    """The webhook was not signed with the secret, or is older than five minutes."""


def verify_webhook(
    body: bytes, headers: Mapping[str, str], secret: str | Sequence[str], *, any_age: bool = False
) -> dict[str, Any]:
    """Return the event of a webhook, if it was signed with the secret, or one of the secrets.

    Raise WebhookError if it was not, or if it is older or newer than five minutes, unless `any_age` is set.
    """
    given = {name.lower(): value for name, value in headers.items()}
    if missing := [name for name in HEADERS if not given.get(name)]:
        raise WebhookError(f"The webhook has no header {missing[0]}.")
    failure = WebhookError("There is no secret to verify the webhook with.")
    for one in [secret] if isinstance(secret, str) else secret:
        try:
            webhook = Webhook(one)
            event = _signed(webhook, body, given) if any_age else webhook.verify(body, given)
        except WebhookVerificationError as error:
            failure = WebhookError(f"The webhook is not valid: {error}.")
        except (ValueError, EmptyWebhookSecretError) as error:  # no base64, no UTF-8, no JSON
            failure = WebhookError(f"The webhook or the secret cannot be read: {error}.")
        else:
            if isinstance(event, dict):
                return event
            failure = WebhookError("The webhook is signed, but is no event.")
    raise failure


def _signed(webhook: Webhook, body: bytes, headers: Mapping[str, str]) -> Any:
    sent = datetime.fromtimestamp(float(headers["webhook-timestamp"]), UTC)
    wanted = webhook.sign(headers["webhook-id"], sent, body.decode())
    if any(hmac.compare_digest(wanted, one) for one in headers["webhook-signature"].split(" ")):
        return json.loads(body)
    raise WebhookVerificationError("No matching signature found")
