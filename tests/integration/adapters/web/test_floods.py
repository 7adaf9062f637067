"""The corpus of hostile answers: each ends at its cap with its code, in little time and memory."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from catalight.domain.errors import ImageErrorCode as Code
from tests.corpora.answers import DRIPS, FLOODS, Answer
from tests.integration.adapters.web.hosts import Host, NewFetcher, Route, answer, failure


def sent(flood: Answer) -> Route:
    """Send its pieces until the client hangs up."""

    def route(connection: socket.socket) -> bool:
        for piece in flood.pieces():
            connection.sendall(piece)
        return False

    return route


@pytest.fixture
def flooding(host: Host) -> Host:
    """A host with the whole corpus, each answer at the path of its number."""
    host.routes |= {f"/{n}": sent(flood) for n, flood in enumerate(FLOODS.values())}
    host.routes |= {"/taken": answer(b"picture")}
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


def test_what_decodes_to_nothing_is_counted_as_it_comes_in(flooding: Host, new_fetcher: NewFetcher) -> None:
    url = flooding.url(f"/{list(FLOODS).index('blocks of nothing')}")
    error = failure(new_fetcher(max_bytes=200_000), url)
    assert error.detail == "The host sent more than 400,000 bytes for one picture."


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


def test_no_flood_takes_more_memory_than_the_cap_and_a_little(flooding: Host) -> None:
    """With the cap and the seconds of a deployment, but 2 s; one process takes all of them in turn."""
    urls = [flooding.url(f"/{n}") for n in range(len(FLOODS))]
    command = [sys.executable, "-c", MEASURE, flooding.url("/taken"), *urls]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, timeout=300)
    measured = dict(zip(FLOODS, map(json.loads, done.stdout.splitlines()), strict=True))
    assert sum(growth for _, _, growth in measured.values()) < 25_000_000 + 15_000_000, measured
    assert max(seconds for _, seconds, _ in measured.values()) < 5, measured


# Drips


class Drip:
    """A host that sends a piece for each look at a clock, which takes so many seconds."""

    def __init__(self, host: Host, name: str, seconds: float) -> None:
        self.looks = 0
        self._seconds = seconds
        self._start, self._piece = DRIPS[name]
        self._looked = threading.Semaphore(0)
        host.routes["/"] = self._route
        host.routes["/taken"] = answer(b"picture")

    def clock(self) -> float:
        self.looks += 1
        self._looked.release()
        return self.looks * self._seconds

    def over(self) -> None:
        self._looked.release(1_000)

    def _route(self, connection: socket.socket) -> bool:
        connection.sendall(self._start)
        while self._looked.acquire():
            connection.sendall(self._piece)
        return False


@pytest.mark.parametrize("name", DRIPS)
def test_whoever_drips_is_too_slow(host: Host, new_fetcher: NewFetcher, name: str) -> None:
    drip = Drip(host, name, seconds=0.5)
    error = failure(new_fetcher(clock=drip.clock), host.url("/"))
    drip.over()
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
    assert error.detail == "The host sent fewer than 1,000 bytes a second for 10 s."
    assert drip.looks < 30


@pytest.mark.parametrize("name", DRIPS)
def test_whoever_drips_is_stopped_in_time(host: Host, new_fetcher: NewFetcher, name: str) -> None:
    """No byte comes late, all of them do."""
    drip = Drip(host, name, seconds=1.0)
    error = failure(new_fetcher(clock=drip.clock, max_seconds=9.0), host.url("/"))
    drip.over()
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
    assert error.detail.endswith("or 9 s in all.")


@pytest.fixture
def dripping() -> Iterator[int]:
    """A port where a byte comes every 50 ms, whatever is sent."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"\x16\x03\x03\x3f\xff")  # a record of TLS that is long in coming
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
    """A timeout of each read would never end it."""
    error = failure(new_fetcher(connect_timeout=0.4), f"https://127.0.0.1:{dripping}/")
    assert (error.code, error.transient) == (Code.TIMEOUT, True)
