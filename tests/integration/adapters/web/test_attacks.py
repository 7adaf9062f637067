"""The corpus of hostile URLs and names: each has its outcome, and none connects to a private address."""

import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from ipaddress import IPv4Address

import pytest

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageError
from catalight.domain.web.egress import EgressPolicy
from tests.corpora import urls
from tests.corpora.addresses import EMBEDDINGS, SPECIAL, TARGETS, edges
from tests.corpora.urls import NAMES, PUBLIC, REACHED, REFUSED
from tests.integration.adapters.web.hosts import Host, Internet, NewFetcher, answer, exactly, redirect


class Private:
    """A port on both loopback addresses that must never get a connection."""

    def __init__(self, stack: ExitStack) -> None:
        first = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.port = first.getsockname()[1]
        self._listeners = [first]
        if socket.has_dualstack_ipv6():
            listener = socket.create_server(("::1", self.port), family=socket.AF_INET6)
            self._listeners.append(stack.enter_context(listener))

    def check(self) -> None:
        for listener in self._listeners:
            listener.settimeout(0)
            with pytest.raises(BlockingIOError):
                listener.accept()


@pytest.fixture
def private() -> Iterator[Private]:
    with ExitStack() as stack:
        private = Private(stack)
        yield private
        private.check()


def outcome(fetcher: Fetcher, url: str) -> str:
    """Return the error code, or the fetched text."""
    try:
        return fetcher.fetch(url).decode()
    except ImageError as error:
        return str(error.code)


def internet_of(host: Host) -> Internet:
    return Internet(host.port, {name: [addresses] for name, addresses in NAMES.items()})


