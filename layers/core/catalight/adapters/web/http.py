"""An HTTP client for untrusted hosts: requests with the egress policy, deadlines and size limits."""

import logging
import socket
import ssl
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    InvalidHeader,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.ssl_ import create_urllib3_context

from catalight.adapters.web.connections import asking_for, pools
from catalight.adapters.web.dial import Dialer, Network
from catalight.adapters.web.limits import Exchange, Limits, deadline, next_wait
from catalight.adapters.web.targets import target
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.egress import EgressPolicy

# Its warnings contain URLs and addresses, which must not be logged.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class HttpClient:
    """Sends requests to untrusted hosts if `egress` allows them; thread-safe.

    A host is resolved once for each connection, refused if one of its addresses is not public, and connected
    to by a checked address. `pool_size` is the number of hosts whose connections are kept, and the number of
    connections to each. It uses no proxy, .netrc, cookies or credentials.
    """

    def __init__(
        self,
        egress: EgressPolicy,
        *,
        limits: Limits = Limits(),  # noqa: B008 (it is frozen)
        schemes: Collection[str] = ("http", "https"),
        pool_size: int = 10,
        clock: Callable[[], float] = time.monotonic,
        network: Network = Network(),  # noqa: B008 (it is frozen)
    ) -> None:
        self._limits = limits
        self._clock = clock
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = egress.user_agent
        self._session.adapters.clear()  # those of requests do not check the egress policy
        tls = create_urllib3_context()
        tls.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        dialer = Dialer(egress, network, limits.connect)
        for scheme in schemes:
            self._session.mount(f"{scheme}://", _Adapter(dialer, pool_size, tls))

    @contextmanager
    def exchange(self) -> Iterator[Exchange]:
        """Apply one deadline to all requests in this block together.

        Anything that a URL or a remote host can cause becomes an ImageError, which is transient if the same
        request may succeed later.
        """
        handled_by_caller = sys.exception()
        with deadline(self._limits, self._clock) as running:
            try:
                yield running
            except (OSError, HTTPError, ValueError) as error:  # the exceptions of requests are OSErrors
                raise self._image_error(_chain(error, handled_by_caller)) from error

    def send(self, request: requests.Request) -> requests.Response:
        """Return one response, its body unread. The URL is sent as it was written.

        Session.send() would follow redirects and keep cookies.
        """
        prepared = self._session.prepare_request(request)
        if "@" in urlsplit(str(prepared.url)).netloc:
            detail = "The URL, or one it redirects to, contains a user name or a password."
            raise ImageError(Code.INVALID_URL, detail)
        wait = next_wait()
        timeout = (min(self._limits.connect, wait), wait)
        adapter = self._session.get_adapter(str(prepared.url))
        with asking_for(target(request.url)):
            return adapter.send(prepared, stream=True, timeout=timeout)

    def redirect_target(self, response: requests.Response) -> str | None:
        """Return a redirect's target, maybe relative to the response's URL; None if it is not a redirect."""
        if response.is_redirect:  # the first counts: requests would join several with commas
            response.headers["Location"] = response.raw.headers.getlist("Location")[0]
        return self._session.get_redirect_target(response)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _image_error(self, causes: list[BaseException]) -> ImageError:
        """Convert the causes to an ImageError."""
        outcome = next(o for o in _OUTCOMES if any(isinstance(cause, o.kinds) for cause in causes))
        resolver_failed = any(isinstance(c, socket.gaierror) and c.errno == socket.EAI_AGAIN for c in causes)
        detail = outcome.detail.format(limits=self._limits)
        return ImageError(outcome.code, detail, transient=outcome.transient or resolver_failed)


class _Outcome(NamedTuple):
    """The ImageError for an exception of these kinds, or one that they caused."""

    kinds: tuple[type[BaseException], ...]
    code: Code
    detail: str
    transient: bool = False


# The first match wins, so special kinds come before general ones.
_OUTCOMES = (
    _Outcome((socket.gaierror,), Code.DNS_ERROR, "The host's name cannot be resolved."),
    _Outcome(
        (TimeoutError, requests.Timeout, ReadTimeoutError),
        Code.TIMEOUT,
        "The host took more than {limits.connect:g} s to connect, {limits.read:g} s to send a byte, "
        "or {limits.total:g} s in all.",
        transient=True,
    ),
    _Outcome(
        (ssl.SSLEOFError, ProtocolError, ConnectionError),
        Code.CONNECTION_ERROR,
        "The connection to the host was refused or lost.",
        transient=True,
    ),
    _Outcome(
        (ssl.SSLError, SSLError), Code.TLS_ERROR, "TLS with the host failed, or its certificate is not valid."
    ),
    _Outcome(
        (DecodeError, InvalidHeader, requests.exceptions.InvalidHeader),
        Code.HTTP_ERROR,
        "The host's response is not valid HTTP.",
    ),
    # requests, urllib3 and the standard library raise ValueErrors for invalid URLs.
    _Outcome((ValueError,), Code.INVALID_URL, "The URL, or one it redirects to, is not a valid HTTP(S) URL."),
    _Outcome((OSError, HTTPError), Code.CONNECTION_ERROR, "The host cannot be reached.", transient=True),
)


def was_refused(error: BaseException) -> bool:
    """Return whether the host refused the connection."""
    return any(isinstance(cause, ConnectionRefusedError) for cause in _chain(error, None))


def _chain(error: BaseException, end: BaseException | None) -> list[BaseException]:
    """Return `error` and its causes, up to `end`, an exception that the caller was handling already."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current is not end:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return chain


class _RetryOnce(urllib3.Retry):
    """Retries once and at once if a kept connection turns out to be closed, but not after a timeout."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        error = kwargs.get("error")
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(*args, **kwargs)


class _Adapter(HTTPAdapter):
    """Keeps connections that `dialer` opens, `pool_size` to each of at most `pool_size` hosts."""

    def __init__(self, dialer: Dialer, pool_size: int, tls: ssl.SSLContext) -> None:
        # Set before super().__init__(), which calls init_poolmanager().
        self._dialer, self._pool_size, self._tls = dialer, pool_size, tls
        super().__init__()
        self.max_retries = _RetryOnce(
            total=1, connect=0, redirect=0, status=0, other=0, respect_retry_after_header=False
        )

    def init_poolmanager(self, *_default_sizes: Any, **settings: Any) -> None:
        super().init_poolmanager(self._pool_size, self._pool_size, ssl_context=self._tls, **settings)
        self.poolmanager.pool_classes_by_scheme = pools(self._dialer)

    def close(self) -> None:
        """Close the kept connections now: urllib3 leaves that to the garbage collector."""
        for pool in map(self.poolmanager.pools.get, self.poolmanager.pools.keys()):
            if pool:
                pool.close()
        super().close()

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: requests would read the CA file again for every connection, which takes 20 ms.

        The shared context has the same CAs, and the pool's key requires certificates.
        """

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        media_type = resp.headers.get("Content-Type", "")
        resp.headers.discard("Content-Type")  # requests 2.32 fails on "charset" without a value
        response = super().build_response(req, resp)
        response.headers["Content-Type"] = media_type
        return response
