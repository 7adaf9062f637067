"""Image downloads."""

import io
import re
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.exceptions import HTTPError

from catalight.adapters.web import retry_after
from catalight.adapters.web.cookies import ChainCookies
from catalight.adapters.web.dial import Network
from catalight.adapters.web.http import HttpClient, was_refused
from catalight.adapters.web.limits import Limits
from catalight.adapters.web.targets import resolved
from catalight.clock import utc_now
from catalight.domain.catalogue.page_advice import page_advice
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.web.egress import EgressPolicy
from catalight.domain.web.fetched import Fetched, Validators

_MAX_REDIRECTS = 5
_CHUNK_BYTES = 256 * 1024
_WIRE = 2  # wire bytes allowed for each accepted byte: the framing of tiny chunks is as long as the chunks
_PAGE_BYTES = 4_096  # of a page, by which it is recognised
_DRAINED_BYTES = 64 * 1024  # an unwanted body up to this size is read, so that the connection can be reused

_CODES = {
    404: Code.NOT_FOUND,
    410: Code.NOT_FOUND,
    401: Code.BLOCKED_BY_HOST,
    403: Code.BLOCKED_BY_HOST,
    451: Code.BLOCKED_BY_HOST,
}
_WITH_PAGE = {401, 403}  # a login page, or one that says what is missing
_PLAIN, _NOT_MODIFIED = 200, 304
_OK = {200, 203}  # 203: a proxy has changed something, such as its compression (RFC 9110, section 15.3.4)
_PARTIAL_CONTENT = 206
_WHOLE_RANGE = re.compile(r"bytes 0-([0-9]{1,19})/([0-9]{1,19})")
_TRANSIENT = {408, 425, 429}  # and every status from 500 on
_NO_HEADERS = RequestHeaders()
_PLAIN_HTTP = re.compile(r"http://[^/?#:]+(?=[/?#]|\Z)", re.IGNORECASE)  # at its default port


type Advise = Callable[[str, str, str, bytes], str | None]
"""Returns what to do about a page: see `page_advice`."""


