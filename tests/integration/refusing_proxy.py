"""A proxy before a mongod that answers some commands as MongoDB Atlas does; it forwards all others."""

import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import bson

HEADER = struct.Struct("<iiii")  # length, request, response to, opcode
OP_MSG = 2013  # https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
BODY = 5  # bytes of an OP_MSG between the header and its first document: flags, kind of section

type Answer = Callable[[dict[str, Any]], dict[str, Any]]
"""Returns what is answered to a command."""


class _Proxy(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, upstream: tuple[str, int], answers: Mapping[str, Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.upstream, self.answers = upstream, answers


class _Connection(BaseRequestHandler):
    server: _Proxy
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(self.server.upstream) as upstream:
            while message := _read(self.request):
                answer = self._answer(message)
                if answer is None:
                    upstream.sendall(message)
                self.request.sendall(answer or _read(upstream))

    def _answer(self, message: bytes) -> bytes | None:
        _, request, _, opcode = HEADER.unpack_from(message)
        if opcode != OP_MSG:
            return None
        start = HEADER.size + BODY
        (length,) = struct.unpack_from("<i", message, start)
        command = bson.decode(message[start : start + length])
        if (name := next(iter(command))) not in self.server.answers:
            return None
        answer = bson.encode(self.server.answers[name](command))
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

    def refusal(command: dict[str, Any]) -> dict[str, Any]:
        return {"ok": 0, "errmsg": texts[next(iter(command))], "code": 8000, "codeName": "AtlasError"}

    with answering(mongodb_uri, dict.fromkeys(texts, refusal), login) as uri:
        yield uri


@contextmanager
def answering(mongodb_uri: str, answers: Mapping[str, Answer], login: str = "") -> Iterator[str]:
    """Answer the commands named in `answers` by these until the block ends; yield the proxy's URI."""
    upstream = urlsplit(mongodb_uri)
    with _Proxy((upstream.hostname or "", upstream.port or 0), answers) as proxy:
        Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"mongodb://{login}127.0.0.1:{proxy.server_address[1]}/?directConnection=true"
        finally:
            proxy.shutdown()
