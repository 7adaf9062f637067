"""Hostile HTTP responses: floods, bombs, slow drips and malformed ones, each with its expected error code."""

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
class Response:
    """A hostile response: its error code, or "" if it is accepted, and a function that returns its pieces."""

    code: str
    pieces: Callable[[], Pieces]


def _then(start: bytes, rest: Pieces = FOREVER) -> Callable[[], Pieces]:
    return lambda: chain([start], rest)


def _encoded(coding: str) -> bytes:
    return OK + f"Content-Encoding: {coding}\r\n\r\n".encode()


@cache
def _zeros(wbits: int) -> bytes:
    """Return 100 million zeros, compressed."""
    packer = zlib.compressobj(wbits=wbits)
    return b"".join(packer.compress(BLOCK) for _ in range(1_526)) + packer.flush()


@cache
def _nested(layers: int) -> bytes:
    """Return a billion zeros as ten gzip members, compressed `layers` times in all."""
    body = _zeros(31) * 10
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


def _moved(status: bytes, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b Moved\r\nLocation: /accepted\r\n%b\r\n" % (status, head)


BYTES, HTTP, BROKEN, TIME = "too_many_bytes", "http_error", "connection_error", "timeout"

FLOODS: Mapping[str, Response] = {
    # The body
    "a body without a length": Response(BYTES, _then(OK + b"\r\n")),
    "a body of HTTP/1.0": Response(BYTES, _then(b"HTTP/1.0 200 OK\r\n\r\n")),
    "a length over the limit": Response(BYTES, _then(OK + b"Content-Length: 25000001\r\n\r\n")),
    "a length of 4,000 digits": Response(BYTES, _then(OK + b"Content-Length: %b\r\n\r\n" % (b"9" * 4000))),
    "a negative length": Response(BYTES, _then(OK + b"Content-Length: -1\r\n\r\n")),
    "a length that is no number": Response(BYTES, _then(OK + b"Content-Length: many\r\n\r\n")),
    "two lengths": Response(HTTP, _then(OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n")),
    "a length and chunks": Response(
        BYTES, _then(OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNKS)
    ),
    "more than its length": Response("", _then(OK + b"Content-Length: 7\r\n\r\npicture", repeat(BLOCK, 20))),
    "less than its length": Response(BROKEN, _then(OK + b"Content-Length: 9\r\n\r\nhalf", [])),
    "204 with a body": Response(HTTP, _then(b"HTTP/1.1 204 No Content\r\n\r\n")),
    "404 with a body": Response("not_found", _then(b"HTTP/1.1 404 Not Found\r\n\r\n")),
    "206": Response(HTTP, _then(b"HTTP/1.1 206 Partial Content\r\n\r\n")),
    # Chunks
    "endless chunks": Response(BYTES, _then(CHUNKED, CHUNKS)),
    "chunks of a byte": Response(BYTES, _then(CHUNKED, repeat(b"1\r\nx\r\n" * 10_000))),
    "chunks with long extensions": Response(
        BYTES, _then(CHUNKED, repeat(b"1;%b\r\nx\r\n" % (b"x" * 60_000)))
    ),
    "a chunk size of 30 digits": Response(BYTES, _then(CHUNKED + b"f" * 30 + b"\r\n")),
    "a negative chunk size": Response(BYTES, _then(CHUNKED + b"-1\r\n")),
    "a chunk size that is no number": Response(BROKEN, _then(CHUNKED + b"many\r\n")),
    "an endless chunk size": Response(BROKEN, _then(CHUNKED, repeat(b"1" * 65_536))),
    "an endless chunk extension": Response(BROKEN, _then(CHUNKED + b"1;", LETTERS)),
    "endless trailers": Response(BYTES, _then(CHUNKED + b"1\r\nx\r\n0\r\n", repeat(b"X: x\r\n" * 10_000))),
    "an endless trailer": Response(BROKEN, _then(CHUNKED + b"1\r\nx\r\n0\r\nX: ", LETTERS)),
    # Content encodings
    "a bomb of gzip": Response(BYTES, lambda: [_encoded("gzip"), _zeros(31)]),
    "a bomb of x-gzip": Response(BYTES, lambda: [_encoded("x-gzip"), _zeros(31)]),
    "a bomb of zlib": Response(BYTES, lambda: [_encoded("deflate"), _zeros(15)]),
    "a bomb of deflate": Response(BYTES, lambda: [_encoded("deflate"), _zeros(-15)]),
    "a billion zeros": Response(BYTES, lambda: [_encoded("gzip"), _nested(1)]),
    "a bomb in two layers of gzip": Response(BYTES, lambda: [_encoded("gzip, gzip"), _nested(2)]),
    "a bomb in three layers of gzip": Response(BYTES, lambda: [_encoded("gzip, gzip, gzip"), _nested(3)]),
    "a bomb in five layers of gzip": Response(BYTES, lambda: [_encoded(", ".join(["gzip"] * 5)), _nested(5)]),
    "a bomb in six layers of gzip": Response(HTTP, lambda: [_encoded(", ".join(["gzip"] * 6)), _nested(6)]),
    "thousands of encodings": Response(HTTP, lambda: [_encoded(",".join(["gzip"] * 9_000)), BLOCK]),
    "many Content-Encoding headers": Response(
        HTTP, lambda: [OK, b"Content-Encoding: gzip\r\n" * 50, b"\r\n", gzip.compress(b"x")]
    ),
    "encoded chunks": Response(
        BYTES,
        lambda: [
            OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(_zeros(31)), _zeros(31)),
        ],
    ),
    "encoded transfer": Response(BYTES, _then(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n")),
    "not the declared encoding": Response(HTTP, _then(_encoded("gzip"))),
    "empty gzip members": Response(BYTES, _then(_encoded("gzip"), repeat(gzip.compress(b"") * 3_000))),
    "empty gzip blocks": Response(
        BYTES, _then(_encoded("gzip") + gzip.compress(b"")[:10], repeat(b"\0\0\0\xff\xff" * 13_000))
    ),
    "an endless gzip file name": Response(
        BYTES, _then(_encoded("gzip") + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", LETTERS)
    ),
    "garbage after the gzip data": Response(BYTES, _then(_encoded("gzip") + gzip.compress(b"x"), LETTERS)),
    "empty gzip blocks in two layers": Response(
        BYTES,
        _then(_encoded("gzip, gzip") + gzip.compress(b"")[:10], repeat(b"\0\0\0\xff\xff" * 13_000)),
    ),
    # The head
    "an endless status line": Response(HTTP, _then(b"HTTP/1.1 200 ", LETTERS)),
    "an endless header": Response(HTTP, _then(OK + b"X: ", LETTERS)),
    "endless headers": Response(HTTP, _then(OK, repeat(b"X: %b\r\n" % (b"x" * 1_000)))),
    "endless header folding": Response(HTTP, _then(OK + b"X: x\r\n", repeat(b" %b\r\n" % (b"x" * 1_000)))),
    "a hundred long headers": Response(HTTP, lambda: [OK, b"X: %b\r\n" % (b"x" * 60_000) * 100, b"\r\n"]),
    "many short headers": Response(HTTP, lambda: [OK, b"X: x\r\n" * 1_000, b"\r\n"]),
    "endless 100 Continue": Response(HTTP, _then(b"", repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100))),
    "5,000 times 100 Continue": Response(
        HTTP, lambda: [b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000, OK, b"\r\nx"]
    ),
    "50 times 100 Continue": Response(
        "", lambda: [b"HTTP/1.1 100 Continue\r\n\r\n" * 50, OK, b"\r\npicture"]
    ),
    "endless 103 Early Hints": Response(
        HTTP, _then(b"", repeat(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"))
    ),
    "50 times 103 Early Hints": Response(
        "", lambda: [b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 50, OK, b"\r\npicture"]
    ),
    "endless headers of a 102": Response(
        HTTP, _then(b"HTTP/1.1 102 Processing\r\n", repeat(b"X : x\r\n" * 100))
    ),
    "half a head": Response(BROKEN, lambda: [OK, b"Content-Type: image/jp"]),
    "endless malformed headers": Response(HTTP, _then(OK, repeat(b"no colon\r\n : x\r\n" * 100))),
    "a thousand malformed headers": Response("", lambda: [OK, b"no colon\r\n" * 1_000, b"\r\npicture"]),
    "101": Response(HTTP, _then(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")),
    "a status of five digits": Response(HTTP, _then(b"HTTP/1.1 99999 Much\r\n\r\n")),
    "HTTP/0.9": Response(HTTP, _then(b"<html>")),
    "HTTP/2": Response(HTTP, _then(b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80")),
    "HTTP/9": Response(HTTP, _then(b"HTTP/9.9 200 OK\r\n\r\n")),
    "another protocol": Response(HTTP, _then(b"SSH-2.0-OpenSSH_9.9\r\n")),
    "zeros": Response(HTTP, _then(b"")),
    "a hang-up": Response(BROKEN, list),
    # Redirects
    "a redirect and an endless body": Response("", _then(_moved(b"302"))),
    "a redirect and endless chunks": Response(
        "", _then(_moved(b"301", b"Transfer-Encoding: chunked\r\n"), CHUNKS)
    ),
    "a redirect and a bomb": Response(
        "",
        lambda: [_moved(b"307", b"Content-Encoding: gzip\r\nContent-Length: 60000\r\n"), _zeros(31)[:60_000]],
    ),
    "a redirect to itself": Response(
        "too_many_redirects", _then(b"HTTP/1.1 302 Found\r\nLocation: ?\r\n\r\n")
    ),
    "a redirect to a URL of 70,000 characters": Response(
        HTTP, lambda: [b"HTTP/1.1 302 Found\r\nLocation: /%b\r\n\r\n" % (b"x" * 70_000)]
    ),
}
"""Responses that are sent as fast as the client reads them."""

DRIPS: Mapping[str, tuple[bytes, bytes]] = {
    "the status": (b"", b"H"),
    "a header": (OK + b"X: ", b"x"),
    "headers": (OK, b"X: x\r\n"),
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the body": (OK + b"\r\n", b"x"),
    "a declared body": (OK + b"Content-Length: 9999999\r\n\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "a chunk": (CHUNKED + b"ffff\r\n", b"x"),
    "a chunk size": (CHUNKED, b"1"),
    "a chunk extension": (CHUNKED + b"1;", b"x"),
    "a trailer": (CHUNKED + b"1\r\nx\r\n0\r\nX: ", b"x"),
    "trailers": (CHUNKED + b"1\r\nx\r\n0\r\n", b"X: x\r\n"),
    "empty gzip blocks": (_encoded("gzip") + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
    "a gzip file name": (_encoded("gzip") + b"\x1f\x8b\x08\x08\0\0\0\0\0\x03", b"x"),
    "a redirect's body": (_moved(b"302", b"Content-Length: 60000\r\n"), b"x"),
}
"""Slow responses: a start, then a piece that is repeated one by one."""
