"""Answers of hosts that mean harm: floods, bombs, drips and nonsense, and the code that each ends with."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, repeat

type Pieces = Iterable[bytes]

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BLOCK = bytes(65_536)
FOREVER: Pieces = repeat(BLOCK)
CHUNKS: Pieces = repeat(b"10000\r\n%b\r\n" % BLOCK)
LETTERS: Pieces = repeat(b"x" * 65_536)


@dataclass(frozen=True, slots=True)
class Answer:
    """The error code that an answer ends with, or "" where it is taken, and what makes its pieces."""

    code: str
    pieces: Callable[[], Pieces]


def _then(start: bytes, rest: Pieces = FOREVER) -> Callable[[], Pieces]:
    return lambda: chain([start], rest)


def _encoded(coding: str) -> bytes:
    return OK + f"Content-Encoding: {coding}\r\n\r\n".encode()


@cache
def _zeros(wbits: int) -> bytes:
    """100 million zeros, compressed."""
    packer = zlib.compressobj(wbits=wbits)
    return b"".join(packer.compress(BLOCK) for _ in range(1_526)) + packer.flush()


@cache
def _nested(layers: int) -> bytes:
    """A billion zeros in members of gzip, and that again."""
    body = _zeros(31) * 10
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


def _moved(status: bytes, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b Moved\r\nLocation: /taken\r\n%b\r\n" % (status, head)


BYTES, HTTP, BROKEN, TIME = "too_many_bytes", "http_error", "connection_error", "timeout"

FLOODS: Mapping[str, Answer] = {
    # The body
    "a body without a length": Answer(BYTES, _then(OK + b"\r\n")),
    "a body of HTTP/1.0": Answer(BYTES, _then(b"HTTP/1.0 200 OK\r\n\r\n")),
    "a length over the limit": Answer(BYTES, _then(OK + b"Content-Length: 25000001\r\n\r\n")),
    "a length beyond all": Answer(BYTES, _then(OK + b"Content-Length: %b\r\n\r\n" % (b"9" * 4000))),
    "a length below zero": Answer(BYTES, _then(OK + b"Content-Length: -1\r\n\r\n")),
    "a length in words": Answer(BYTES, _then(OK + b"Content-Length: many\r\n\r\n")),
    "two lengths": Answer(HTTP, _then(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n")),
    "a length and chunks": Answer(
        BYTES, _then(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKS)
    ),
    "more than its length": Answer("", _then(OK + b"Content-Length: 7\r\n\r\npicture", repeat(BLOCK, 20))),
    "too little": Answer(BROKEN, _then(OK + b"Content-Length: 9\r\n\r\nhalf", [])),
    "204 with a body": Answer(HTTP, _then(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "404 with a body": Answer("not_found", _then(b"HTTP/1.1 404 Not Found\r\n\r\n")),
    "206": Answer(HTTP, _then(b"HTTP/1.1 206 Partial Content\r\n\r\n")),
    # Chunks
    "endless chunks": Answer(BYTES, _then(CHUNKED, CHUNKS)),
    "chunks of a byte": Answer(BYTES, _then(CHUNKED, repeat(b"1\r\nx\r\n" * 10_000))),
    "chunks of nothing but names": Answer(BYTES, _then(CHUNKED, repeat(b"1;%b\r\nx\r\n" % (b"x" * 60_000)))),
    "a chunk beyond all": Answer(BYTES, _then(CHUNKED + b"f" * 30 + b"\r\n")),
    "a chunk below zero": Answer(BYTES, _then(CHUNKED + b"-1\r\n")),
    "a chunk in words": Answer(BROKEN, _then(CHUNKED + b"many\r\n")),
    "a chunk's size without end": Answer(BROKEN, _then(CHUNKED, repeat(b"1" * 65_536))),
    "a chunk's name without end": Answer(BROKEN, _then(CHUNKED + b"1;", LETTERS)),
    "trailers without end": Answer(BYTES, _then(CHUNKED + b"1\r\nx\r\n0\r\n", repeat(b"X: x\r\n" * 10_000))),
    "a trailer without end": Answer(BROKEN, _then(CHUNKED + b"1\r\nx\r\n0\r\nX: ", LETTERS)),
    # Content encodings
    "a bomb of gzip": Answer(BYTES, lambda: [_encoded("gzip"), _zeros(31)]),
    "a bomb of x-gzip": Answer(BYTES, lambda: [_encoded("x-gzip"), _zeros(31)]),
    "a bomb of zlib": Answer(BYTES, lambda: [_encoded("deflate"), _zeros(15)]),
    "a bomb of deflate": Answer(BYTES, lambda: [_encoded("deflate"), _zeros(-15)]),
    "a billion zeros": Answer(BYTES, lambda: [_encoded("gzip"), _nested(1)]),
    "a bomb in a bomb": Answer(BYTES, lambda: [_encoded("gzip, gzip"), _nested(2)]),
    "three of them": Answer(BYTES, lambda: [_encoded("gzip, gzip, gzip"), _nested(3)]),
    "five of them": Answer(BYTES, lambda: [_encoded(", ".join(["gzip"] * 5)), _nested(5)]),
    "six of them": Answer(HTTP, lambda: [_encoded(", ".join(["gzip"] * 6)), _nested(6)]),
    "thousands of encodings": Answer(HTTP, lambda: [_encoded(",".join(["gzip"] * 9_000)), BLOCK]),
    "many headers of encodings": Answer(
        HTTP, lambda: [OK, b"Content-Encoding: gzip\r\n" * 50, b"\r\n", gzip.compress(b"x")]
    ),
    "encoded chunks": Answer(
        BYTES,
        lambda: [
            OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(_zeros(31)), _zeros(31)),
        ],
    ),
    "encoded transfer": Answer(BYTES, _then(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n")),
    "not what it says": Answer(HTTP, _then(_encoded("gzip"))),
    "members of nothing": Answer(BYTES, _then(_encoded("gzip"), repeat(gzip.compress(b"") * 3_000))),
    "blocks of nothing": Answer(
        BYTES, _then(_encoded("gzip") + gzip.compress(b"")[:10], repeat(b"\0\0\0\xff\xff" * 13_000))
    ),
    "a name without end": Answer(BYTES, _then(_encoded("gzip") + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", LETTERS)),
    "rubbish after the end": Answer(BYTES, _then(_encoded("gzip") + gzip.compress(b"x"), LETTERS)),
    "blocks of nothing, twice": Answer(
        BYTES,
        _then(_encoded("gzip, gzip") + gzip.compress(b"")[:10], repeat(b"\0\0\0\xff\xff" * 13_000)),
    ),
    # The head
    "a status without end": Answer(HTTP, _then(b"HTTP/1.1 200 ", LETTERS)),
    "a line without end": Answer(HTTP, _then(OK + b"X: ", LETTERS)),
    "headers without end": Answer(HTTP, _then(OK, repeat(b"X: %b\r\n" % (b"x" * 1_000)))),
    "folds without end": Answer(HTTP, _then(OK + b"X: x\r\n", repeat(b" %b\r\n" % (b"x" * 1_000)))),
    "a hundred long headers": Answer(HTTP, lambda: [OK, b"X: %b\r\n" % (b"x" * 60_000) * 100, b"\r\n"]),
    "many short headers": Answer(BROKEN, lambda: [OK, b"X: x\r\n" * 1_000, b"\r\n"]),
    "100 without end": Answer(HTTP, _then(b"", repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100))),
    "thousands of 100": Answer(HTTP, lambda: [b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000, OK, b"\r\nx"]),
    "a few of 100": Answer("", lambda: [b"HTTP/1.1 100 Continue\r\n\r\n" * 50, OK, b"\r\npicture"]),
    "103 without end": Answer(HTTP, _then(b"", repeat(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"))),
    "101": Answer(HTTP, _then(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")),
    "a status beyond all": Answer(BROKEN, _then(b"HTTP/1.1 99999 Much\r\n\r\n")),
    "HTTP/0.9": Answer(HTTP, _then(b"<html>")),
    "HTTP/2": Answer(HTTP, _then(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80")),
    "HTTP/9": Answer(BROKEN, _then(b"HTTP/9.9 200 OK\r\n\r\n")),
    "another protocol": Answer(BROKEN, _then(b"SSH-2.0-OpenSSH_9.9\r\n")),
    "zeros": Answer(HTTP, _then(b"")),
    "a hang-up": Answer(BROKEN, list),
    # Redirects
    "a redirect and an endless body": Answer("", _then(_moved(b"302"))),
    "a redirect and endless chunks": Answer(
        "", _then(_moved(b"301", b"Transfer-Encoding: chunked\r\n"), CHUNKS)
    ),
    "a redirect and a bomb": Answer(
        "",
        lambda: [_moved(b"307", b"Content-Encoding: gzip\r\nContent-Length: 60000\r\n"), _zeros(31)[:60_000]],
    ),
    "a redirect to itself": Answer("too_many_redirects", _then(b"HTTP/1.1 302 Found\r\nLocation: ?\r\n\r\n")),
    "a redirect to a novel": Answer(
        HTTP, lambda: [b"HTTP/1.1 302 Found\r\nLocation: /%b\r\n\r\n" % (b"x" * 70_000)]
    ),
}
"""Sent as fast as they are taken."""

DRIPS: Mapping[str, tuple[bytes, bytes]] = {
    "the status": (b"", b"H"),
    "a header": (OK + b"X: ", b"x"),
    "headers": (OK, b"X: x\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body": (OK + b"\r\n", b"x"),
    "a declared body": (OK + b"Content-Length: 9999999\r\n\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "a chunk": (CHUNKED + b"ffff\r\n", b"x"),
    "a chunk's size": (CHUNKED, b"1"),
    "a chunk's name": (CHUNKED + b"1;", b"x"),
    "a trailer": (CHUNKED + b"1\r\nx\r\n0\r\nX: ", b"x"),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"X: x\r\n"),
    "blocks of nothing": (_encoded("gzip") + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
    "an encoded name": (_encoded("gzip") + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", b"x"),
    "a redirect's body": (_moved(b"302", b"Content-Length: 60000\r\n"), b"x"),
}
"""A start, then pieces that come one by one."""
