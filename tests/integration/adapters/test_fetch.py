"""The fetcher against real sockets on loopback, hosts that misbehave included."""

import gzip
import ipaddress
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from catalight.adapters.fetch import Fetcher
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code

type Route = Callable[[socket.socket], bool]  # answers one request; whether to keep the connection
type NewFetcher = Callable[..., Fetcher]


class Host:
    """A scripted HTTP host: `routes` says what it sends for a path; what was asked is counted."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.requests: list[str] = []
        self.connections: list[socket.socket] = []
        self.closing = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def close(self) -> None:
        self.closing.set()
        for opened in (self._listener, *self.connections):
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, plain: socket.socket) -> None:
        with (
            suppress(OSError),
            plain,
            self._tls.wrap_socket(plain, server_side=True) if self._tls else plain as connection,
        ):
            keep = True
            while keep and (request := self._read_request(connection)):
                self.requests.append(request)
                keep = self.routes[request.split()[1]](connection)

    @staticmethod
    def _read_request(connection: socket.socket) -> str:
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            if not (received := connection.recv(65536)):
                return ""
            request += received
            if request.startswith(b"\x16"):  # a TLS hello
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return ""
        return request.decode()


def exactly(data: bytes) -> Route:
    """Send these bytes and hang up."""

    def route(connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return route


def answer(body: bytes = b"", status: int = 200, *headers: str) -> Route:
    """Answer as a good host does and keep the connection."""
    head = "\r\n".join((f"HTTP/1.1 {status} Remote-Text", f"Content-Length: {len(body)}", *headers))

    def route(connection: socket.socket) -> bool:
        connection.sendall(head.encode() + b"\r\n\r\n" + body)
        return True

    return route


def redirect(location: str) -> Route:
    return answer(b"", 302, f"Location: {location}")


def endless(start: bytes, piece: bytes) -> Route:
    """Send `start`, then `piece` until the client hangs up."""

    def route(connection: socket.socket) -> bool:
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return route


def stall(host: Host, start: bytes = b"") -> Route:
    """Send `start`, then nothing until the test is over."""

    def route(connection: socket.socket) -> bool:
        connection.sendall(start)
        return host.closing.wait() and False

    return route


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.fixture
def new_fetcher() -> Iterator[NewFetcher]:
    fetchers: list[Fetcher] = []

    def new(*, allow_private_hosts: bool = True, **settings: object) -> Fetcher:
        fetchers.append(Fetcher(allow_private_hosts=allow_private_hosts, **settings))  # type: ignore[arg-type]
        return fetchers[-1]

    yield new
    for fetcher in fetchers:
        fetcher.close()


@pytest.fixture
def fetcher(new_fetcher: NewFetcher) -> Fetcher:
    return new_fetcher()


def failure(fetcher: Fetcher, url: str) -> ImageError:
    """The error of a fetch; its sentence says nothing that came from the URL or the host."""
    with pytest.raises(ImageError) as caught:
        fetcher.fetch(url)
    error = caught.value
    assert error.detail.endswith(".")
    assert not any(text in error.detail for text in ("127.0.0.1", "http://", "hunter2", "Remote-Text"))
    return error


@contextmanager
def resolving_to_loopback(*names: str) -> Iterator[None]:
    """Let the address filter take these names for public ones that live on this machine."""
    from requests_hardened import ip_filter_adapter  # type: ignore[import-untyped]

    real = ip_filter_adapter.filter_host

    def filter_host(name: str, port: int, **settings: object) -> object:
        return "127.0.0.1" if name in names else real(name, port, **settings)

    with patch.object(ip_filter_adapter, "filter_host", filter_host):
        yield


# What comes back


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
def test_odd_headers_are_no_obstacle(host: Host, fetcher: Fetcher, head: str) -> None:
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


# Redirects


def test_follows_five_redirects_and_no_sixth(host: Host, fetcher: Fetcher) -> None:
    host.routes.update({f"/{n}": redirect(f"{n + 1}") for n in range(6)} | {"/6": answer(b"picture")})
    assert fetcher.fetch(host.url("/1")) == b"picture"
    assert failure(fetcher, host.url("/0")).code is Code.TOO_MANY_REDIRECTS


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
    assert error.detail == "The picture has 31,457,280 bytes; at most 25,000,000 are taken."


def test_a_body_without_a_length_ends_at_the_limit(host: Host, new_fetcher: NewFetcher) -> None:
    host.routes["/"] = endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000)
    error = failure(new_fetcher(max_bytes=1_000_000), host.url("/"))
    assert error.code is Code.TOO_MANY_BYTES
    assert error.detail == "The picture has more than 1,000,000 bytes; at most 1,000,000 are taken."


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
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["body", "chunks", "encoded", "header", "continue"],
)
def test_whoever_drips_is_stopped_in_time(
    host: Host, new_fetcher: NewFetcher, start: bytes, piece: bytes
) -> None:
    """Every look at the clock takes a second, and each recv() looks: no byte comes late, all of them do."""
    host.routes["/"] = endless(start, piece)
    ticks = itertools.count()
    error = failure(new_fetcher(max_seconds=3.0, clock=lambda: float(next(ticks))), host.url("/"))
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
    assert error.detail.endswith("or 3 s in all.")


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
        b"SSH-2.0-Remote-Text\r\n",
    ],
)
def test_a_truncated_answer_may_be_asked_for_again(host: Host, fetcher: Fetcher, sent: bytes) -> None:
    host.routes["/"] = exactly(sent)
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (Code.CONNECTION_ERROR, True)


@pytest.mark.parametrize("head", ["Content-Encoding: gzip", "Content-Length: 5\r\nContent-Length: 6"])
def test_an_answer_that_is_not_http_fails_for_good(host: Host, fetcher: Fetcher, head: str) -> None:
    host.routes["/"] = exactly(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\nhello".encode())
    error = failure(fetcher, host.url("/"))
    assert (error.code, error.transient) == (Code.HTTP_ERROR, False)


def test_a_refused_connection(fetcher: Fetcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    error = failure(fetcher, f"http://127.0.0.1:{port}/")
    assert (error.code, error.transient) == (Code.CONNECTION_ERROR, True)


@pytest.mark.parametrize("allow_private_hosts", [True, False])
def test_an_unknown_host(new_fetcher: NewFetcher, allow_private_hosts: bool) -> None:
    fetcher = new_fetcher(allow_private_hosts=allow_private_hosts)
    assert failure(fetcher, "http://nonexistent.invalid/").code is Code.DNS_ERROR


@pytest.mark.parametrize("allow_private_hosts", [True, False])
@pytest.mark.parametrize(("errno", "transient"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)])
def test_only_a_failing_resolver_may_be_asked_again(
    new_fetcher: NewFetcher, allow_private_hosts: bool, errno: int, transient: bool
) -> None:
    fetcher = new_fetcher(allow_private_hosts=allow_private_hosts)
    with patch("socket.getaddrinfo", side_effect=socket.gaierror(errno, "Remote-Text")):
        error = failure(fetcher, "http://shop.test/")
    assert (error.code, error.transient) == (Code.DNS_ERROR, transient)


def test_what_the_caller_is_handling_is_not_the_cause(fetcher: Fetcher, host: Host) -> None:
    host.routes["/"] = exactly(b"")
    try:
        raise socket.gaierror
    except socket.gaierror:
        assert failure(fetcher, host.url("/")).code is Code.CONNECTION_ERROR


# TLS


def tls_host(directory: Path, name: str) -> tuple[Host, Path]:
    """A host with a certificate of its own making for `name`, and the file that holds it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    own_key = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(own_key, critical=False)
        .sign(key, hashes.SHA256())
    )
    private, public = directory / f"{name}.key", directory / f"{name}.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return Host(context), public


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """An HTTPS host named shop.test whose certificate is trusted by fetchers made after it."""
    host, certificate = tls_host(tmp_path, "shop.test")
    monkeypatch.setattr("catalight.adapters.http.DEFAULT_CA_BUNDLE_PATH", str(certificate))
    host.routes["/"] = answer(b"picture")
    yield host
    host.close()


