"""Downloads, one URL at a time: the only file that imports requests."""

import http.client
import io
import socket
import ssl
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple, Self
from urllib.parse import urljoin

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from requests_hardened.ip_filter import InvalidIPAddress  # type: ignore[import-untyped]
from requests_hardened.ip_filter_adapter import IPFilterAdapter  # type: ignore[import-untyped]
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    InvalidHeader,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.ssl_ import create_urllib3_context

from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code

_MAX_REDIRECTS = 5
_CHUNK_BYTES = 256 * 1024
_DRAINED_BYTES = 64 * 1024  # an unwanted body up to this size is read, so that its connection can be kept

# Internal or reserved, and let through by requests-hardened 1.3: the block with the IPv4-compatible
# addresses, the old site-local ones, and the host agent of one cloud.
_ALSO_REFUSED = tuple(map(ip_network, ("::/8", "fec0::/10", "168.63.129.16/32")))


class Fetcher:
    """Downloads pictures over HTTP(S), at most `max_bytes` decoded bytes each; safe to share by threads.

    Unless `allow_private_hosts`, every host, a redirect's too, is resolved once, refused where its address is
    not public, and connected to by that address. Timeouts are seconds: `connect_timeout` and `read_timeout`
    for one wait, `max_seconds` for a whole fetch, however slowly its bytes drip. `pool_size` is the number of
    hosts whose connections are kept, and of connections to each.
    """

    def __init__(
        self,
        *,
        allow_private_hosts: bool = False,
        user_agent: str = "Catalight/1.0 (product picture compressor)",
        max_bytes: int = 25_000_000,
        connect_timeout: float = 5.0,
        read_timeout: float = 10.0,
        max_seconds: float = 30.0,
        pool_size: int = 10,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_bytes = max_bytes
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._max_seconds = max_seconds
        self._clock = clock
        self._session = requests.Session()
        self._session.trust_env = False  # no proxies, no .netrc
        self._session.headers["User-Agent"] = user_agent
        tls = create_urllib3_context()
        tls.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        for scheme in ("http", "https"):
            adapter = (
                _PooledAdapter(pool_size, tls)
                if allow_private_hosts
                else _FilteredAdapter(pool_size, tls, is_https_proto=scheme == "https")
            )
            self._session.mount(f"{scheme}://", adapter)

    def fetch(self, url: str) -> bytes:
        """Download `url`, following at most five redirects.

        Raises ImageError, and nothing else, for whatever a URL or a remote host can cause; it is transient
        where the same request may succeed later. An empty body is returned like any other.
        """
        handled_by_caller = sys.exception()
        token = _patience.set(_Patience(self._clock() + self._max_seconds, self._read_timeout, self._clock))
        try:
            return self._download(url)
        except (OSError, HTTPError, ValueError) as error:  # requests' own are OSErrors
            raise self._image_error(_chain(error, handled_by_caller)) from error
        finally:
            _patience.reset(token)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _download(self, url: str) -> bytes:
        for _ in range(_MAX_REDIRECTS + 1):
            with self._request(url) as response:
                target = self._session.get_redirect_target(response)
                if target is None and response.status_code == http.HTTPStatus.OK:
                    return self._body(response.raw)
                _drain(response.raw)
                if target is None:
                    raise _status_error(response.status_code)
                url = urljoin(response.url, target)
        raise ImageError(Code.TOO_MANY_REDIRECTS, f"The host redirects more than {_MAX_REDIRECTS} times.")

    def _request(self, url: str) -> requests.Response:
        """One answer, its body unread. Session.send() would read a redirect's whole, and keep cookies."""
        request = self._session.prepare_request(requests.Request("GET", url))
        prepared_url = str(request.url)
        wait = _patience.get().next_wait()
        timeout = (min(self._connect_timeout, wait), wait)
        return self._session.get_adapter(prepared_url).send(request, stream=True, timeout=timeout)

    def _body(self, raw: urllib3.HTTPResponse) -> bytes:
        declared = raw.length_remaining or 0
        if declared > self._max_bytes:
            raise self._too_many_bytes(f"{declared:,}")
        body = bytearray()
        while chunk := raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if len(body) > self._max_bytes:
                raise self._too_many_bytes(f"more than {self._max_bytes:,}")
        return bytes(body)

    def _too_many_bytes(self, measured: str) -> ImageError:
        detail = f"The picture has {measured} bytes; at most {self._max_bytes:,} are taken."
        return ImageError(Code.TOO_MANY_BYTES, detail)

    def _image_error(self, causes: list[BaseException]) -> ImageError:
        """The one place where exceptions become image errors."""
        outcome = next(o for o in _OUTCOMES if any(isinstance(cause, o.kinds) for cause in causes))
        resolver_failed = any(isinstance(c, socket.gaierror) and c.errno == socket.EAI_AGAIN for c in causes)
        limits = {"connect": self._connect_timeout, "read": self._read_timeout, "total": self._max_seconds}
        detail = outcome.detail.format(**limits)
        return ImageError(outcome.code, detail, transient=outcome.transient or resolver_failed)


def _drain(raw: urllib3.HTTPResponse) -> None:
    """Read a short body that nobody wants: leaving a response unread costs its connection."""
    if raw.length_remaining is not None and raw.length_remaining <= _DRAINED_BYTES:
        raw.drain_conn()


def _status_error(status: int) -> ImageError:
    detail = f"The host answered {status}."
    match status:
        case 404 | 410:
            return ImageError(Code.NOT_FOUND, detail)
        case 401 | 403 | 451:
            return ImageError(Code.BLOCKED_BY_HOST, detail)
        case _:
            return ImageError(Code.HTTP_ERROR, detail, transient=status in {408, 425, 429} or status >= 500)


class _Outcome(NamedTuple):
    """What becomes of an exception of these kinds, or caused by one."""

    kinds: tuple[type[BaseException], ...]
    code: Code
    detail: str
    transient: bool = False


# The first match wins, so the special stands before the general.
_OUTCOMES = (
    _Outcome((InvalidIPAddress,), Code.ADDRESS_NOT_ALLOWED, "The host's address is not a public one."),
    _Outcome((socket.gaierror,), Code.DNS_ERROR, "The host's name cannot be resolved."),
    _Outcome(
        (TimeoutError, requests.Timeout, ReadTimeoutError),
        Code.TIMEOUT,
        "The host took more than {connect:g} s to connect, {read:g} s to send a byte, or {total:g} s in all.",
        transient=True,
    ),
    _Outcome(
        (ssl.SSLEOFError, ProtocolError, ConnectionError),
        Code.CONNECTION_ERROR,
        "The connection to the host broke off or was refused.",
        transient=True,
    ),
    _Outcome((ssl.SSLError, SSLError), Code.TLS_ERROR, "The host's certificate or its TLS is not valid."),
    _Outcome(
        (DecodeError, InvalidHeader, requests.exceptions.InvalidHeader),
        Code.HTTP_ERROR,
        "The host's answer is not valid HTTP.",
    ),
    # What requests, urllib3 and the standard library raise about URLs are all ValueErrors.
    _Outcome((ValueError,), Code.INVALID_URL, "The URL, or one it redirects to, is not a valid HTTP(S) URL."),
    _Outcome((OSError, HTTPError), Code.CONNECTION_ERROR, "The host cannot be reached.", transient=True),
)


def _chain(error: BaseException, end: BaseException | None) -> list[BaseException]:
    """`error` and what led to it, up to `end`: what the caller of all this was handling already."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current is not end:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long one fetch may still wait; `ends` is a reading of `clock`."""

    ends: float
    read_timeout: float
    clock: Callable[[], float]

    def next_wait(self) -> float:
        """Seconds that the next wait may take; raises TimeoutError where none are left."""
        left = self.ends - self.clock()
        if left <= 0:
            raise TimeoutError
        return min(left, self.read_timeout)


# The running fetch's, for the reader below: nothing that passes through requests and urllib3 could carry it.
_patience: ContextVar[_Patience] = ContextVar("_patience")


class _PatientReader(io.RawIOBase):
    """A socket's read end that asks before each read how long it may wait.

    A timeout alone starts anew with every byte, and http.client reads headers and chunk sizes to their end:
    whoever drips them would hold a thread for hours.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_patience.get().next_wait())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _PatientResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_PatientReader(sock))


class _Connection(HTTPConnection):
    response_class = _PatientResponse


class _TLSConnection(HTTPSConnection):
    response_class = _PatientResponse


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _OnceMore(urllib3.Retry):
    """One more try, at once, where a kept connection turns out to be closed; not after a timeout."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        error = kwargs.get("error")
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(*args, **kwargs)


class _PooledAdapter(HTTPAdapter):
    """Keeps connections, `pool_size` to each of as many hosts, and reads from them with patience."""

    def __init__(self, pool_size: int, tls: ssl.SSLContext, **settings: Any) -> None:
        self._pool_size, self._tls = pool_size, tls  # first: what follows calls init_poolmanager
        super().__init__(**settings)
        self.max_retries = _OnceMore(
            total=1, connect=0, redirect=0, status=0, other=0, respect_retry_after_header=False
        )

    def init_poolmanager(self, *_default_sizes: Any, **settings: Any) -> None:
        super().init_poolmanager(self._pool_size, self._pool_size, ssl_context=self._tls, **settings)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: requests would read the CA file anew for every connection, which takes 20 ms.

        The shared context holds the same CAs, and the pool's key says that certificates are required.
        """

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        resp.headers.discard("Content-Type")  # requests 2.32 trips over "charset" without a value
        return super().build_response(req, resp)


class _FilteredAdapter(_PooledAdapter, IPFilterAdapter):  # type: ignore[misc]
    """Resolves each host once and connects to the address that was checked, if it is a public one."""

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        host_params, pool_settings = super().build_connection_pool_key_attributes(request, verify, cert)
        address = ip_address(host_params["host"].strip("[]"))
        if any(address in network for network in _ALSO_REFUSED):
            raise InvalidIPAddress(address)
        return host_params, pool_settings
