"""The gate to hosts that strangers name: requests, held to public addresses and to deadlines."""

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

from catalight.adapters.web.connections import pools
from catalight.adapters.web.dial import Dialer, Network
from catalight.adapters.web.limits import Limits, deadline, next_wait
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.egress import EgressPolicy

# Its warnings name URLs and addresses, which do not belong in a log.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class HttpClient:
    """Sends requests to hosts that strangers name, so far as `egress` lets it; safe to share by threads.

    A host is resolved once for each connection, refused where one of its addresses is not public, and
    connected to by an address that was judged. `pool_size` is the number of hosts whose connections are kept,
    and of connections to each. No proxy, no .netrc, no cookies, no credentials.
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
        self._session.adapters.clear()  # requests' own ask nobody
        tls = create_urllib3_context()
        tls.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
        dialer = Dialer(egress, network, limits.connect)
        for scheme in schemes:
            self._session.mount(f"{scheme}://", _Adapter(dialer, pool_size, tls))

    @contextmanager
    def exchange(self) -> Iterator[None]:
        """Hold the requests in this block, together, to the deadline.

        Whatever a URL or a remote host can cause becomes an ImageError, transient where the same request may
        succeed later.
        """
        handled_by_caller = sys.exception()
        with deadline(self._limits, self._clock):
            try:
                yield
            except (OSError, HTTPError, ValueError) as error:  # requests' own are OSErrors
                raise self._image_error(_chain(error, handled_by_caller)) from error

    def send(self, request: requests.Request) -> requests.Response:
        """One answer, its body unread. Session.send() would follow redirects and keep cookies."""
        prepared = self._session.prepare_request(request)
        if "@" in urlsplit(str(prepared.url)).netloc:
            detail = "The URL, or one it redirects to, carries a user name or a password."
            raise ImageError(Code.INVALID_URL, detail)
        wait = next_wait()
        timeout = (min(self._limits.connect, wait), wait)
        return self._session.get_adapter(str(prepared.url)).send(prepared, stream=True, timeout=timeout)

    def redirect_target(self, response: requests.Response) -> str | None:
        """Where the answer points, maybe relative to its own URL; None where it is no redirect."""
        return self._session.get_redirect_target(response)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _image_error(self, causes: list[BaseException]) -> ImageError:
        """The one place where exceptions become image errors."""
        outcome = next(o for o in _OUTCOMES if any(isinstance(cause, o.kinds) for cause in causes))
        resolver_failed = any(isinstance(c, socket.gaierror) and c.errno == socket.EAI_AGAIN for c in causes)
        detail = outcome.detail.format(limits=self._limits)
        return ImageError(outcome.code, detail, transient=outcome.transient or resolver_failed)


class _Outcome(NamedTuple):
    """What becomes of an exception of these kinds, or caused by one."""

    kinds: tuple[type[BaseException], ...]
    code: Code
    detail: str
    transient: bool = False


# The first match wins, so the special stands before the general.
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


class _OnceMore(urllib3.Retry):
    """One more try, at once, where a kept connection turns out to be closed; not after a timeout."""

    def increment(self, *args: Any, **kwargs: Any) -> Self:
        error = kwargs.get("error")
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(*args, **kwargs)


class _Adapter(HTTPAdapter):
    """Keeps connections, `pool_size` to each of as many hosts, that `dialer` has opened."""

    def __init__(self, dialer: Dialer, pool_size: int, tls: ssl.SSLContext) -> None:
        # First: what follows calls init_poolmanager.
        self._dialer, self._pool_size, self._tls = dialer, pool_size, tls
        super().__init__()
        self.max_retries = _OnceMore(
            total=1, connect=0, redirect=0, status=0, other=0, respect_retry_after_header=False
        )

    def init_poolmanager(self, *_default_sizes: Any, **settings: Any) -> None:
        super().init_poolmanager(self._pool_size, self._pool_size, ssl_context=self._tls, **settings)
        self.poolmanager.pool_classes_by_scheme = pools(self._dialer)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: requests would read the CA file anew for every connection, which takes 20 ms.

        The shared context holds the same CAs, and the pool's key says that certificates are required.
        """

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        resp.headers.discard("Content-Type")  # requests 2.32 trips over "charset" without a value
        return super().build_response(req, resp)