class Fetcher:
    """Downloads images over HTTP(S), at most `max_bytes` decoded bytes each; thread-safe.

    HttpClient checks every host, also those of redirects; it documents `egress` and `pool_size`. Cookies live
    within one chain of redirects. Timeouts are in seconds: `connect_timeout` and `read_timeout` for one wait,
    `max_seconds` for a whole fetch by `clock`, however slowly the bytes arrive. `now` returns the current
    time, to convert a date in Retry-After. `received` gets the number of bytes that came for each image, also
    if its download failed. `advise` recognises pages that come in the place of images.
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
        advise: Advise = page_advice,
        network: Network = Network(),  # noqa: B008 (it is frozen)
    ) -> None:
        self._max_bytes = max_bytes
        self._now = now
        self._egress = egress
        self._received = received
        self._advise = advise
        limits = Limits(connect_timeout, read_timeout, max_seconds, wire_bytes=_WIRE * max_bytes)
        self._client = HttpClient(egress, limits=limits, pool_size=pool_size, clock=clock, network=network)

    def fetch(self, url: str, headers: RequestHeaders = _NO_HEADERS) -> bytes:
        """Download `url`, following at most five redirects, with the job's own `headers`.

        A host that refuses connections for http at its default port is asked for https. Raises only
        ImageError for anything that a URL or a remote host can cause; it is transient if the same request may
        succeed later. An empty body is returned like any other.
        """
        return self.fetch_changed(url, headers).data or b""

    def fetch_changed(
        self, url: str, headers: RequestHeaders = _NO_HEADERS, known: Validators | None = None
    ) -> Fetched:
        """Download `url` as `fetch` does, unless its host answers that it still is as `known` (304).

        The validators are sent only to the URL that they are of, which may be the last of the redirects: a
        host ignores them if it redirects (RFC 9110, section 13.2.1), and another resource may have the same.
        """
        allowed = headers if self._egress.request_headers else _NO_HEADERS
        with self._client.exchange() as exchange:
            try:
                return self._download(url, allowed, known)
            finally:
                self._received(exchange.received)

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()

    def _download(self, url: str, headers: RequestHeaders, known: Validators | None) -> Fetched:
        asked, first_url = url, None
        cookies = ChainCookies()
        for _ in range(_MAX_REDIRECTS + 1):
            url, response = self._send(url, headers, cookies, known)
            with response:
                if response.status_code == _NOT_MODIFIED and known and known.headers(url):
                    _drain(response.raw)
                    return Fetched(None, known)
                target = self._client.redirect_target(response)
                if target is None and _is_whole(response):
                    body = self._body(response.raw)
                    if advice := self._advice(asked, response, body[:_PAGE_BYTES]):
                        raise ImageError(Code.NOT_AN_IMAGE, advice)
                    return Fetched(body, _validators(url, response))
                beginning = _beginning(response.raw) if response.status_code in _WITH_PAGE else b""
                _drain(response.raw)
                first_url = first_url or response.url
                if target is None:
                    advice = self._advice(asked, response, beginning) if beginning else None
                    raise self._status_error(response, urlsplit(first_url).hostname, advice)
                cookies.remember(url, response.raw.headers.getlist("Set-Cookie"))
                url = resolved(url, target)
        raise ImageError(Code.TOO_MANY_REDIRECTS, f"The host redirects more than {_MAX_REDIRECTS} times.")

    def _send(
        self, url: str, headers: RequestHeaders, cookies: ChainCookies, known: Validators | None
    ) -> tuple[str, requests.Response]:
        """Return a response and the URL that it is from."""

        def get(url: str) -> requests.Response:
            sent = headers.of_request(url, self._egress.user_agent) | cookies.header(url)
            if known:
                sent |= known.headers(url)
            return self._client.send(requests.Request("GET", url, sent))

        try:
            return url, get(url)
        except requests.ConnectionError as error:
            if not (_PLAIN_HTTP.match(url) and was_refused(error)):
                raise
        secure = f"https{url[len('http') :]}"
        return secure, get(secure)

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

    def _advice(self, asked: str, response: requests.Response, beginning: bytes) -> str | None:
        return self._advise(asked, str(response.url), response.headers["Content-Type"], beginning)

    def _status_error(
        self, response: requests.Response, own_host: str | None, advice: str | None
    ) -> ImageError:
        status = response.status_code
        code = _CODES.get(status, Code.HTTP_ERROR)
        return ImageError(
            code,
            f"The host answered {status}." + (f" {advice}" if advice else ""),
            transient=status in _TRANSIENT or 500 <= status < 600,
            status=status if urlsplit(response.url).hostname == own_host else None,
            retry_after=retry_after.seconds(response.headers.get("Retry-After"), self._now()),
        )

    def _too_many_bytes(self, measured: str) -> ImageError:
        detail = f"The image has {measured} bytes; at most {self._max_bytes:,} are allowed."
        return ImageError(Code.TOO_MANY_BYTES, detail)


def _is_whole(response: requests.Response) -> bool:
    """Return whether a response holds the whole image, as some hosts send it unasked with status 206."""
    if response.status_code != _PARTIAL_CONTENT:
        return response.status_code in _OK
    given = _WHOLE_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return given is not None and int(given[1]) + 1 == int(given[2])


def _validators(url: str, response: requests.Response) -> Validators | None:
    """Return the validators of a plain answer: those of 203 and 206 are not of the whole image's own host."""
    if response.status_code != _PLAIN:
        return None
    return Validators.read(url, response.headers.get("ETag"), response.headers.get("Last-Modified"))


def _beginning(raw: urllib3.HTTPResponse) -> bytes:
    """Read the beginning of an error's page; one that breaks off changes nothing about the error."""
    try:
        return raw.read1(_PAGE_BYTES, decode_content=True)
    except (HTTPError, OSError, ImageError):
        return b""


def _drain(raw: urllib3.HTTPResponse) -> None:
    """Read a short unwanted body, because a response that is left unread costs its connection."""
    if raw.length_remaining is not None and raw.length_remaining <= _DRAINED_BYTES:
        raw.drain_conn()
