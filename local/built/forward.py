"""Forwards ports from another address of this machine to loopback, which containers cannot reach."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer

from local.runner.children import HOST

CHUNK = 1 << 16


class _Forwarder(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Handler(BaseRequestHandler):
    server: _Forwarder

    def handle(self) -> None:
        """Forward bytes in both directions until both sides have closed."""
        with socket.create_connection((HOST, self.server.server_address[1])) as upstream:
            back = threading.Thread(target=_carry, args=(upstream, self.request), daemon=True)
            back.start()
            _carry(self.request, upstream)
            back.join()


def _carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return  # the other side has closed the connection (ENOTCONN is no ConnectionError)


@contextmanager
def forwarded(address: str, port: int) -> Iterator[None]:
    """Forward `address:port` to the same port on loopback until the block ends."""
    with _Forwarder((address, port), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
