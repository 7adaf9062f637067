"""Hosts that serve images only to clients that they know, that send a cookie back, or that use https."""

import socket
from collections.abc import Iterator

import pytest

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.job.request_headers import ORIGIN, RequestHeaders
from catalight.domain.web.egress import EgressPolicy
from tests.corpora.urls import PUBLIC
from tests.integration.adapters.web.hosts import (
    Host,
    Internet,
    NewFetcher,
    Route,
    answer,
    failure,
    redirect,
)

AGENT = "Mozilla/5.0 (X11; Linux x86_64)"


def header(host: Host, index: int, name: str) -> str | None:
    """Return a header of the request with this index."""
    lines = host.requests[index].split("\r\n")
    return next((line.partition(": ")[2] for line in lines if line.startswith(f"{name}: ")), None)


def test_the_headers_of_the_job_are_sent_with_every_request(host: Host, fetcher: Fetcher) -> None:
    host.routes |= {"/a": redirect("/b"), "/b": answer(b"image")}

    assert fetcher.fetch(host.url("/a"), RequestHeaders(AGENT, ORIGIN)) == b"image"

    for index in range(2):
        assert header(host, index, "User-Agent") == f"{AGENT} Catalight/1.0 (product image compressor)"
        assert header(host, index, "Referer") == host.url("/")


def test_a_deployment_can_refuse_the_headers_of_jobs(host: Host, new_fetcher: NewFetcher) -> None:
    host.routes["/"] = answer(b"image")
    fetcher = new_fetcher(EgressPolicy(private_hosts=True, request_headers=False))

    assert fetcher.fetch(host.url("/"), RequestHeaders(AGENT, ORIGIN)) == b"image"

    assert header(host, 0, "User-Agent") == "Catalight/1.0 (product image compressor)"
    assert header(host, 0, "Referer") is None


def test_203_is_an_image(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = answer(b"image", 203)
    assert fetcher.fetch(host.url("/")) == b"image"


def test_206_that_holds_the_whole_is_an_image(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = answer(b"image", 206, "Content-Range: bytes 0-4/5")
    assert fetcher.fetch(host.url("/")) == b"image"


@pytest.mark.parametrize(
    "given", ["bytes 0-4/6", "bytes 1-5/6", "bytes 0-4/*", "bytes */5", "items 0-4/5", ""]
)
def test_206_that_holds_a_part_is_an_error(host: Host, fetcher: Fetcher, given: str) -> None:
    host.routes["/"] = answer(b"image", 206, f"Content-Range: {given}")
    assert failure(fetcher, host.url("/")).code is Code.HTTP_ERROR


def cookie_wall(connection: socket.socket) -> bool:
    """Set a cookie and redirect to the same URL."""
    return answer(b"", 302, "Location: /", "Set-Cookie: seen=1; Path=/; HttpOnly", "Set-Cookie: b=2")(
        connection
    )


def test_cookies_go_back_to_the_host_that_set_them(host: Host, fetcher: Fetcher) -> None:
    routes: Iterator[Route] = iter([cookie_wall, answer(b"image")])
    host.routes["/"] = lambda connection: next(routes)(connection)

    assert fetcher.fetch(host.url("/")) == b"image"

    assert [header(host, index, "Cookie") for index in range(2)] == [None, "seen=1; b=2"]


def test_cookies_do_not_go_to_another_host(host: Host, fetcher: Fetcher) -> None:
    other = Host()
    other.routes["/"] = answer(b"image")
    host.routes["/"] = answer(
        b"", 302, f"Location: http://localhost:{other.port}/", "Set-Cookie: a=1; Domain=localhost"
    )
    try:
        assert fetcher.fetch(host.url("/")) == b"image"
    finally:
        other.close()
    assert header(other, 0, "Cookie") is None


def test_cookies_end_with_the_chain(host: Host, fetcher: Fetcher) -> None:
    host.routes |= {"/a": answer(b"", 302, "Location: /b", "Set-Cookie: a=1"), "/b": answer(b"image")}
    fetcher.fetch(host.url("/a"))

    fetcher.fetch(host.url("/b"))

    assert [header(host, index, "Cookie") for index in range(3)] == [None, "a=1", None]


@pytest.mark.parametrize(
    "cookie", ["=1", "a", "a=", "a=b\x01", "a b=1", f"a={'x' * 5_000}", "ä=1".encode().decode("latin-1")]
)
def test_cookies_that_are_not_valid_are_ignored(host: Host, fetcher: Fetcher, cookie: str) -> None:
    host.routes |= {
        "/a": answer(b"", 302, "Location: /b", f"Set-Cookie: {cookie}", "Set-Cookie: ok=1"),
        "/b": answer(b"image"),
    }
    assert fetcher.fetch(host.url("/a")) == b"image"
    assert header(host, 1, "Cookie") in ("ok=1", "a=b; ok=1")


class OnlyHttps(Internet):
    """A network on which every host refuses connections at port 80."""

    def _connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        if address[1] == 80:
            self.connected.append(address)
            raise ConnectionRefusedError
        return super()._connect(address, seconds)


def test_https_is_tried_where_http_is_refused(shop: Host, new_fetcher: NewFetcher) -> None:
    shop.routes["/a.jpg?b"] = answer(b"image")
    internet = OnlyHttps(shop.port, {"shop.test": [[PUBLIC]]})

    fetched = new_fetcher(EgressPolicy(), network=internet.network).fetch("http://shop.test/a.jpg?b")

    assert fetched == b"image"
    assert [port for _, port in internet.connected] == [80, 443]


def test_https_is_not_tried_at_an_explicit_port(new_fetcher: NewFetcher) -> None:
    internet = OnlyHttps(0, {"shop.test": [[PUBLIC]]})
    fetcher = new_fetcher(EgressPolicy(), network=internet.network)

    assert failure(fetcher, "http://shop.test:80/a.jpg").code is Code.CONNECTION_ERROR

    assert [port for _, port in internet.connected] == [80]
