"""Signed calls to a real receiver and to failing ones."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Event

import pytest

from catalight.adapters.web.limits import Limits
from catalight.adapters.web.webhook import SignedSender
from catalight.domain.errors import UnavailableError
from catalight.domain.web.egress import EgressPolicy
from local.hosts.http_server import Handler, Server, serving
from local.hosts.webhook_receiver import webhook_receiver
from tests.corpora.urls import PUBLIC
from tests.integration.adapters.web.hosts import LOCAL, Host, Internet

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "job.completed", "data": {}}'


@pytest.fixture
def sender() -> Iterator[SignedSender]:
    sender = SignedSender(LOCAL, secrets=lambda _: [SECRET], limits=Limits(0.5, 0.5, 0.5))
    yield sender
    sender.close()


def test_a_receiver_can_verify_the_call(sender: SignedSender) -> None:
    now = datetime.now(UTC)
    with webhook_receiver(SECRET) as receiver:
        delivery = sender("", f"{receiver.url}/hook", "msg_1", BODY, now)
        assert receiver.events.get(timeout=5) == {"type": "job.completed", "data": {}}
    assert (delivery.status, delivery.error, delivery.at) == (204, None, now)
    assert delivery.delivered
    assert receiver.ids == ["msg_1"]


def test_a_receiver_with_another_secret_refuses(sender: SignedSender) -> None:
    with webhook_receiver("whsec_" + "A" * 32) as receiver:
        delivery = sender("", f"{receiver.url}/hook", "msg_1", BODY, datetime.now(UTC))
    assert (delivery.status, delivery.delivered) == (401, False)


class Odd(Handler):
    """A receiver that does not accept the call."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.paths.append(self.path)  # type: ignore[attr-defined]
        match self.path:
            case "/busy":
                self.answer(503)
            case "/moved":
                self.send_response(307)
                self.send_header("Location", "/there")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "/slow":
                self.server.over.wait()  # type: ignore[attr-defined]


@pytest.fixture
def odd() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Odd)
    server.paths, server.over = [], Event()  # type: ignore[attr-defined]
    with serving(server):
        yield server
        server.over.set()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("path", "status"), [("/busy", 503), ("/moved", 307)])
def test_the_status_is_recorded_and_no_redirect_followed(
    sender: SignedSender, odd: Server, path: str, status: int
) -> None:
    assert sender("", odd.url + path, "m", BODY, datetime.now(UTC)).status == status
    assert odd.paths == [path]  # type: ignore[attr-defined]


def test_a_receiver_that_stalls_is_a_timeout(sender: SignedSender, odd: Server) -> None:
    delivery = sender("", f"{odd.url}/slow", "m", BODY, datetime.now(UTC))
    assert (delivery.status, delivery.error) == (None, "timeout")
    assert delivery.milliseconds >= 400


def test_a_private_address_is_refused() -> None:
    with webhook_receiver(SECRET) as receiver:
        egress = EgressPolicy(ports=frozenset({receiver.server_port}))
        sender = SignedSender(egress, secrets=lambda _: [SECRET])
        delivery = sender("", receiver.url.replace("http:", "https:"), "m", BODY, datetime.now(UTC))
    sender.close()
    assert delivery.error == "address_not_allowed"
    assert receiver.ids == []


def test_plain_http_is_never_called(host: Host) -> None:
    """A job with such a webhook may have been stored while plain HTTP was allowed."""
    internet = Internet(host.port, {"shop.test": [[PUBLIC]]})
    sender = SignedSender(EgressPolicy(), secrets=lambda _: [SECRET], network=internet.network)
    delivery = sender("", "http://shop.test/", "m", BODY, datetime.now(UTC))
    sender.close()
    assert (delivery.status, delivery.error) == (None, "invalid_url")
    assert internet.resolved == []


def no_secrets(_: str) -> list[str]:
    raise UnavailableError("Secrets Manager")


@pytest.mark.parametrize("secrets", [no_secrets, lambda _: ["whsec_%"], lambda _: [""], lambda _: []])
def test_a_secret_that_cannot_be_used_is_an_outcome(secrets: Callable[[str], list[str]]) -> None:
    sender = SignedSender(LOCAL, secrets=secrets)
    delivery = sender("", "http://127.0.0.1:9/", "m", BODY, datetime.now(UTC))
    sender.close()
    assert (delivery.status, delivery.error) == (None, "signing_failed")
