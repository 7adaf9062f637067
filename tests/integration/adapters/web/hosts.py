"""A scripted HTTP host on real sockets, and responses for it."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from catalight.adapters.web.dial import Network, resolve
from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageError
from catalight.domain.web.egress import EgressPolicy
from tests.corpora.urls import PUBLIC

LOCAL = EgressPolicy(private_hosts=True)

type NewFetcher = Callable[..., Fetcher]

type Route = Callable[[socket.socket], bool]  # answers one request; returns whether to keep the connection


class Host:
    """A scripted HTTP host: `routes` maps paths to responses, `requests` records the requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[str] = []
        self.connections: list[socket.socket] = []
        self.closing = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self.closing.set()
        for opened in (self._listener, *self.connections):
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            plain,
            self._tls.wrap_socket(plain, server_side=True) if self._tls else plain as connection,
        ):
            keep = True
            while keep and (request := self._read_request(connection)):
                self.requests.append(request)
                keep = self.routes[request.split()[1]](connection)

    @staticmethod
    def _read_request(connection: socket.socket) -> str:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            if not (received := connection.recv(65536)):
                return ""
            request += received
            if request.startswith(b"\x16"):  # a TLS hello
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return ""
        return request.decode()


def exactly(data: bytes) -> Route:
    """Send these bytes and hang up."""

    def route(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return route


def answer(body: bytes = b"", status: int = 200, *headers: str) -> Route:
    """Send a normal response and keep the connection."""
    head = "\r\n".join((f"HTTP/1.1 {status} Remote-Text", f"Content-Length: {len(body)}", *headers))

    def route(connection: socket.socket) -> bool:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        return True

    return route


def redirect(location: str) -> Route:
    return answer(b"", 302, f"Location: {location}")


def endless(start: bytes, piece: bytes) -> Route:
    """Send `start`, then `piece` until the client hangs up."""

    def route(connection: socket.socket) -> bool:
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return route


def stall(host: Host, start: bytes = b"") -> Route:
    """Send `start`, then nothing until the test is over."""

    def route(connection: socket.socket) -> bool:
        connection.sendall(start)
        return host.closing.wait() and False

    return route


def failure(fetcher: Fetcher, url: str) -> ImageError:
    """Return the error of a fetch; its detail must not contain anything from the URL or the host."""
    with pytest.raises(ImageError) as caught:
        fetcher.fetch(url)
    error = caught.value
    assert error.detail.endswith(".")
    assert not any(text in error.detail for text in ("127.0.0.1", "http://", "hunter2", "Remote-Text"))
    return error


class Internet:
    """A fake network: names resolve to `answers`, and PUBLIC leads to a local port.

    Each list of addresses is for one resolution of the name; the last one stays. `dead` addresses refuse
    connections. Resolutions and connections are recorded.
    """

    def __init__(
        self, port: int, answers: Mapping[str, Sequence[Sequence[str]]], dead: Collection[str] = ()
    ) -> None:
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self._port = port
        self._answers = {name: list(lists) for name, lists in answers.items()}
        self._dead = dead

    @property
    def network(self) -> Network:
        return Network(self._resolve, self._connect)

    def _resolve(self, name: str, port: int) -> Sequence[str]:
        self.resolved.append(name)
        answers = self._answers.get(name)
        if answers is None:  # not a name of this network: an address in any spelling, or nothing
            socket.getaddrinfo(name, port, flags=socket.AI_NUMERICHOST)
            return resolve(name, port)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def _connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        self.connected.append(address)
        if address[0] in self._dead:
            raise ConnectionRefusedError
        here = ("127.0.0.1", self._port) if PUBLIC in address[0] else address
        return socket.create_connection(here, seconds)


def tls_host(directory: Path, name: str) -> tuple[Host, Path]:
    """Return a host with a self-signed certificate for `name`, and the file of the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(own_key, critical=False)
        .sign(key, hashes.SHA256())
    )
    private, public = directory / f"{name}.key", directory / f"{name}.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return Host(context), public
