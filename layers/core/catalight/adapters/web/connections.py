"""urllib3 connections that a Dialer opens, that send a URL as written, and are read within limits."""

import http.client
import io
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

from catalight.adapters.web.dial import Dialer
from catalight.adapters.web.limits import Reader
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code

# Responses before the final one (RFC 9110, section 15.2); 101 is final, because no protocol was asked for.
_INTERIM = re.compile(rb"HTTP/\S+\s+1(?!01)\d\d\b")
_FOLD = re.compile(rb"\r\n[ \t]+")  # a header that continues on the next line (RFC 9112, section 5.2)
# The space before the colon is not allowed, but read by browsers and curl.
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

# A context variable, because urllib3 normalises the target that it is given.
_target: ContextVar[str] = ContextVar("_target")


@contextmanager
def asking_for(target: str) -> Iterator[None]:
    """Send the requests of this block with this target, exactly."""
    token = _target.set(target)
    try:
        yield
    finally:
        _target.reset(token)


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._reader = Reader(sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        """Parse the head of the final response; raise HTTPException if it is not HTTP."""
        # http.client takes 102 and 103 for final, and stops at the first header that is malformed.
        rest, self.fp = self.fp, io.BufferedReader(io.BytesIO(self._final_head()))
        try:
            super().begin()
        finally:
            self.fp = rest
        self._reader.body_begins()

    def _final_head(self) -> bytes:
        """Read up to the body; return the status line, and the headers that can be read."""
        status = self._status()
        while _INTERIM.match(status):
            self._fields()
            status = self._status()
        return status + self._fields() + b"\r\n"

    def _status(self) -> bytes:
        line = self.fp.readline()
        if not b"HTTP/".startswith(line[:5]):
            raise http.client.BadStatusLine("")
        return _whole(line)

    def _fields(self) -> bytes:
        lines = iter(lambda: _whole(self.fp.readline()), b"\r\n")
        fields = map(_FIELD.fullmatch, _FOLD.sub(b" ", b"".join(lines)).split(b"\r\n"))
        return b"".join(b"%b: %b\r\n" % (f[1], _CONTROL.sub(b" ", f[2]).strip()) for f in fields if f)


def _whole(line: bytes) -> bytes:
    """Return the line ended by CR LF; raise RemoteDisconnected if the host hung up before its end."""
    if not line.endswith(b"\n"):
        raise http.client.RemoteDisconnected("")
    return line.removesuffix(b"\n").removesuffix(b"\r") + b"\r\n"


class _Connection(HTTPConnection):
    response_class = _Response

    def __init__(self, *args: Any, dialer: Dialer, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._dialer = dialer
        self._kept = False

    def putrequest(self, method: str, url: str, *args: Any, **settings: Any) -> None:  # noqa: ARG002
        """Ask for the target of `asking_for` instead of the one that urllib3 has normalised."""
        super().putrequest(method, _target.get(), *args, **settings)

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as in urllib3
        """Return the response; raise ImageError if the host does not speak HTTP."""
        try:
            response = super().getresponse()
        except http.client.HTTPException as error:
            # A kept connection may hold the rest of the last response, so urllib3 tries a new one.
            if self._kept or isinstance(error, ConnectionError):
                raise
            detail = "The host's response is not valid HTTP, or has too many headers."
            raise ImageError(Code.HTTP_ERROR, detail) from error
        self._kept = True
        return response

    def _new_conn(self) -> socket.socket:
        """Replace urllib3's method, which would resolve the name itself and connect to any address."""
        self._kept = False
        try:
            # With the trailing dot, if there is one, because it matters to the resolver.
            sock = self._dialer(self._dns_host, self.port)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except OSError as error:
            raise NewConnectionError(self, "no connection") from error
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


class _TLSConnection(_Connection, HTTPSConnection):
    pass


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


def pools(dialer: Dialer) -> dict[str, Callable[..., urllib3.HTTPConnectionPool]]:
    """Return the connection pool factories by scheme, for a urllib3.PoolManager."""
    return {"http": partial(_Pool, dialer=dialer), "https": partial(_TLSPool, dialer=dialer)}
