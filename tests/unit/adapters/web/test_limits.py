"""How slow and how big an answer may be, on a socket whose other end the test holds."""

import socket
from collections.abc import Iterator

import pytest

from catalight.adapters.web.limits import Limits, Reader, deadline
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code


class Wire:
    """A reader, and the host that it reads from; `now` is what the clock says."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.now = 0.0
        self._near, self._far = near, far
        self.reader: Reader

    def receive(self, count: int, at: float) -> int:
        """Let so many bytes come at this time."""
        self.now = at
        self._far.sendall(bytes(count))
        return len(self.reader.read(count) or b"")


@pytest.fixture
def wire() -> Iterator[Wire]:
    near, far = socket.socketpair()
    with near, far:
        wire = Wire(near, far)
        limits = Limits(total=1_000, head_bytes=100, wire_bytes=50_000, slowest=100, window=10)
        with deadline(limits, lambda: wire.now):
            wire.reader = Reader(near)
            yield wire
            wire.reader.close()


def test_the_slowest_that_is_taken(wire: Wire) -> None:
    wire.reader.body_begins()
    assert wire.receive(500, at=0.0) == 500
    assert wire.receive(500, at=10.0) == 500
    assert wire.receive(999, at=19.9) == 999
    assert wire.receive(1, at=20.0) == 1


def test_a_byte_less_is_too_slow(wire: Wire) -> None:
    wire.reader.body_begins()
    wire.receive(998, at=0.0)
    with pytest.raises(ImageError, match="fewer than 100 bytes a second for 10 s") as caught:
        wire.receive(1, at=10.0)
    assert (caught.value.code, caught.value.transient) == (Code.TIMEOUT, True)


def test_what_came_fast_at_first_counts_for_its_window_only(wire: Wire) -> None:
    wire.reader.body_begins()
    wire.receive(40_000, at=0.0)
    wire.receive(1, at=10.0)
    with pytest.raises(ImageError, match="fewer than"):
        wire.receive(999, at=20.0)


def test_the_wait_for_the_first_byte_is_no_slowness(wire: Wire) -> None:
    """The time for one wait bounds it."""
    wire.reader.body_begins()
    assert wire.receive(1, at=500.0) == 1


def test_head_and_body_have_their_own_bounds(wire: Wire) -> None:
    wire.receive(100, at=0.0)
    wire.reader.body_begins()
    wire.receive(50_000, at=0.0)
    with pytest.raises(ImageError, match="sent more than 50,000 bytes") as caught:
        wire.receive(1, at=0.0)
    assert caught.value.code is Code.TOO_MANY_BYTES


def test_a_head_that_is_too_big(wire: Wire) -> None:
    with pytest.raises(ImageError, match="head of the host's answer has more than 100 bytes") as caught:
        wire.receive(101, at=0.0)
    assert (caught.value.code, caught.value.transient) == (Code.HTTP_ERROR, False)
