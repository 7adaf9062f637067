"""A proxy in front of moto that makes S3 and SQS fail as they do on AWS, only more often."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

from local.hosts.http_server import serving
from tests.faults.injection import Injector, Tally
from tests.forwarding import Answer, Forwarder, Front

CALM: Mapping[str, float] = {}
ROUGH = {"throttled": 0.06, "failed": 0.04, "lost": 0.03, "twice": 0.15, "late": 0.15}
DENIED = {"denied": 1.0}  # as with a missing permission; this is no outage
STORM = {"throttled": 0.5, "failed": 0.3, "lost": 0.1, "twice": 0.05}
MAX_EXTRA_DELAY = 2  # seconds, on top of the requested delay

MAX_DELAY = 900  # seconds, the limit of SQS

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
    """Forwards all calls to moto; injects faults into those of S3 and SQS, with the rates of `rates`."""

    def __init__(self, moto_url: str, injected: Tally) -> None:
        super().__init__(moto_url, _Handler)
        self.injected = injected
        self.injector = Injector(0)
        self.rates = CALM

    def draw(self, service: str, operation: str) -> str | None:
        """Choose the fault of the next call of an operation, and count it."""
        rates = {
            fault: rate
            for fault, rate in self.rates.items()
            if (fault not in ("twice", "late") or operation in _SENDING)
            and (fault != "denied" or service == "s3")
        }
        fault = self.injector.draw(f"{service} {operation}", rates) if service else None
        if fault:
            self.injected.add(f"{service} {operation} {fault}")
        return fault


class _Handler(Forwarder):
    server: Proxy

    def serve(self, body: bytes) -> None:
        service, operation = self._call()
        fault = self.server.draw(service, operation)
        match fault:
            case "throttled" | "failed" | "denied":
                self.give(*_refusal(service, fault, self.path))
            case "lost":
                self.pass_on(body)
                self.close_connection = True
            case "twice":
                self.pass_on(body)
                self.give(*self.pass_on(body))
            case "late":
                self.give(*self.pass_on(_delayed(body, self.server.injector)))
            case _:
                self.give(*self.pass_on(body))

    def _call(self) -> tuple[str, str]:
        """Return service and operation of a call by a function, or two empty strings."""
        found = _SERVICE.search(self.headers.get("Authorization", ""))  # presigned URLs have none
        if found is None:
            return "", ""
        return found[1], self.headers.get("X-Amz-Target", self.command).rpartition(".")[2]


def _refusal(service: str, fault: str, path: str) -> Answer:
    """Return the error response of a call that was not carried out; that of S3 contains the path."""
    status, code = _REFUSALS[service, fault]
    if service == "sqs":
        body = json.dumps({"__type": f"com.amazonaws.sqs#{code}", "message": "Injected."})
        return status, [("Content-Type", "application/x-amz-json-1.0")], body.encode()
    body = f"<Error><Code>{code}</Code><Message>Injected for {escape(path)}</Message></Error>"
    return status, [("Content-Type", "application/xml")], body.encode()


def _delayed(body: bytes, injector: Injector) -> bytes:
    """Return the send call with a longer delay for each message."""
    call: dict[str, Any] = json.loads(body)
    for message in call.get("Entries", [call]):
        more = injector.random("delay").randint(1, MAX_EXTRA_DELAY)
        message["DelaySeconds"] = min(MAX_DELAY, message.get("DelaySeconds", 0) + more)
    return json.dumps(call).encode()


@contextmanager
def proxy(moto_url: str, injected: Tally) -> Iterator[Proxy]:
    """Run in front of moto until the block ends."""
    server = Proxy(moto_url, injected)
    with serving(server):
        yield server
