"""A deadline for a whole HTTP exchange, however slowly its bytes drip.

A socket's timeout alone starts anew with every byte, and http.client reads headers and chunk sizes to their
end: whoever drips them would hold a thread for hours.
"""

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, to wait for a byte, and for all of an exchange."""

    connect: float = 5.0
    read: float = 10.0
    total: float = 30.0


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long the running exchange may still wait; `ends` is a reading of `clock`."""

    ends: float
    read_timeout: float
    clock: Callable[[], float]

    def next_wait(self) -> float:
        left = self.ends - self.clock()
        if left <= 0:
            raise TimeoutError
        return min(left, self.read_timeout)


# Nothing that passes through requests and urllib3 could carry it to the reader below.
_patience: ContextVar[_Patience] = ContextVar("_patience")


@contextmanager
def patience(limits: Limits, clock: Callable[[], float]) -> Iterator[None]:
    """Give the exchange in this block `limits.total` seconds by `clock`."""
    token = _patience.set(_Patience(clock() + limits.total, limits.read, clock))
    try:
        yield
    finally:
        _patience.reset(token)


def next_wait() -> float:
    """Seconds that the next wait may take; raises TimeoutError where none are left."""
    return _patience.get().next_wait()


class _Reader(io.RawIOBase):
    """A socket's read end that asks before each read how long it may wait."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(next_wait())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Reader(sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _TLSConnection(HTTPSConnection):
    response_class = _Response


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


POOLS: dict[str, type[urllib3.HTTPConnectionPool]] = {"http": _Pool, "https": _TLSPool}
"""Connection pools by scheme, for a urllib3.PoolManager, that keep to `patience`."""
