"""Conditional requests against real sockets on loopback."""

import pytest

from catalight.adapters.web.fetch import Fetcher
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.fetched import Fetched, Validators
from tests.integration.adapters.web.hosts import Host, answer, failure, redirect

MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"
UNCHANGED = answer(b"", 304, 'ETag: "a"')


def asked(host: Host) -> list[tuple[str | None, str | None]]:
    """The conditions of each request so far."""
    fields = [dict(line.split(": ", 1) for line in request.split("\r\n")[1:-2]) for request in host.requests]
    return [(found.get("If-None-Match"), found.get("If-Modified-Since")) for found in fields]


@pytest.mark.parametrize("etag", ['"a"', 'W/"a"', '""'])
def test_a_host_is_asked_with_what_it_has_answered(host: Host, fetcher: Fetcher, etag: str) -> None:
    host.routes["/a.jpg"] = answer(b"picture", 200, f"ETag: {etag}", f"Last-Modified: {MODIFIED}")
    first = fetcher.fetch_changed(host.url("/a.jpg"))
    assert first.data == b"picture"
    again = fetcher.fetch_changed(host.url("/a.jpg"), known=first.validators)
    assert again == first
    host.routes["/a.jpg"] = UNCHANGED
    assert fetcher.fetch_changed(host.url("/a.jpg"), known=first.validators) == Fetched(
        None, first.validators
    )
    assert asked(host) == [(None, None), (etag, MODIFIED), (etag, MODIFIED)]


def test_after_a_304_the_connection_is_used_again(host: Host, fetcher: Fetcher) -> None:
    known = Validators.read(host.url("/a.jpg"), '"a"', None)
    host.routes["/a.jpg"] = UNCHANGED
    for _ in range(3):
        assert fetcher.fetch_changed(host.url("/a.jpg"), known=known).data is None
    assert len(host.connections) == 1


@pytest.mark.parametrize(
    ("etag", "modified"),
    [
        ("a", None),
        ('"a b"', None),
        ('"' + "a" * 201 + '"', None),
        ('"\xe9"', None),
        (None, "yesterday"),
        (None, "Thu, 01 Jan 2026 00:00:00 CET"),
    ],
)
def test_what_cannot_be_sent_back_is_not_remembered(
    host: Host, fetcher: Fetcher, etag: str | None, modified: str | None
) -> None:
    heads = [f"{name}: {value}" for name, value in (("ETag", etag), ("Last-Modified", modified)) if value]
    host.routes["/a.jpg"] = answer(b"picture", 200, *heads)
    assert fetcher.fetch_changed(host.url("/a.jpg")) == Fetched(b"picture", None)


def test_only_the_answer_with_the_image_is_asked_for_changes(host: Host, fetcher: Fetcher) -> None:
    """An ETag is of one URL: that of a redirect's target must not stand for another target."""
    host.routes |= {"/": redirect("/a.jpg"), "/a.jpg": answer(b"picture", 200, 'ETag: "a"')}
    known = fetcher.fetch_changed(host.url("/")).validators
    host.routes["/a.jpg"] = UNCHANGED
    assert fetcher.fetch_changed(host.url("/"), known=known).data is None
    host.routes |= {"/": redirect("/b.jpg"), "/b.jpg": answer(b"another", 200, 'ETag: "a"')}
    assert fetcher.fetch_changed(host.url("/"), known=known).data == b"another"
    assert asked(host) == [(None, None)] * 3 + [('"a"', None)] + [(None, None)] * 2


def test_a_304_that_nobody_asked_for_is_an_error(host: Host, fetcher: Fetcher) -> None:
    host.routes["/a.jpg"] = UNCHANGED
    assert failure(fetcher, host.url("/a.jpg")).code is Code.HTTP_ERROR


def test_a_part_of_an_image_is_not_asked_for_again(host: Host, fetcher: Fetcher) -> None:
    host.routes["/a.jpg"] = answer(b"picture", 206, "Content-Range: bytes 0-6/7", 'ETag: "a"')
    assert fetcher.fetch_changed(host.url("/a.jpg")) == Fetched(b"picture", None)
