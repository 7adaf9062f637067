"""Webhook calls, signed as Standard Webhooks 1.0 has it, through the same gate as the downloads."""

import time
from collections.abc import Callable
from datetime import datetime

import requests
from standardwebhooks import Webhook

from catalight.adapters.http import guarded_session, why
from catalight.domain.job import Delivery

CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 15.0  # seconds; the specification's advice is 15 to 30


class SignedSender:
    """`catalight.usecases.ports.WebhookSender` over HTTP; redirects are not followed."""

    def __init__(self, *, secret: Callable[[], str], allow_private_hosts: bool = False) -> None:
        self._secret = secret
        self._session = guarded_session(allow_private_hosts=allow_private_hosts)

    def __call__(self, url: str, webhook_id: str, body: str, now: datetime) -> Delivery:
        began = time.monotonic()
        status, error = None, None
        try:
            status = self._post(url, webhook_id, body, now)
        except requests.RequestException as failure:
            error = str(why(failure).code)
        return Delivery(now, status, error, milliseconds=round((time.monotonic() - began) * 1000))

    def _post(self, url: str, webhook_id: str, body: str, now: datetime) -> int:
        headers = {
            "content-type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self._secret()).sign(webhook_id, now, body),
        }
        # stream: the answer's body is of no interest, however long it is.
        with self._session.post(
            url,
            data=body.encode(),
            headers=headers,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
            stream=True,
        ) as answer:
            return answer.status_code
