"""The fetcher against real sockets on loopback, with good and misbehaving hosts."""

import gzip
import socket
from datetime import UTC, datetime
from unittest.mock import patch

import pytest

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.egress import EgressPolicy
from tests.integration.adapters.web.hosts import (
    LOCAL,
    Host,
    NewFetcher,
    answer,
    endless,
    exactly,
    failure,
    redirect,
    stall,
)

# Bodies and statuses


def test_all_bytes_that_came_are_counted_also_if_the_download_fails(
    host: Host, new_fetcher: NewFetcher
) -> None:
    received: list[int] = []
    fetcher = new_fetcher(received=received.append, max_bytes=50_000)
    host.routes["/a.jpg"] = answer(b"x" * 40_000)
    host.routes["/b.jpg"] = redirect("/a.jpg")
    host.routes["/c.jpg"] = answer(b"gone", 404)
    host.routes["/d.jpg"] = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
    fetcher.fetch(host.url("/a.jpg"))
    fetcher.fetch(host.url("/b.jpg"))
    failure(fetcher, host.url("/c.jpg"))
    failure(fetcher, host.url("/d.jpg"))
    body, redirected, missing, flood = received
    assert 40_000 < body < redirected < 41_000
    assert 0 < missing < 1_000
    assert 50_000 < flood < 400_000


@pytest.mark.parametrize("body", [b"", b"picture", bytes(range(256)) * 5000])
def test_returns_the_body(host: Host, fetcher: Fetcher, body: bytes) -> None:
    host.routes["/a.jpg"] = answer(body)
    assert fetcher.fetch(host.url("/a.jpg")) == body


def test_decodes_chunks_and_content_encodings(host: Host, fetcher: Fetcher) -> None:
    packed = gzip.compress(b"picture" * 1000)
    half = len(packed) // 2
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (packed[:half], packed[half:], b""))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    host.routes["/"] = exactly(head + chunks)
    assert fetcher.fetch(host.url("/")) == b"picture" * 1000


