"""A scripted HTTP host on real sockets, and what it may send."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

import pytest

from catalight.adapters.fetch import Fetcher
from catalight.domain.errors import ImageError

type NewFetcher = Callable[..., Fetcher]

type Route = Callable[[socket.socket], bool]  # answers one request; whether to keep the connection


class Host:
    """A scripted HTTP host: `routes` says what it sends for a path; what was asked is counted."""

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
    """Answer as a good host does and keep the connection."""
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
    """The error of a fetch; its sentence says nothing that came from the URL or the host."""
    with pytest.raises(ImageError) as caught:
        fetcher.fetch(url)
    error = caught.value
    assert error.detail.endswith(".")
    assert not any(text in error.detail for text in ("127.0.0.1", "http://", "hunter2", "Remote-Text"))
    return error


@contextmanager
def resolving_to_loopback(*names: str) -> Iterator[None]:
    """Let the address filter take these names for public ones that live on this machine."""
    from requests_hardened import ip_filter_adapter

    real = ip_filter_adapter.filter_host

    def filter_host(name: str, port: int, **settings: object) -> object:
        return "127.0.0.1" if name in names else real(name, port, **settings)

    with patch.object(ip_filter_adapter, "filter_host", filter_host):
        yield
