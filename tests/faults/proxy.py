"""A proxy in front of moto that makes S3 and SQS fail as they do on AWS, only more often.

It can also kill the process of a function at its calls, before or after their effect.
"""

import json
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

from local.hosts.http_server import serving
from tests.faults import peers
from tests.faults.injection import Injector, Tally
from tests.forwarding import Answer, Forwarder, Front

CALM: Mapping[str, float] = {}
ROUGH = {"throttled": 0.06, "failed": 0.04, "lost": 0.03, "twice": 0.15, "late": 0.15}
DENIED = {"denied": 1.0}  # as with a missing permission; this is no outage
STORM = {"throttled": 0.5, "failed": 0.3, "lost": 0.1, "twice": 0.05}
DEADLY = {"killed before": 0.08, "killed after": 0.08}  # of the calls of the function that is to be killed
MAX_EXTRA_DELAY = 2  # seconds, on top of the requested delay

MAX_DELAY = 900  # seconds, the limit of SQS

_SERVICE = re.compile(r"Credential=([^/]*)/.*/(s3|sqs)/aws4_request")
_SENDING = ("SendMessage", "SendMessageBatch")
_REFUSALS = {
    ("sqs", "throttled"): (400, "RequestThrottled"),
    ("sqs", "failed"): (500, "InternalFailure"),
    ("s3", "throttled"): (503, "SlowDown"),
    ("s3", "failed"): (500, "InternalError"),
    ("s3", "denied"): (403, "AccessDenied"),
}


class Proxy(Front):
    """Forwards all calls to moto; injects faults into those of S3 and SQS, with the rates of `rates`.

    The function `victim` is killed at its calls `kills_left` times; `workers` returns its processes. Its next
    `losses_left` messages go to the queue `nowhere`, though it sees no error.
    """

    def __init__(self, moto_url: str, injected: Tally) -> None:
        super().__init__(moto_url, _Handler)
        self.injected = injected
        self.injector = Injector(0)
        self.rates = CALM
        self.victim = self.nowhere = ""
        self.kills_left = self.losses_left = 0
        self.workers: Callable[[], list[int]] = list

    def draw(self, service: str, operation: str, function: str) -> str | None:
        """Choose the fault of the next call of an operation by a function, and count it."""
        if function and function == self.victim and (fault := self._draw_of_victim(operation)):
            self.injected.add(f"{function} {operation} {fault}")
            return fault
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

    def _draw_of_victim(self, operation: str) -> str | None:
        if self.losses_left and operation in _SENDING:
            self.losses_left -= 1
            return "message lost"
        if self.kills_left and (killed := self.injector.draw(f"{self.victim} {operation}", DEADLY)):
            self.kills_left -= 1
            return killed
        return None


class _Handler(Forwarder):
    server: Proxy

    def serve(self, body: bytes) -> None:
        function, service, operation = self._call()
        fault = self.server.draw(service, operation, function)
        match fault:
            case "killed before":
                self._kill()
            case "killed after":
                self.pass_on(body)
                self._kill()
            case "message lost":
                self.give(
                    *self.pass_on(json.dumps({**json.loads(body), "QueueUrl": self.server.nowhere}).encode())
                )
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

    def _kill(self) -> None:
        peers.kill_at_port(self.client_address[1], self.server.workers(), signal.SIGKILL)
        self.close_connection = True

    def _call(self) -> tuple[str, str, str]:
        """Return function, service and operation of a call by a function, or three empty strings."""
        found = _SERVICE.search(self.headers.get("Authorization", ""))  # presigned URLs have none
        if found is None:
            return "", "", ""
        return found[1], found[2], self.headers.get("X-Amz-Target", self.command).rpartition(".")[2]


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
