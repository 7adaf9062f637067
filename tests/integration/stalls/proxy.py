"""A TCP proxy that can stall: it accepts connections and reads, but forwards nothing, in either direction."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread

from local.runner.children import HOST

CHUNK = 1 << 16


class StallingProxy:
    """Forwards connections to a port on loopback until it stalls; connections that are open stall too."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self._bytes_left: int | None = None  # from clients, until it stalls; None: it does not stall
        self.received = 0  # bytes from clients
        Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """The port that clients connect to."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def url(self) -> str:
        """The URL of an HTTP server behind it."""
        return f"http://{HOST}:{self.port}"

    def stall(self, after: int = 0) -> None:
        """Stall once clients have sent `after` more bytes."""
        with self._lock:
            self._bytes_left = after

    def resume(self) -> None:
        """Forward again, and break the connections that are open."""
        with self._lock:
            self._bytes_left = None
            self._break_open()

    def close(self) -> None:
        """Stop listening, and break the connections that are open."""
        _end(self._listener)
        self._listener.close()
        with self._lock:
            self._break_open()

    def _break_open(self) -> None:
        for connection in self._open:
            _end(connection)

    def _accept(self) -> None:
        with suppress(OSError):  # of `close`
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection((HOST, self._target_port)) as server:
            with self._lock:
                self._open |= {client, server}
            answers = Thread(target=self._forward, args=(server, client, lambda _: 0), daemon=True)
            answers.start()
            self._forward(client, server, len)
            answers.join()
            with self._lock:
                self._open -= {client, server}

    def _forward(self, source: socket.socket, target: socket.socket, count: Callable[[bytes], int]) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if self._forwards(count(data)):
                    target.sendall(data)
        _end(target)

    def _forwards(self, sent: int) -> bool:
        with self._lock:
            self.received += sent
            if self._bytes_left is None:
                return True
            self._bytes_left = max(0, self._bytes_left - sent)
            return self._bytes_left > 0


def _end(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended already
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def stalling_proxy(target_port: int) -> Iterator[StallingProxy]:
    """Run in front of a port until the block ends."""
    proxy = StallingProxy(target_port)
    try:
        yield proxy
    finally:
        proxy.close()
