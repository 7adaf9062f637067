"""Limits on the speed and size of a response, tested on a socket pair."""

import socket
from collections.abc import Iterator

import pytest

from catalight.adapters.web.limits import Limits, Reader, deadline
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code


class Wire:
    """A reader and the host that it reads from; `now` is the time of the clock."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.now = 0.0
        self._near, self._far = near, far
        self.reader: Reader

    def receive(self, count: int, at: float) -> int:
        """Send this many bytes at this time; return how many were read."""
        self.now = at
        self._far.sendall(bytes(count))
        return len(self.reader.read(count) or b"")


@pytest.fixture
def wire() -> Iterator[Wire]:
    near, far = socket.socketpair()
    with near, far:
        wire = Wire(near, far)
        limits = Limits(total=1_000, head_bytes=100, wire_bytes=50_000, min_bytes_per_second=100, window=10)
        with deadline(limits, lambda: wire.now):
            wire.reader = Reader(near)
            yield wire
            wire.reader.close()


def test_the_slowest_accepted_speed(wire: Wire) -> None:
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


def test_early_fast_bytes_count_only_within_their_window(wire: Wire) -> None:
    wire.reader.body_begins()
    wire.receive(40_000, at=0.0)
    wire.receive(1, at=10.0)
    with pytest.raises(ImageError, match="fewer than"):
        wire.receive(999, at=20.0)


def test_waiting_for_the_first_byte_does_not_count_as_slow(wire: Wire) -> None:
    """The timeout of a single read limits that wait."""
    wire.reader.body_begins()
    assert wire.receive(1, at=500.0) == 1


def test_head_and_body_have_separate_limits(wire: Wire) -> None:
    wire.receive(100, at=0.0)
    wire.reader.body_begins()
    wire.receive(50_000, at=0.0)
    with pytest.raises(ImageError, match="sent more than 50,000 bytes") as caught:
        wire.receive(1, at=0.0)
    assert caught.value.code is Code.TOO_MANY_BYTES


def test_a_head_that_is_too_large_is_an_error(wire: Wire) -> None:
    with pytest.raises(ImageError, match="headers of the host's response have more than 100 bytes") as caught:
        wire.receive(101, at=0.0)
    assert (caught.value.code, caught.value.transient) == (Code.HTTP_ERROR, False)
