"""Ports of this machine's loopback, opened on another of its addresses as well: a container sees no other."""

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
        """Carry bytes both ways until either side is done."""
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
    except ConnectionError:
        return  # the other side has gone; there is nobody left to tell


@contextmanager
def forwarded(address: str, port: int) -> Iterator[None]:
    """Until the block ends, `address:port` leads to the same port on loopback."""
    with _Forwarder((address, port), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