def wrong(found: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Return the cases with an unexpected outcome."""
    return [case for case in found if case[1] != case[2]]


CORPORA = {"tricks": urls.tricks, "spelled": urls.spelled, "embedded": urls.embedded}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("corpus", CORPORA)
def test_hostile_urls(
    host: Host, new_fetcher: NewFetcher, private: Private, corpus: str, scheme: str
) -> None:
    host.routes = defaultdict(lambda: answer(REACHED.encode()))
    internet = internet_of(host)
    fetcher = new_fetcher(EgressPolicy(ports=frozenset({private.port, 9001})), network=internet.network)
    cases = []
    for url, expected in CORPORA[corpus]():
        if scheme == "https" and expected == REACHED:
            continue  # the public host here speaks no TLS
        attack = url.format(port=private.port).replace("http:", f"{scheme}:", 1)
        cases.append((attack, expected, outcome(fetcher, attack)))
    assert wrong(cases) == []
    assert {address for address, _ in internet.connected} <= {PUBLIC, f"::ffff:{PUBLIC}"}


@pytest.mark.parametrize("corpus", CORPORA)
def test_redirects_to_hostile_urls(
    host: Host, new_fetcher: NewFetcher, private: Private, corpus: str
) -> None:
    """As relative references, some become other URLs, maybe of the same host; none leads to a private one."""
    harmless = (REACHED, REFUSED, "too_many_redirects")
    host.routes = defaultdict(lambda: answer(REACHED.encode()))
    internet = internet_of(host)
    fetcher = new_fetcher(EgressPolicy(ports=frozenset({private.port, 9001})), network=internet.network)
    cases = []
    for url, expected in CORPORA[corpus]():
        location = url.format(port=private.port).encode("utf-8", "surrogatepass")
        if b"\n" not in location:
            host.routes["/start"] = exactly(b"HTTP/1.1 302 Found\r\nLocation: %b\r\n\r\n" % location)
            found = outcome(fetcher, "http://shop.test/start")
            cases.append((url, expected, found))
    assert [case for case in wrong(cases) if case[2] not in harmless] == []
    assert {address for address, _ in internet.connected} <= {PUBLIC, f"::ffff:{PUBLIC}"}


def private_addresses() -> list[str]:
    embedded = [embed(target) for embed in EMBEDDINGS.values() for target in TARGETS]
    scoped = ["fe80::1%lo", "::1%lo", "2606:4700::1111%lo"]
    return [*map(str, TARGETS), *embedded, *scoped, *(first for name in SPECIAL for first in edges(name)[:1])]


def surrounded(address: str, position: str) -> list[str]:
    """Return the addresses of a name: the private one, at a position among public ones."""
    match position:
        case "first":
            return [address, PUBLIC]
        case "last":
            return [PUBLIC, address]
        case "between":
            return [PUBLIC, *["8.8.8.8"] * 50, address, "2606:4700::1111"]
    return [address]


@pytest.mark.parametrize("position", ["alone", "first", "last", "between"])
def test_one_private_address_among_public_ones_is_enough(
    new_fetcher: NewFetcher, private: Private, position: str
) -> None:
    addresses = [surrounded(address, position) for address in private_addresses()]
    answers = {f"{n}.evil.test": [found] for n, found in enumerate(addresses)}
    internet = Internet(private.port, answers)
    fetcher = new_fetcher(EgressPolicy(), network=internet.network, max_seconds=0.1)
    found = [(name, REFUSED, outcome(fetcher, f"http://{name}/")) for name in answers]
    assert wrong(found) == []
    assert internet.connected == []


@pytest.mark.parametrize("private_answer", ["127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_a_name_that_changes_its_address_is_resolved_once_per_connection(
    host: Host, new_fetcher: NewFetcher, private: Private, private_answer: str
) -> None:
    """DNS rebinding: the checked address is the one connected to; the next connection is checked again."""
    host.routes["/"] = exactly(b"HTTP/1.1 200 OK\r\n\r\npublic")
    internet = Internet(host.port, {"evil.test": [[PUBLIC], [private_answer]]})
    fetcher = new_fetcher(EgressPolicy(ports=frozenset({private.port})), network=internet.network)
    url = f"http://evil.test:{private.port}/"
    assert outcome(fetcher, url) == "public"
    assert (internet.resolved, internet.connected) == (["evil.test"], [(PUBLIC, private.port)])
    assert outcome(fetcher, url) == REFUSED
    assert len(internet.connected) == 1


def test_a_name_that_changes_its_address_within_one_fetch(
    host: Host, new_fetcher: NewFetcher, private: Private
) -> None:
    """A redirect that closes the connection, and the retry after a broken one, both reconnect."""
    host.routes |= {"/moved": exactly(b"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"), "/cut": exactly(b"")}
    for path in ("/moved", "/cut"):
        internet = Internet(host.port, {"evil.test": [[PUBLIC], ["127.0.0.1"]]})
        fetcher = new_fetcher(EgressPolicy(ports=frozenset({private.port})), network=internet.network)
        assert outcome(fetcher, f"http://evil.test:{private.port}{path}") == REFUSED
        assert internet.connected == [(PUBLIC, private.port)]


def test_the_next_address_is_tried_if_one_does_not_answer(host: Host, new_fetcher: NewFetcher) -> None:
    host.routes["/"] = answer(b"public")
    internet = Internet(host.port, {"shop.test": [["192.0.9.1", PUBLIC]]}, dead={"192.0.9.1"})
    assert outcome(new_fetcher(EgressPolicy(), network=internet.network), "http://shop.test/") == "public"
    assert [address for address, _ in internet.connected] == ["192.0.9.1", PUBLIC]


# Ports

CLOSED = (1, 21, 22, 25, 53, 79, 81, 110, 444, 2375, 3306, 5432, 6379, 8080, 9001, 9200, 11211, 27017, 65535)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("port", CLOSED)
def test_only_web_ports_are_allowed(host: Host, new_fetcher: NewFetcher, scheme: str, port: int) -> None:
    internet = internet_of(host)
    fetcher = new_fetcher(EgressPolicy(), network=internet.network)
    with pytest.raises(ImageError) as caught:
        fetcher.fetch(f"{scheme}://shop.test:{port}/")
    assert str(caught.value) == f"{REFUSED}: The URL's port is {port}; only 80 and 443 are allowed."
    assert internet.resolved == []


def test_a_redirect_to_a_forbidden_port_is_refused(host: Host, new_fetcher: NewFetcher) -> None:
    internet = internet_of(host)
    fetcher = new_fetcher(EgressPolicy(ports=frozenset({8080})), network=internet.network)
    host.routes |= {"/a": redirect("http://shop.test:8080/b"), "/b": redirect("http://shop.test:6379/")}
    assert outcome(fetcher, "http://shop.test/a") == REFUSED
    assert internet.connected == [(PUBLIC, 80), (PUBLIC, 8080)]


def test_the_addresses_of_this_machine_are_private(new_fetcher: NewFetcher, private: Private) -> None:
    """With the real resolver, not a table of the tests."""
    fetcher = new_fetcher(EgressPolicy(ports=frozenset({private.port})))
    names = ["localhost", "127.0.0.1", "0", "2130706433", "0x7f.1", "[::1]", "[::]", "[::ffff:7f00:1]"]
    for name in [*names, str(IPv4Address("127.255.255.254"))]:
        assert outcome(fetcher, f"http://{name}:{private.port}/") == REFUSED