@pytest.mark.parametrize("allow_private_hosts", [True, False])
def test_an_untrusted_certificate(tmp_path: Path, new_fetcher: NewFetcher, allow_private_hosts: bool) -> None:
    host, _ = tls_host(tmp_path, "localhost")
    with resolving_to_loopback("localhost"):
        error = failure(
            new_fetcher(allow_private_hosts=allow_private_hosts), f"https://localhost:{host.port}/"
        )
    host.close()
    assert (error.code, error.transient) == (Code.TLS_ERROR, False)


def test_a_host_that_does_not_speak_tls(host: Host, fetcher: Fetcher) -> None:
    error = failure(fetcher, f"https://127.0.0.1:{host.port}/")
    assert (error.code, error.transient) == (Code.TLS_ERROR, False)


def test_a_trusted_certificate(shop: Host, new_fetcher: NewFetcher) -> None:
    assert new_fetcher().fetch(f"https://127.0.0.1:{shop.port}/") == b"picture"


def test_a_filtered_host_is_verified_by_its_name(shop: Host, new_fetcher: NewFetcher) -> None:
    """It is connected to by address, but its certificate has to hold the name that was asked for."""
    fetcher = new_fetcher(allow_private_hosts=False)
    with resolving_to_loopback("shop.test", "evil.test"):
        assert fetcher.fetch(f"https://shop.test:{shop.port}/") == b"picture"
        assert fetcher.fetch(f"https://shop.test:{shop.port}/") == b"picture"
        assert len(shop.connections) == 1
        assert failure(fetcher, f"https://evil.test:{shop.port}/").code is Code.TLS_ERROR