@pytest.mark.parametrize(
    "head", ["Content-Type: image/jpeg; charset", "Content-Type: \xff", "Set-Cookie: =;;"]
)
def test_odd_headers_are_ignored(host: Host, fetcher: Fetcher, head: str) -> None:
    host.routes["/"] = exactly(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\npicture".encode("latin-1"))
    assert fetcher.fetch(host.url("/")) == b"picture"


def test_a_body_may_end_with_the_connection(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = exactly(b"HTTP/1.0 200 OK\r\n\r\npicture")
    assert fetcher.fetch(host.url("/")) == b"picture"


@pytest.mark.parametrize(
    ("status", "code", "transient"),
    [
        (404, Code.NOT_FOUND, False),
        (410, Code.NOT_FOUND, False),
        (401, Code.BLOCKED_BY_HOST, False),
        (403, Code.BLOCKED_BY_HOST, False),
        (451, Code.BLOCKED_BY_HOST, False),
        (204, Code.HTTP_ERROR, False),
        (206, Code.HTTP_ERROR, False),
        (302, Code.HTTP_ERROR, False),  # without a Location
        (304, Code.HTTP_ERROR, False),
        (418, Code.HTTP_ERROR, False),
        (408, Code.HTTP_ERROR, True),
        (425, Code.HTTP_ERROR, True),
        (429, Code.HTTP_ERROR, True),
        (500, Code.HTTP_ERROR, True),
        (503, Code.HTTP_ERROR, True),
    ],
)
def test_statuses(host: Host, fetcher: Fetcher, status: int, code: Code, transient: bool) -> None:
    host.routes["/"] = answer(b"", status, "Retry-After: 1")
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (code, transient)
    assert error.detail == f"The host answered {status}."
    assert len(host.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"), [("120", 120), ("Thu, 01 Jan 2026 00:02:00 GMT", 120), ("", None), ("soon", None)]
)
def test_retry_after_is_reported(
    host: Host, new_fetcher: NewFetcher, header: str, seconds: float | None
) -> None:
    host.routes["/"] = answer(b"", 429, f"Retry-After: {header}")
    fetcher = new_fetcher(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    error = failure(fetcher, host.url("/"))
    assert (error.status, error.retry_after) == (429, seconds)


# Redirects


def test_follows_five_redirects_and_no_sixth(host: Host, fetcher: Fetcher) -> None:
    host.routes.update({f"/{n}": redirect(f"{n + 1}") for n in range(6)} | {"/6": answer(b"picture")})
    assert fetcher.fetch(host.url("/1")) == b"picture"
    assert failure(fetcher, host.url("/0")).code is Code.TOO_MANY_REDIRECTS


@pytest.mark.parametrize(("target", "status"), [("127.0.0.1", 503), ("localhost", None)])
def test_the_status_of_another_host_is_not_attributed_to_the_host_of_the_url(
    host: Host, fetcher: Fetcher, target: str, status: int | None
) -> None:
    host.routes["/a"] = redirect(f"http://{target}:{host.port}/b")
    host.routes["/b"] = answer(b"", 503, "Retry-After: 7")
    error = failure(fetcher, host.url("/a"))
    assert (error.transient, error.retry_after, error.status) == (True, 7, status)


def test_a_redirect_loop_ends(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = redirect("/")
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (Code.TOO_MANY_REDIRECTS, False)
    assert len(host.requests) == 6


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/a", "data:,a", "javascript:a", "http://[", "//h:x/", "\xff"],
)
def test_redirects_to_anything_but_http_fail(host: Host, fetcher: Fetcher, location: str) -> None:
    host.routes["/"] = exactly(f"HTTP/1.1 301 Moved\r\nLocation: {location}\r\n\r\n".encode("latin-1"))
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (Code.INVALID_URL, False)


def test_an_endless_body_of_a_redirect_is_not_read(host: Host, fetcher: Fetcher) -> None:
    host.routes["/a"] = endless(b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n", b"x" * 1000)
    host.routes["/b"] = answer(b"picture")
    assert fetcher.fetch(host.url("/a")) == b"picture"


# Limits


def test_a_declared_length_over_the_limit_fails_at_once(host: Host, new_fetcher: NewFetcher) -> None:
    host.routes["/"] = stall(host, b"HTTP/1.1 200 OK\r\nContent-Length: 31457280\r\n\r\n")
    error = failure(new_fetcher(), host.url("/"))
    assert (error.code, error.transient) == (Code.TOO_MANY_BYTES, False)
    assert error.detail == "The image has 31,457,280 bytes; at most 25,000,000 are allowed."


def test_a_body_without_a_length_ends_at_the_limit(host: Host, new_fetcher: NewFetcher) -> None:
    host.routes["/"] = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
    error = failure(new_fetcher(max_bytes=1_000_000), host.url("/"))
    assert error.code is Code.TOO_MANY_BYTES
    assert error.detail == "The image has more than 1,000,000 bytes; at most 1,000,000 are allowed."


def test_the_limit_itself_is_allowed(host: Host, new_fetcher: NewFetcher) -> None:
    host.routes["/"] = answer(b"x" * 1000)
    assert len(new_fetcher(max_bytes=1000).fetch(host.url("/"))) == 1000
    assert failure(new_fetcher(max_bytes=999), host.url("/")).code is Code.TOO_MANY_BYTES


@pytest.mark.parametrize("layers", [1, 2])
def test_a_content_encoding_bomb_ends_at_the_limit(host: Host, new_fetcher: NewFetcher, layers: int) -> None:
    body = bytes(50_000_000)
    for _ in range(layers):
        body = gzip.compress(body)
    host.routes["/"] = answer(body, 200, "Content-Encoding: " + ", ".join(["gzip"] * layers))
    assert failure(new_fetcher(max_bytes=100_000), host.url("/")).code is Code.TOO_MANY_BYTES


@pytest.mark.parametrize(
    "start", [b"", b"HTTP/1.1 200 OK\r\nX", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"]
)
@pytest.mark.parametrize("limit", ["read_timeout", "max_seconds"])
def test_a_host_that_stalls_times_out(host: Host, new_fetcher: NewFetcher, start: bytes, limit: str) -> None:
    host.routes["/"] = stall(host, start)
    error = failure(new_fetcher(**{limit: 0.2}), host.url("/"))
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
    assert len(host.requests) == 1


# Broken connections


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf",
        b"",
        b"HTT",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
    ],
)
def test_a_truncated_response_is_transient(host: Host, fetcher: Fetcher, sent: bytes) -> None:
    host.routes["/"] = exactly(sent)
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (Code.CONNECTION_ERROR, True)


@pytest.mark.parametrize("head", ["Content-Encoding: gzip", "Content-Length: 5\r\nContent-Length: 6"])
def test_a_malformed_response_is_permanent(host: Host, fetcher: Fetcher, head: str) -> None:
    host.routes["/"] = exactly(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\nhello".encode())
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (Code.HTTP_ERROR, False)


@pytest.mark.parametrize(
    "sent",
    [
        b"SSH-2.0-Remote-Text\r\n",
        b"<html>Remote-Text",
        b"\x15\x03\x01\x00\x02\x02\x46",  # a TLS alert
        b"\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 Remote-Text\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\nRemote-Text\r\n\r\n",
    ],
)
def test_an_answer_that_is_not_http_is_permanent_and_not_asked_for_again(
    host: Host, fetcher: Fetcher, sent: bytes
) -> None:
    host.routes["/"] = exactly(sent)
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (Code.HTTP_ERROR, False)
    assert len(host.requests) == 1


def test_a_refused_connection(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = failure(fetcher, f"http://127.0.0.1:{port}/")
    assert (error.code, error.transient) == (Code.CONNECTION_ERROR, True)


@pytest.mark.parametrize("egress", [LOCAL, EgressPolicy()])
def test_an_unknown_host(new_fetcher: NewFetcher, egress: EgressPolicy) -> None:
    fetcher = new_fetcher(egress)
    assert failure(fetcher, "http://nonexistent.invalid/").code is Code.DNS_ERROR


@pytest.mark.parametrize("egress", [LOCAL, EgressPolicy()])
@pytest.mark.parametrize(("errno", "transient"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)])
def test_only_a_failing_resolver_is_transient(
    new_fetcher: NewFetcher, egress: EgressPolicy, errno: int, transient: bool
) -> None:
    fetcher = new_fetcher(egress)
    with patch("socket.getaddrinfo", side_effect=socket.gaierror(errno, "Remote-Text")):
        error = failure(fetcher, "http://shop.test/")
    assert (error.code, error.transient) == (Code.DNS_ERROR, transient)


def test_an_exception_of_the_caller_does_not_change_the_code(fetcher: Fetcher, host: Host) -> None:
    host.routes["/"] = exactly(b"")
    try:
        raise socket.gaierror
    except socket.gaierror:
        assert failure(fetcher, host.url("/")).code is Code.CONNECTION_ERROR


@pytest.mark.parametrize(
    ("head", "asked"),
    [
        (b"Location: /z\r\nLocation: /z\r\n", "/z"),
        ("Location: /ü.jpg\r\n".encode(), "/%C3%BC.jpg"),
    ],
    ids=["twice", "utf-8"],
)
def test_a_location_is_followed_as_browsers_do(host: Host, fetcher: Fetcher, head: bytes, asked: str) -> None:
    def redirected(client: socket.socket) -> bool:
        client.sendall(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n" + head + b"\r\n")
        return True

    host.routes |= {"/": redirected, asked: answer(b"image")}
    assert fetcher.fetch(host.url("/")) == b"image"
