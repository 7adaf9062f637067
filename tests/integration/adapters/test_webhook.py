"""Signed calls to a real receiver, and to some that do not behave."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest

from catalight.adapters.patience import Limits
from catalight.adapters.webhook import SignedSender
from catalight.domain.errors import UnavailableError
from local.hosts.webhook_receiver import webhook_receiver
from tests.integration.adapters.hosts import Host, answer, redirect, stall

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "job.completed", "data": {}}'


@pytest.fixture
def sender() -> Iterator[SignedSender]:
    sender = SignedSender(secret=lambda: SECRET, allow_private_hosts=True, limits=Limits(0.5, 0.5, 0.5))
    yield sender
    sender.close()


def test_a_receiver_can_verify_the_call(sender: SignedSender) -> None:
    now = datetime.now(UTC)
    with webhook_receiver(SECRET) as receiver:
        delivery = sender(f"{receiver.url}/hook", "msg_1", BODY, now)
        assert receiver.events.get(timeout=5) == {"type": "job.completed", "data": {}}
    assert (delivery.status, delivery.error, delivery.at) == (204, None, now)
    assert delivery.delivered
    assert receiver.ids == ["msg_1"]


def test_another_secret_is_not_taken(sender: SignedSender) -> None:
    with webhook_receiver("whsec_" + "A" * 32) as receiver:
        delivery = sender(f"{receiver.url}/hook", "msg_1", BODY, datetime.now(UTC))
    assert (delivery.status, delivery.delivered) == (401, False)


def test_what_the_receiver_answers_is_told(sender: SignedSender, host: Host) -> None:
    host.routes["/busy"] = answer(status=503)
    assert sender(host.url("/busy"), "m", BODY, datetime.now(UTC)).status == 503


def test_no_redirect_is_followed(sender: SignedSender, host: Host) -> None:
    host.routes |= {"/moved": redirect("/there"), "/there": answer()}
    assert sender(host.url("/moved"), "m", BODY, datetime.now(UTC)).status in (301, 302, 307, 308)
    assert "/there" not in str(host.requests)


def test_a_receiver_that_stalls_is_a_timeout(sender: SignedSender, host: Host) -> None:
    host.routes["/slow"] = partial(stall_forever, host)
    delivery = sender(host.url("/slow"), "m", BODY, datetime.now(UTC))
    assert (delivery.status, delivery.error) == (None, "timeout")
    assert delivery.milliseconds >= 400


def stall_forever(host: Host, connection: object) -> bool:
    return stall(host)(connection)  # type: ignore[arg-type]


def test_a_private_address_is_refused() -> None:
    sender = SignedSender(secret=lambda: SECRET)
    with webhook_receiver(SECRET) as receiver:
        delivery = sender(receiver.url, "m", BODY, datetime.now(UTC))
    sender.close()
    assert delivery.error == "address_not_allowed"
    assert receiver.ids == []


def no_secret() -> str:
    raise UnavailableError("Secrets Manager")


@pytest.mark.parametrize("secret", [no_secret, lambda: "whsec_%", lambda: ""])
def test_a_secret_that_cannot_be_used_is_an_outcome(secret: object) -> None:
    sender = SignedSender(secret=secret, allow_private_hosts=True)  # type: ignore[arg-type]
    delivery = sender("http://127.0.0.1:9/", "m", BODY, datetime.now(UTC))
    sender.close()
    assert (delivery.status, delivery.error) == (None, "signing_failed")
