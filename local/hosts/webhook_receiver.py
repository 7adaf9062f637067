"""A receiver of webhooks that verifies them with the Standard Webhooks library."""

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from local.hosts.http_server import Handler, Server, serving


class WebhookReceiver(Server):
    """Puts each verified event into `events` and its id into `ids`; answers 500 to the first `failures`."""

    def __init__(self, secret: str, failures: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.verifier = Webhook(secret)
        self.failures = failures
        self.events: Queue[dict[str, Any]] = Queue()
        self.ids: list[str] = []

    def refuses(self, call: Handler) -> bool:
        """Return whether to refuse a verified call; if so, the error response has been sent."""
        if self.failures > 0:
            self.failures -= 1
            call.answer(500)
            return True
        return False


class _Handler(Handler):
    server: WebhookReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = self.server.verifier.verify(body, dict(self.headers))
        except WebhookVerificationError:
            self.answer(401)
            return
        self.server.ids.append(self.headers["webhook-id"])
        if self.server.refuses(self):
            return
        self.answer(204)
        self.server.events.put(event)


@contextmanager
def webhook_receiver(secret: str, failures: int = 0) -> Iterator[WebhookReceiver]:
    """Receive webhooks signed with `secret` until the block ends."""
    server = WebhookReceiver(secret, failures)
    with serving(server):
        yield server
