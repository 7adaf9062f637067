"""Heads of responses that break the rules of HTTP, but that browsers and curl read."""

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageErrorCode as Code
from tests.integration.adapters.web.hosts import Host, answer, exactly, failure

MALFORMED = [
    b"no colon",
    b": no name",
    b"two words: x",
    b"two words : x",
    b"\xe4\xf6: x",
    b"X: bare\rreturn",
    b"\rX: x",
    b"X: nul\0",
    b"From somebody",
    b"HTTP/1.1 200 OK",
    b"X : x",
    b"X\t:x",
    b"X:",
    b"X: a\r\n folded",
    b"X: a\r\n\tfolded: twice\r\n   ",
    b"\x0b\x0c\x1c\x85\x00",
    b"(comment): x",
    b"-",
]
SPACES = st.sampled_from([b"", b" ", b"\t", b"  \t"])
EACH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def heads(draw: st.DrawFn, name: bytes, value: bytes) -> bytes:
    """Draw header lines that contain one header, with malformed ones before and after."""
    lines = st.lists(st.sampled_from(MALFORMED), max_size=4)
    header = name + draw(SPACES) + b":" + draw(SPACES) + value + draw(SPACES)
    end = draw(st.sampled_from([b"\r\n", b"\n"]))
    # A line that begins with a space continues the one before, unless there is none.
    orphan = draw(st.sampled_from([[], [b" : blank name"], [b"\tX: x"]]))
    found: list[bytes] = [*orphan, *draw(lines), header, *draw(lines), b"", b""]
    return end.join(found)


@EACH
@given(heads(b"Location", b"/picture"))
def test_a_location_is_found(host: Host, fetcher: Fetcher, head: bytes) -> None:
    host.routes |= {"/": exactly(b"HTTP/1.1 302 Found\r\n" + head), "/picture": answer(b"picture")}
    assert fetcher.fetch(host.url("/")) == b"picture"


@EACH
@given(heads(b"Content-Encoding", b"gzip"))
def test_a_content_encoding_is_found(host: Host, fetcher: Fetcher, head: bytes) -> None:
    host.routes["/"] = exactly(b"HTTP/1.1 200 OK\r\n" + head + gzip.compress(b"picture"))
    assert fetcher.fetch(host.url("/")) == b"picture"


@EACH
@given(heads(b"Transfer-Encoding", b"chunked"))
def test_chunks_are_found(host: Host, fetcher: Fetcher, head: bytes) -> None:
    host.routes["/"] = exactly(b"HTTP/1.1 200 OK\r\n" + head + b"7\r\npicture\r\n0\r\n\r\n")
    assert fetcher.fetch(host.url("/")) == b"picture"


@EACH
@given(heads(b"Content-Length", b"7"))
def test_a_length_is_found_and_the_connection_kept(host: Host, fetcher: Fetcher, head: bytes) -> None:
    def route(connection: object) -> bool:
        return exactly(b"HTTP/1.1 200 OK\r\n" + head + b"picture")(connection) or True  # type: ignore[arg-type]

    host.routes["/"] = route
    before = len(host.connections)
    assert fetcher.fetch(host.url("/")) == b"picture"
    assert fetcher.fetch(host.url("/")) == b"picture"
    assert len(host.connections) <= before + 1


INTERIM = st.sampled_from([100, 102, 103, 110, 199])


@EACH
@given(st.lists(st.tuples(INTERIM, heads(b"Location", b"/nowhere"))), st.sampled_from([200, 404]))
def test_interim_responses_are_skipped(
    host: Host, fetcher: Fetcher, interim: list[tuple[int, bytes]], status: int
) -> None:
    first = b"".join(b"HTTP/1.1 %d Interim\r\n%b" % found for found in interim)
    host.routes["/"] = exactly(first + b"HTTP/1.1 %d Final\r\n\r\npicture" % status)
    if status == 200:
        assert fetcher.fetch(host.url("/")) == b"picture"
    else:
        assert failure(fetcher, host.url("/")).code is Code.NOT_FOUND


def test_a_protocol_that_nobody_asked_for_is_an_error(host: Host, fetcher: Fetcher) -> None:
    host.routes["/"] = exactly(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n")
    assert failure(fetcher, host.url("/")).detail == "The host answered 101."


@pytest.mark.parametrize("rest", [b"SSH-2.0", b"HTTP/9.9 200 OK\r\n\r\n"])
def test_the_rest_of_a_response_does_not_spoil_the_next(host: Host, fetcher: Fetcher, rest: bytes) -> None:
    """A kept connection that turns out to hold something else is replaced, and the request sent again."""

    def spoilt_second(connection: object) -> bool:
        sent = rest if len(host.requests) == 2 else b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npicture"
        return exactly(sent)(connection) or len(host.requests) != 2  # type: ignore[arg-type]

    host.routes["/"] = spoilt_second
    assert [fetcher.fetch(host.url("/")) for _ in range(3)] == [b"picture"] * 3
    assert len(host.connections) == 2
