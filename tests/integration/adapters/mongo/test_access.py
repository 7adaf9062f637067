"""Functions log in to MongoDB by a role of AWS; what is wrong with DNS, TLS or access lists is said."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import bson
import dns.resolver
import pytest

from catalight.adapters.mongo import Connection, MongoPing
from catalight.domain.errors import UnavailableError
from tests.integration.refusing_proxy import answering

WITH_AWS = "&authMechanism=MONGODB-AWS&authSource=$external"
# Their constructors have no types.
NXDOMAIN: Any = dns.resolver.NXDOMAIN
NoNameservers: Any = dns.resolver.NoNameservers
LifetimeTimeout: Any = dns.resolver.LifetimeTimeout
KEYS = {"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}


@pytest.fixture
def log_of(caplog: pytest.LogCaptureFixture) -> Callable[[str], str]:
    """Return what is logged when MongoDB is called at a URI that does not serve."""

    def log_of(uri: str) -> str:
        connection = Connection(lambda: uri, "test", select_seconds=0.2)
        with pytest.raises(UnavailableError, match="MongoDB"):
            MongoPing(connection)()
        connection.close()
        return caplog.text

    return log_of


class Atlas:
    """The server's half of MONGODB-AWS, but for the call of AWS's STS, which would check the signature."""

    def __init__(self) -> None:
        self.signed: dict[str, str] = {}

    def start(self, command: dict[str, Any]) -> dict[str, Any]:
        assert command["mechanism"] == "MONGODB-AWS"
        payload = {
            "s": bson.decode(command["payload"])["r"] + bytes(32),
            "h": "sts.eu-central-1.amazonaws.com",
        }
        return {"ok": 1, "conversationId": 1, "done": False, "payload": bson.encode(payload)}

    def go_on(self, command: dict[str, Any]) -> dict[str, Any]:
        self.signed = bson.decode(command["payload"])
        return {"ok": 1, "conversationId": 1, "done": True, "payload": b""}


def test_a_function_logs_in_with_the_credentials_of_its_role(
    mongodb_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    atlas = Atlas()
    with answering(mongodb_uri, {"saslStart": atlas.start, "saslContinue": atlas.go_on}) as uri:
        connection = Connection(lambda: uri + WITH_AWS, "test")
        MongoPing(connection)()
        connection.close()
    assert atlas.signed["t"] == "token"
    assert re.search(r"Credential=ASIAEXAMPLE/\d{8}/eu-central-1/sts/aws4_request", atlas.signed["a"])
    assert "x-mongodb-server-nonce" in atlas.signed["a"]


def test_a_mongod_that_knows_no_roles_is_told_from_a_refused_login(
    mongodb_uri: str, monkeypatch: pytest.MonkeyPatch, log_of: Callable[[str], str]
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    log = log_of(mongodb_uri + WITH_AWS)
    assert "MongoDB does not know the authMechanism of the URI" in log


def test_missing_credentials_are_told_from_a_refused_login(
    mongodb_uri: str, monkeypatch: pytest.MonkeyPatch, log_of: Callable[[str], str]
) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    log = log_of(mongodb_uri + WITH_AWS)
    assert "there are no AWS credentials" in log


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (NXDOMAIN(), "cannot be found: DNS has no record"),
        (NoNameservers(), "cannot be found: DNS does not answer"),
        (LifetimeTimeout(timeout=1, errors=[]), "cannot be found: DNS does not answer"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_cluster_that_dns_does_not_know_is_no_bad_secret(
    failure: Exception, said: str, monkeypatch: pytest.MonkeyPatch, log_of: Callable[[str], str]
) -> None:
    def resolve(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(dns.resolver, "resolve", resolve)
    log = log_of("mongodb+srv://user:password@cluster.example.test/")
    assert said in log
    assert "example" not in log
    assert "usable URI" not in log


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (socket.EAI_NONAME, "MongoDB cannot be found: DNS has no record"),
        (socket.EAI_AGAIN, "MongoDB cannot be found: DNS does not answer"),
    ],
)
def test_a_host_without_an_address_is_told_from_dns_that_does_not_answer(
    code: int, said: str, monkeypatch: pytest.MonkeyPatch, log_of: Callable[[str], str]
) -> None:
    def getaddrinfo(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "no")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert said in log_of("mongodb://user:password@db.example.test")


@contextmanager
def ending_handshakes() -> Iterator[int]:
    """Answer the first message of TLS with the alert `internal_error`, as Atlas does; yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                with client:
                    client.recv(4096)
                    client.sendall(bytes([21, 3, 3, 0, 2, 2, 80]))

        Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_an_address_that_atlas_does_not_list_is_told_from_a_refused_login(
    log_of: Callable[[str], str],
) -> None:
    with ending_handshakes() as port:
        log = log_of(f"mongodb://user:password@127.0.0.1:{port}/?tls=true&directConnection=true")
    assert "MongoDB ends the TLS handshake: Atlas does so if its access list lacks the address" in log
