"""Webhooks are verified, with the secret of before a rotation too."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from catalight_cli import WebhookError, verify_webhook

OLD, NEW = "whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8
BODY = json.dumps({"type": "job.completed", "data": {"name": "ü"}}).encode()


def headers(secret: str = NEW, body: bytes = BODY, age: timedelta = timedelta()) -> dict[str, str]:
    sent = datetime.now(UTC) - age
    signature = Webhook(secret).sign("msg_1", sent, body.decode())
    stamp = str(int(sent.timestamp()))
    return {"Webhook-Id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": signature}


@pytest.mark.parametrize("secret", [NEW, [OLD, NEW], [NEW, OLD]])
def test_a_signed_webhook_is_valid(secret: str | list[str]) -> None:
    assert verify_webhook(BODY, headers(), secret)["type"] == "job.completed"


@pytest.mark.parametrize(
    ("changed", "body", "secret", "said"),
    [
        ({}, BODY + b" ", NEW, "No matching signature"),
        ({}, BODY, OLD, "No matching signature"),
        ({"Webhook-Id": "msg_2"}, BODY, NEW, "No matching signature"),
        ({"webhook-signature": ""}, BODY, NEW, "no header webhook-signature"),
        ({"webhook-signature": "v1"}, BODY, NEW, "cannot be read"),
        ({}, b"\xff", NEW, "cannot be read"),
        ({}, BODY, "whsec_", "cannot be read"),
        ({}, BODY, [], "no secret"),
    ],
)
def test_anything_else_is_not(
    changed: dict[str, str], body: bytes, secret: str | list[str], said: str
) -> None:
    with pytest.raises(WebhookError, match=said):
        verify_webhook(body, headers() | changed, secret)


def test_an_old_webhook_is_valid_only_if_its_age_does_not_count() -> None:
    old = headers(age=timedelta(minutes=6))
    with pytest.raises(WebhookError, match="too old"):
        verify_webhook(BODY, old, NEW)
    assert verify_webhook(BODY, old, NEW, any_age=True)["type"] == "job.completed"
    with pytest.raises(WebhookError, match="No matching"):
        verify_webhook(BODY + b" ", old, NEW, any_age=True)
