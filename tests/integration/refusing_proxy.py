"""A proxy before a mongod that refuses some commands as MongoDB Atlas does; it forwards all others."""

import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from urllib.parse import urlsplit

import bson

HEADER = struct.Struct("<iiii")  # length, request, response to, opcode
OP_MSG = 2013  # https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
BODY = 5  # bytes of an OP_MSG between the header and its first document: flags, kind of section


class _Proxy(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, upstream: tuple[str, int], texts: Mapping[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.upstream, self.texts = upstream, texts


class _Connection(BaseRequestHandler):
    server: _Proxy
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(self.server.upstream) as upstream:
            while message := _read(self.request):
                refusal = self._refusal(message)
                if refusal is None:
                    upstream.sendall(message)
                self.request.sendall(refusal or _read(upstream))

    def _refusal(self, message: bytes) -> bytes | None:
        _, request, _, opcode = HEADER.unpack_from(message)
        if opcode != OP_MSG:
            return None
        start = HEADER.size + BODY
        (length,) = struct.unpack_from("<i", message, start)
        command = next(iter(bson.decode(message[start : start + length])))
        if command not in self.server.texts:
            return None
        text = self.server.texts[command]
        answer = bson.encode({"ok": 0, "errmsg": text, "code": 8000, "codeName": "AtlasError"})
        return HEADER.pack(start + len(answer), 1, request, OP_MSG) + bytes(BODY) + answer


def _read(connection: socket.socket) -> bytes:
    """Return one message, or b"" if the other side has closed the connection."""
    head = _exactly(connection, HEADER.size)
    return head and head + _exactly(connection, HEADER.unpack(head)[0] - HEADER.size)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        try:
            part = connection.recv(count - len(data))
        except ConnectionError:
            part = b""
        if not part:
            return b""
        data += part
    return bytes(data)


@contextmanager
def refusing(mongodb_uri: str, texts: Mapping[str, str], login: str = "") -> Iterator[str]:
    """Refuse the commands named in `texts` with these texts until the block ends; yield the proxy's URI."""
    upstream = urlsplit(mongodb_uri)
    with _Proxy((upstream.hostname or "", upstream.port or 0), texts) as proxy:
        Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"mongodb://{login}127.0.0.1:{proxy.server_address[1]}/?directConnection=true"
        finally:
            proxy.shutdown()
