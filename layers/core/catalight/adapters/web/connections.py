"""urllib3 connections that a Dialer opens and that are read within the deadline and limits."""

import http.client
import io
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

from catalight.adapters.web.dial import Dialer
from catalight.adapters.web.limits import Reader


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._reader = Reader(sock)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        self._reader.body_begins()


class _Connection(HTTPConnection):
    response_class = _Response

    def __init__(self, *args: Any, dialer: Dialer, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._dialer = dialer

    def _new_conn(self) -> socket.socket:
        """Replace urllib3's method, which would resolve the name itself and connect to any address."""
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