# Addresses and URLs


@pytest.mark.parametrize(
    "name",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fec0::1]",
        "[fd00::1]",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_private_addresses_are_refused(new_fetcher: NewFetcher, scheme: str, name: str) -> None:
    with patch("requests_hardened.ip_filter.allowed_gai_family", return_value=socket.AF_UNSPEC):
        error = failure(new_fetcher(allow_private_hosts=False), f"{scheme}://{name}/a.jpg")
    assert (error.code, error.transient) == (Code.ADDRESS_NOT_ALLOWED, False)


def test_every_redirect_goes_through_the_filter(host: Host, new_fetcher: NewFetcher) -> None:
    host.routes["/"] = redirect(host.url("/secret"))
    with resolving_to_loopback("shop.test"):
        error = failure(new_fetcher(allow_private_hosts=False), f"http://shop.test:{host.port}/")
    assert error.code is Code.ADDRESS_NOT_ALLOWED
    assert len(host.requests) == 1
    assert f"Host: shop.test:{host.port}\r\n" in host.requests[0]


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
@pytest.mark.parametrize("allow_private_hosts", [True, False])
def test_malformed_urls(new_fetcher: NewFetcher, allow_private_hosts: bool, url: str) -> None:
    error = failure(new_fetcher(allow_private_hosts=allow_private_hosts), url)
    assert (error.code, error.transient) == (Code.INVALID_URL, False)


@settings(deadline=None)
@given(
    rest=st.text(), scheme=st.sampled_from(["", "http://", "https://", "http://h/", "http://h:", "http://["])
)
def test_no_url_raises_anything_else(rest: str, scheme: str) -> None:
    fetchers = FETCHERS
    with patch("socket.getaddrinfo", side_effect=socket.gaierror):
        for fetcher in fetchers:
            with pytest.raises(ImageError):
                fetcher.fetch(scheme + rest)


FETCHERS = (Fetcher(), Fetcher(allow_private_hosts=True))  # they open no connection here


# Connections


@pytest.mark.parametrize("allow_private_hosts", [True, False])
def test_connections_are_kept(host: Host, new_fetcher: NewFetcher, allow_private_hosts: bool) -> None:
    fetcher = new_fetcher(allow_private_hosts=allow_private_hosts)
    host.routes |= {"/a": answer(b"a"), "/gone": answer(b"Remote-Text", 404), "/moved": redirect("/a")}
    with resolving_to_loopback("shop.test"):
        start = f"http://{'127.0.0.1' if allow_private_hosts else 'shop.test'}:{host.port}"
        assert fetcher.fetch(f"{start}/a") == b"a"
        assert failure(fetcher, f"{start}/gone").code is Code.NOT_FOUND
        assert fetcher.fetch(f"{start}/moved") == b"a"
    assert len(host.requests) == 4
    assert len(host.connections) == 1


def test_a_kept_connection_that_the_host_has_closed_is_replaced(host: Host, fetcher: Fetcher) -> None:
    """Nothing but the next request shows that it is closed: a function that slept meets that daily."""

    def hang_up_once(connection: socket.socket) -> bool:
        return len(host.requests) > 2 and answer(b"b")(connection)

    host.routes |= {"/a": answer(b"a"), "/b": hang_up_once}
    assert fetcher.fetch(host.url("/a")) == b"a"
    assert fetcher.fetch(host.url("/b")) == b"b"
    assert (len(host.requests), len(host.connections)) == (3, 2)


def test_a_host_that_always_hangs_up_is_asked_twice(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = exactly(b"")
    assert failure(fetcher, host.url("/")).code is Code.CONNECTION_ERROR
    assert len(host.requests) == 2


def test_ten_threads_share_a_fetcher(host: Host, fetcher: Fetcher) -> None:
    """The first ten answers wait for each other, so ten downloads are under way at once."""
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


def test_nothing_is_remembered_or_taken_from_the_environment(
    host: Host, new_fetcher: NewFetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    fetcher = new_fetcher(user_agent="Tester/1")
    host.routes["/"] = answer(b"a", 200, "Set-Cookie: a=b")
    fetcher.fetch(host.url("/"))
    fetcher.fetch(host.url("/"))
    assert all("User-Agent: Tester/1\r\n" in request for request in host.requests)
    assert not any("Cookie" in request for request in host.requests)


def test_credentials_reach_the_host_and_no_message(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = answer(b"Remote-Text", 503)
    error = failure(fetcher, f"http://user:hunter2@127.0.0.1:{host.port}/")
    assert "Authorization: Basic" in host.requests[0]
    assert error.code is Code.HTTP_ERROR
