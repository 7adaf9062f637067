"""Image downloads."""

import http
import io
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import requests
import urllib3

from catalight.adapters.web import retry_after
from catalight.adapters.web.dial import Network
from catalight.adapters.web.http import HttpClient
from catalight.adapters.web.limits import Limits
from catalight.adapters.web.targets import resolved
from catalight.clock import utc_now
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.egress import EgressPolicy

_MAX_REDIRECTS = 5
_CHUNK_BYTES = 256 * 1024
_WIRE = 2  # wire bytes allowed for each accepted byte: the framing of tiny chunks is as long as the chunks
_DRAINED_BYTES = 64 * 1024  # an unwanted body up to this size is read, so that the connection can be reused

_CODES = {
    404: Code.NOT_FOUND,
    410: Code.NOT_FOUND,
    401: Code.BLOCKED_BY_HOST,
    403: Code.BLOCKED_BY_HOST,
    451: Code.BLOCKED_BY_HOST,
}
_TRANSIENT = {408, 425, 429}  # and every status from 500 on


class Fetcher:
    """Downloads images over HTTP(S), at most `max_bytes` decoded bytes each; thread-safe.

    HttpClient checks every host, also those of redirects; it documents `egress` and `pool_size`. Timeouts are
    in seconds: `connect_timeout` and `read_timeout` for one wait, `max_seconds` for a whole fetch by `clock`,
    however slowly the bytes arrive. `now` returns the current time, to convert a date in Retry-After.
    `received` is told the bytes that came for each image, also if its download failed.
    """

    def __init__(
        self,
        egress: EgressPolicy,
        *,
        max_bytes: int = 25_000_000,
        connect_timeout: float = 5.0,
        read_timeout: float = 10.0,
        max_seconds: float = 30.0,
        pool_size: int = 10,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utc_now,
        received: Callable[[int], None] = lambda _: None,
        network: Network = Network(),  # noqa: B008 (it is frozen)
    ) -> None:
        self._max_bytes = max_bytes
        self._now = now
        self._received = received
        limits = Limits(connect_timeout, read_timeout, max_seconds, wire_bytes=_WIRE * max_bytes)
        self._client = HttpClient(egress, limits=limits, pool_size=pool_size, clock=clock, network=network)

    def fetch(self, url: str) -> bytes:
        """Download `url`, following at most five redirects.

        Raises only ImageError for anything that a URL or a remote host can cause; it is transient if the same
        request may succeed later. An empty body is returned like any other.
        """
        with self._client.exchange() as exchange:
            try:
                return self._download(url)
            finally:
                self._received(exchange.received)

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _download(self, url: str) -> bytes:
        first_url = None
        for _ in range(_MAX_REDIRECTS + 1):
            with self._client.send(requests.Request("GET", url)) as response:
                target = self._client.redirect_target(response)
                if target is None and response.status_code == http.HTTPStatus.OK:
                    return self._body(response.raw)
                _drain(response.raw)
                first_url = first_url or response.url
                if target is None:
                    raise self._status_error(response, urlsplit(first_url).hostname)
                url = resolved(url, target)
        raise ImageError(Code.TOO_MANY_REDIRECTS, f"The host redirects more than {_MAX_REDIRECTS} times.")

    def _body(self, raw: urllib3.HTTPResponse) -> bytes:
        declared = raw.length_remaining or 0
        if declared > self._max_bytes:
            raise self._too_many_bytes(f"{declared:,}")
        body = io.BytesIO()
        while chunk := raw.read1(_CHUNK_BYTES, decode_content=True):
            if body.tell() + len(chunk) > self._max_bytes:
                raise self._too_many_bytes(f"more than {self._max_bytes:,}")
            body.write(chunk)
        return body.getvalue()  # does not copy, as bytes() of a bytearray would

    def _status_error(self, response: requests.Response, own_host: str | None) -> ImageError:
        status = response.status_code
        code = _CODES.get(status, Code.HTTP_ERROR)
        return ImageError(
            code,
            f"The host answered {status}.",
            transient=status in _TRANSIENT or 500 <= status < 600,
            status=status if urlsplit(response.url).hostname == own_host else None,
            retry_after=retry_after.seconds(response.headers.get("Retry-After"), self._now()),
        )

    def _too_many_bytes(self, measured: str) -> ImageError:
        detail = f"The image has {measured} bytes; at most {self._max_bytes:,} are allowed."
        return ImageError(Code.TOO_MANY_BYTES, detail)


def _drain(raw: urllib3.HTTPResponse) -> None:
    """Read a short unwanted body, because a response that is left unread costs its connection."""
    if raw.length_remaining is not None and raw.length_remaining <= _DRAINED_BYTES:
        raw.drain_conn()
