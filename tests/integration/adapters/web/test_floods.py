"""The corpus of hostile responses: each ends at its limit with its code, in little time and memory."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from catalight.domain.errors import ImageErrorCode as Code
from tests.corpora.responses import DRIPS, FLOODS, Response
from tests.integration.adapters.web.hosts import Host, NewFetcher, Route, answer, failure


def sent(flood: Response) -> Route:
    """Send the pieces of a flood until the client hangs up."""

    def route(connection: socket.socket) -> bool:
        for piece in flood.pieces():
            connection.sendall(piece)
        return False

    return route


@pytest.fixture
def flooding(host: Host) -> Host:
    """A host with the whole corpus; the path of each response is its index."""
    host.routes |= {f"/{n}": sent(flood) for n, flood in enumerate(FLOODS.values())}
    host.routes |= {"/accepted": answer(b"picture")}
    host.routes[f"/{list(FLOODS).index('a redirect to itself')}?"] = sent(FLOODS["a redirect to itself"])
    return host


@pytest.mark.parametrize("name", FLOODS)
def test_every_flood_ends_with_its_code(flooding: Host, new_fetcher: NewFetcher, name: str) -> None:
    fetcher = new_fetcher(max_bytes=200_000)
    url = flooding.url(f"/{list(FLOODS).index(name)}")
    if FLOODS[name].code:
        assert failure(fetcher, url).code == FLOODS[name].code
    else:
        assert fetcher.fetch(url) == b"picture"


def test_received_bytes_that_decode_to_nothing_are_counted(flooding: Host, new_fetcher: NewFetcher) -> None:
    url = flooding.url(f"/{list(FLOODS).index('empty gzip blocks')}")
    error = failure(new_fetcher(max_bytes=200_000), url)
    assert error.detail == "The host sent more than 400,000 bytes for one image."


MEASURE = """
import json, resource, sys, time
from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageError
from catalight.domain.web.egress import EgressPolicy

def peak():
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024

fetcher = Fetcher(EgressPolicy(private_hosts=True), max_seconds=2.0)
fetcher.fetch(sys.argv[1])
for url in sys.argv[2:]:
    before, began = peak(), time.monotonic()
    try:
        fetcher.fetch(url)
        code = ""
    except ImageError as error:
        code = str(error.code)
    print(json.dumps([code, time.monotonic() - began, peak() - before]))
"""


def test_no_flood_takes_much_more_memory_than_the_limit(flooding: Host) -> None:
    """With the limits of a deployment, but a deadline of 2 s; one process fetches all of them in turn."""
    urls = [flooding.url(f"/{n}") for n in range(len(FLOODS))]
    command = [sys.executable, "-c", MEASURE, flooding.url("/accepted"), *urls]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, timeout=300)
    measured = dict(zip(FLOODS, map(json.loads, done.stdout.splitlines()), strict=True))
    assert sum(growth for _, _, growth in measured.values()) < 25_000_000 + 15_000_000, measured
    assert max(seconds for _, seconds, _ in measured.values()) < 5, measured


# Drips


class Drip:
    """A host that sends one piece each time the client reads its clock, which advances by `seconds`."""

    def __init__(self, host: Host, name: str, seconds: float) -> None:
        self.clock_reads = 0
        self._seconds = seconds
        self._start, self._piece = DRIPS[name]
        self._clock_read = threading.Semaphore(0)
        host.routes["/"] = self._route
        host.routes["/accepted"] = answer(b"picture")

    def clock(self) -> float:
        self.clock_reads += 1
        self._clock_read.release()
        return self.clock_reads * self._seconds

    def over(self) -> None:
        self._clock_read.release(1_000)

    def _route(self, connection: socket.socket) -> bool:
        connection.sendall(self._start)
        while self._clock_read.acquire():
            connection.sendall(self._piece)
        return False


@pytest.mark.parametrize("name", DRIPS)
def test_a_host_that_drips_is_too_slow(host: Host, new_fetcher: NewFetcher, name: str) -> None:
    drip = Drip(host, name, seconds=0.5)
    error = failure(new_fetcher(clock=drip.clock), host.url("/"))
    drip.over()
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
    assert error.detail == "The host sent fewer than 1,000 bytes a second for 10 s."
    assert drip.clock_reads < 30


@pytest.mark.parametrize("name", DRIPS)
def test_a_host_that_drips_is_stopped_in_time(host: Host, new_fetcher: NewFetcher, name: str) -> None:
    """No single byte is late, but the whole response is."""
    drip = Drip(host, name, seconds=1.0)
    error = failure(new_fetcher(clock=drip.clock, max_seconds=9.0), host.url("/"))
    drip.over()
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
    assert error.detail.endswith("or 9 s in all.")


@pytest.fixture
def dripping() -> Iterator[int]:
    """A port that sends a byte every 50 ms, whatever it receives."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"\x16\x03\x03\x3f\xff")  # the start of a long TLS record
                while not over.wait(0.05):
                    connection.sendall(b"\x02")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_dripping_handshake_is_stopped_in_time(dripping: int, new_fetcher: NewFetcher) -> None:
    """A timeout per read would never end it."""
    error = failure(new_fetcher(connect_timeout=0.4), f"https://127.0.0.1:{dripping}/")
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
