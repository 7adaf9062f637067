"""The egress HTTP client against real sockets on loopback: TLS, URLs and connections."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.egress import EgressPolicy
from tests.corpora.urls import PUBLIC
from tests.integration.adapters.web.hosts import (
    LOCAL,
    Host,
    Internet,
    NewFetcher,
    Route,
    answer,
    exactly,
    failure,
    redirect,
    tls_host,
)

# TLS


@pytest.mark.parametrize("egress", [LOCAL, EgressPolicy()])
def test_an_untrusted_certificate(tmp_path: Path, new_fetcher: NewFetcher, egress: EgressPolicy) -> None:
    host, _ = tls_host(tmp_path, "localhost")
    internet = Internet(host.port, {"localhost": [[PUBLIC]]})
    error = failure(new_fetcher(egress, network=internet.network), "https://localhost/")
    host.close()
    assert (error.code, error.transient) == (Code.TLS_ERROR, False)


def test_a_host_that_does_not_speak_tls(host: Host, fetcher: Fetcher) -> None:
    error = failure(fetcher, f"https://127.0.0.1:{host.port}/")
    assert (error.code, error.transient) == (Code.TLS_ERROR, False)


def test_a_trusted_certificate(shop: Host, new_fetcher: NewFetcher) -> None:
    assert new_fetcher().fetch(f"https://127.0.0.1:{shop.port}/") == b"picture"


def test_a_filtered_host_is_verified_by_its_name(shop: Host, new_fetcher: NewFetcher) -> None:
    """The connection goes to an address, but the certificate must be for the name of the URL."""
    internet = Internet(shop.port, {"shop.test": [[PUBLIC]], "evil.test": [[PUBLIC]]})
    fetcher = new_fetcher(EgressPolicy(), network=internet.network)
    assert fetcher.fetch("https://shop.test/") == b"picture"
    assert fetcher.fetch("https://shop.test/") == b"picture"
    assert len(shop.connections) == 1
    assert failure(fetcher, "https://evil.test/").code is Code.TLS_ERROR


# URLs


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "a.jpg",
        "//shop.test/a.jpg",
        "ftp://shop.test/a.jpg",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "http://",
        "http:///a.jpg",
        "http://user:hunter2@",
        "http://[::1",
        "http://shop.test:port/",
        "http://shop.test:99999/",
        "http://.shop.test/",
        "http://a..b/",
        f"http://{'a' * 64}.test/",
        "http://\ud800/",
    ],
)
@pytest.mark.parametrize("egress", [LOCAL, EgressPolicy()])
def test_malformed_urls(new_fetcher: NewFetcher, egress: EgressPolicy, url: str) -> None:
    error = failure(new_fetcher(egress), url)
    assert (error.code, error.transient) == (Code.INVALID_URL, False)


@given(
    rest=st.text(), scheme=st.sampled_from(["", "http://", "https://", "http://h/", "http://h:", "http://["])
)
def test_no_url_raises_anything_else(rest: str, scheme: str) -> None:
    fetchers = FETCHERS
    with patch("socket.getaddrinfo", side_effect=socket.gaierror):
        for fetcher in fetchers:
            with pytest.raises(ImageError):
                fetcher.fetch(scheme + rest)


FETCHERS = (Fetcher(EgressPolicy()), Fetcher(LOCAL))  # they open no connection here


# Connections


@pytest.mark.parametrize("egress", [LOCAL, EgressPolicy()])
def test_connections_are_reused(host: Host, new_fetcher: NewFetcher, egress: EgressPolicy) -> None:
    internet = Internet(host.port, {"shop.test": [[PUBLIC]]})
    fetcher = new_fetcher(egress, network=internet.network)
    host.routes |= {"/a": answer(b"a"), "/gone": answer(b"Remote-Text", 404), "/moved": redirect("/a")}
    assert fetcher.fetch("http://shop.test/a") == b"a"
    assert failure(fetcher, "http://shop.test/gone").code is Code.NOT_FOUND
    assert fetcher.fetch("http://shop.test/moved") == b"a"
    assert len(host.requests) == 4
    assert internet.resolved == ["shop.test"]
    assert len(host.connections) == 1


def test_a_kept_connection_that_the_host_has_closed_is_replaced(host: Host, fetcher: Fetcher) -> None:
    """Only the next request shows that it is closed; this is common after a function was frozen."""

    def hang_up_once(connection: socket.socket) -> bool:
        return len(host.requests) > 2 and answer(b"b")(connection)

    host.routes |= {"/a": answer(b"a"), "/b": hang_up_once}
    assert fetcher.fetch(host.url("/a")) == b"a"
    assert fetcher.fetch(host.url("/b")) == b"b"
    assert (len(host.requests), len(host.connections)) == (3, 2)


def test_a_host_that_always_hangs_up_gets_two_requests(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = exactly(b"")
    assert failure(fetcher, host.url("/")).code is Code.CONNECTION_ERROR
    assert len(host.requests) == 2


def test_ten_threads_share_a_fetcher(host: Host, fetcher: Fetcher) -> None:
    """The first ten responses wait for each other, so ten downloads run at the same time."""
    together = threading.Barrier(10)

    def meet(path: str) -> Route:
        def route(connection: socket.socket) -> bool:
            together.wait(timeout=10)
            return answer(path.encode() * 10_000)(connection)

        return route

    host.routes |= {f"/{n}": meet(f"/{n}") for n in range(30)}
    with ThreadPoolExecutor(10) as threads:
        bodies = list(threads.map(fetcher.fetch, [host.url(f"/{n}") for n in range(30)]))
    assert bodies == [f"/{n}".encode() * 10_000 for n in range(30)]
    assert len(host.connections) == 10


def test_no_cookies_proxies_or_netrc_are_used(
    host: Host, new_fetcher: NewFetcher, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login user password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fetcher = new_fetcher(replace(LOCAL, contact="https://us.test/about"))
    host.routes["/"] = answer(b"a", 200, "Set-Cookie: a=b")
    fetcher.fetch(host.url("/"))
    fetcher.fetch(host.url("/"))
    assert all(
        "User-Agent: Catalight/1.0 (+https://us.test/about)\r\n" in request for request in host.requests
    )
    assert not any("Cookie" in request or "Authorization" in request for request in host.requests)


@pytest.mark.parametrize("userinfo", ["user:hunter2", "user", ":hunter2", "u%40h:hunter2", "a:b@c"])
def test_credentials_are_refused_and_never_sent(
    host: Host, fetcher: Fetcher, userinfo: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    url = f"http://{userinfo}@127.0.0.1:{host.port}/"
    host.routes["/"] = redirect(url)
    for start in (url, host.url("/")):
        error = failure(fetcher, start)
        assert error.code is Code.INVALID_URL
        assert "password" in error.detail
    assert len(host.requests) == 1
    assert "hunter2" not in caplog.text
