"""What an HTTP exchange may take: time, however slowly its bytes drip, and bytes, however they are packed.

A socket's timeout alone starts anew with every byte, and http.client reads headers and chunk sizes to their
end: whoever drips them would hold a thread for hours, and whoever floods them keeps a processor busy.
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
    """Seconds to connect, to wait for a byte, and for all of an exchange; how big and slow an answer may be.

    `head_bytes` bounds its status and headers, those of interim answers included, `wire_bytes` its body as it
    comes in, with what chunks and encodings add. `slowest` is in bytes a second, on average over `window`
    seconds; the first window begins with the first byte.
    """

    connect: float = 5.0
    read: float = 10.0
    total: float = 30.0
    head_bytes: int = 65_536
    wire_bytes: int = 50_000_000
    slowest: int = 1_000
    window: float = 10.0


@dataclass(frozen=True, slots=True)
class _Deadline:
    """How long the running exchange may still wait; `ends` is a reading of `clock`."""

    ends: float
    limits: Limits
    clock: Callable[[], float]

    def next_wait(self) -> float:
        left = self.ends - self.clock()
        if left <= 0:
            raise TimeoutError
        return min(left, self.limits.read)


# Nothing that passes through requests and urllib3 could carry it to the reader below.
_deadline: ContextVar[_Deadline] = ContextVar("_deadline")


@contextmanager
def deadline(limits: Limits, clock: Callable[[], float]) -> Iterator[None]:
    """Give the exchange in this block `limits.total` seconds by `clock`."""
    token = _deadline.set(_Deadline(clock() + limits.total, limits, clock))
    try:
        yield
    finally:
        _deadline.reset(token)


def next_wait() -> float:
    """Seconds that the next wait may take; raises TimeoutError where none are left."""
    return _deadline.get().next_wait()


class Reader(io.RawIOBase):
    """One answer from a socket: asks before each read how long it may wait, and counts what comes."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)
        self._limits = _deadline.get().limits
        self._in_head, self._left = True, self._limits.head_bytes
        self._window_began: float | None = None
        self._in_window = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(next_wait())
        count = self._file.readinto(buffer)
        if count:
            self._check_size(count)
            self._check_speed(count)
        return count

    def body_begins(self) -> None:
        """From here on it is the body that is counted (of which a little may have come with the head)."""
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
            raise ImageError(Code.HTTP_ERROR, f"The head of the host's answer has more than {allowed} bytes.")
        sent = f"The host sent more than {self._limits.wire_bytes:,} bytes for one picture."
        raise ImageError(Code.TOO_MANY_BYTES, sent)

    def _check_speed(self, count: int) -> None:
        now = _deadline.get().clock()
        if self._window_began is None:
            self._window_began = now
        self._in_window += count
        seconds = now - self._window_began
        if seconds < self._limits.window:
            return
        if self._in_window < self._limits.slowest * seconds:
            slow = f"fewer than {self._limits.slowest:,} bytes a second for {self._limits.window:g} s"
            raise ImageError(Code.TIMEOUT, f"The host sent {slow}.", transient=True)
        self._window_began, self._in_window = now, 0
