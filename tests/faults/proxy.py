"""A proxy before moto through which S3 and SQS misbehave as they do on AWS, only more often."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

from local.hosts.http_server import serving
from tests.faults.fates import Fates, Tally
from tests.forwarding import Answer, Forwarder, Front

CALM: Mapping[str, float] = {}
ROUGH = {"throttled": 0.06, "failed": 0.04, "lost": 0.03, "twice": 0.15, "late": 0.15}
DENIED = {"denied": 1.0}  # as where a permission is missing: not an outage
STORM = {"throttled": 0.5, "failed": 0.3, "lost": 0.1, "twice": 0.05}
MOST_LATE = 2  # seconds more than was asked for

LONGEST_DELAY = 900  # of SQS

_SERVICE = re.compile(r"/(s3|sqs)/aws4_request")
_SENDING = ("SendMessage", "SendMessageBatch")
_REFUSALS = {
    ("sqs", "throttled"): (400, "RequestThrottled"),
    ("sqs", "failed"): (500, "InternalFailure"),
    ("s3", "throttled"): (503, "SlowDown"),
    ("s3", "failed"): (500, "InternalError"),
    ("s3", "denied"): (403, "AccessDenied"),
}


class Proxy(Front):
    """Passes everything on to moto; S3 and SQS meet their fates, as likely as the `rates` say."""

    def __init__(self, moto_url: str, injected: Tally) -> None:
        super().__init__(moto_url, _Handler)
        self.injected = injected
        self.fates = Fates(0)
        self.rates = CALM

    def draw(self, service: str, operation: str) -> str | None:
        """The fate of the next call of an operation, counted."""
        rates = {
            fate: rate
            for fate, rate in self.rates.items()
            if (fate not in ("twice", "late") or operation in _SENDING)
            and (fate != "denied" or service == "s3")
        }
        fate = self.fates.draw(f"{service} {operation}", rates) if service else None
        if fate:
            self.injected.add(f"{service} {operation} {fate}")
        return fate


class _Handler(Forwarder):
    server: Proxy

    def serve(self, body: bytes) -> None:
        service, operation = self._call()
        fate = self.server.draw(service, operation)
        match fate:
            case "throttled" | "failed" | "denied":
                self.give(*_refusal(service, fate, self.path))
            case "lost":
                self.pass_on(body)
                self.close_connection = True
            case "twice":
                self.pass_on(body)
                self.give(*self.pass_on(body))
            case "late":
                self.give(*self.pass_on(_later(body, self.server.fates)))
            case _:
                self.give(*self.pass_on(body))

    def _call(self) -> tuple[str, str]:
        """The service and the operation of a call that the functions made, or else nothing."""
        found = _SERVICE.search(self.headers.get("Authorization", ""))  # presigned links have none
        if found is None:
            return "", ""
        return found[1], self.headers.get("X-Amz-Target", self.command).rpartition(".")[2]


def _refusal(service: str, fate: str, path: str) -> Answer:
    """What a service answers that has not done what was asked; S3 tells of what."""
    status, code = _REFUSALS[service, fate]
    if service == "sqs":
        body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "Injected."})
        return status, [("Content-Type", "application/x-amz-json-1.0")], body.encode()
    body = f"<Error><Code>{code}</Code><Message>Injected for {escape(path)}</Message></Error>"
    return status, [("Content-Type", "application/xml")], body.encode()


def _later(body: bytes, fates: Fates) -> bytes:
    """A call that sends messages, each of them to become visible later than was asked."""
    call: dict[str, Any] = json.loads(body)
    for message in call.get("Entries", [call]):
        more = fates.random("delay").randint(1, MOST_LATE)
        message["DelaySeconds"] = min(LONGEST_DELAY, message.get("DelaySeconds", 0) + more)
    return json.dumps(call).encode()


@contextmanager
def proxy(moto_url: str, injected: Tally) -> Iterator[Proxy]:
    """Stand before moto until the block ends."""
    server = Proxy(moto_url, injected)
    with serving(server):
        yield server
