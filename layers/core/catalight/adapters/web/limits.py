"""The time and size limits of an HTTP exchange.

A socket timeout alone starts again with every byte, and http.client reads headers and chunk sizes to their
end: a host that sends them slowly would hold a thread for hours, and one that floods them would keep a
processor busy.
"""

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits: seconds to connect, to wait for a byte, and for an exchange; size and speed of a response.

    `head_bytes` limits the status line and headers, those of interim responses included; `wire_bytes` limits
    the body as received, with chunk framing and content encoding. `min_bytes_per_second` is the lowest
    allowed speed, on average over `window` seconds; the first window begins with the first byte.
    """

    connect: float = 5.0
    read: float = 10.0
    total: float = 30.0
    head_bytes: int = 65_536
    wire_bytes: int = 50_000_000
    min_bytes_per_second: int = 1_000
    window: float = 10.0


@dataclass(slots=True)
class Exchange:
    """The running exchange: `ends` is its deadline by `clock`, `received` the bytes that came so far."""

    ends: float
    limits: Limits
    clock: Callable[[], float]
    received: int = 0

    def next_wait(self) -> float:
        left = self.ends - self.clock()
        if left <= 0:
            raise TimeoutError
        return min(left, self.limits.read)


# A context variable, because requests and urllib3 cannot pass an argument on to Reader.
_exchange: ContextVar[Exchange] = ContextVar("_exchange")


@contextmanager
def deadline(limits: Limits, clock: Callable[[], float]) -> Iterator[Exchange]:
    """Allow the exchange in this block `limits.total` seconds by `clock`."""
    exchange = Exchange(clock() + limits.total, limits, clock)
    token = _exchange.set(exchange)
    try:
        yield exchange
    finally:
        _exchange.reset(token)


def next_wait() -> float:
    """Return the seconds that the next wait may take; raise TimeoutError if none are left."""
    return _exchange.get().next_wait()


class Reader(io.RawIOBase):
    """Reads one response from a socket: sets the timeout before each read, and checks size and speed."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._limits = _exchange.get().limits
        self._in_head, self._left = True, self._limits.head_bytes
        self._window_began: float | None = None
        self._in_window = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        exchange = _exchange.get()
        self._sock.settimeout(exchange.next_wait())
        count = self._file.readinto(buffer)
        if count:
            exchange.received += count
            self._check_size(count)
            self._check_speed(count)
        return count

    def body_begins(self) -> None:
        """Count the body from here on (a little of it may have arrived with the headers)."""
        self._in_head, self._left = False, self._limits.wire_bytes

    def close(self) -> None:
        self._file.close()
        super().close()

    def _check_size(self, count: int) -> None:
        self._left -= count
        if self._left >= 0:
            return
        if self._in_head:
            allowed = f"{self._limits.head_bytes:,}"
            raise ImageError(
                Code.HTTP_ERROR, f"The headers of the host's response have more than {allowed} bytes."
            )
        sent = f"The host sent more than {self._limits.wire_bytes:,} bytes for one image."
        raise ImageError(Code.TOO_MANY_BYTES, sent)

    def _check_speed(self, count: int) -> None:
        now = _exchange.get().clock()
        if self._window_began is None:
            self._window_began = now
        self._in_window += count
        seconds = now - self._window_began
        if seconds < self._limits.window:
            return
        if self._in_window < self._limits.min_bytes_per_second * seconds:
            lowest = f"{self._limits.min_bytes_per_second:,} bytes a second for {self._limits.window:g} s"
            raise ImageError(Code.TIMEOUT, f"The host sent fewer than {lowest}.", transient=True)
        self._window_began, self._in_window = now, 0
