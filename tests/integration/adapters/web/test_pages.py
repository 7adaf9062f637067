"""Pages that hosts send in the place of images and catalogues: they are named, and what helps is said."""

import pytest

from catalight.adapters.web.feed import fetch_feed
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.web.egress import EgressPolicy
from tests.corpora.urls import PUBLIC
from tests.integration.adapters.web.hosts import (
    LOCAL,
    Host,
    Internet,
    NewFetcher,
    answer,
    endless,
    exactly,
    failure,
    redirect,
    stall,
)

HTML = "Content-Type: text/html; charset"
PAGE = b"<!DOCTYPE html><html>Remote-Text</html>"
NAMES = ("drive.google.com", "accounts.google.com", "docs.google.com", "shop.example")
DRIVE = "http://drive.google.com/uc"
SHARE = "share the file with everybody who has the link."


def internet(host: Host) -> Internet:
    return Internet(host.port, {name: [[PUBLIC]] for name in NAMES})


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_with_a_page_says_what_helps(host: Host, new_fetcher: NewFetcher, status: int) -> None:
    fetcher = new_fetcher(EgressPolicy(), network=internet(host).network)
    host.routes["/uc"] = answer(PAGE, status, HTML)
    error = failure(fetcher, DRIVE)
    assert error.code is Code.BLOCKED_BY_HOST
    assert error.detail == (f"The host answered {status}. The host sent a page of Google Drive: {SHARE}")
    assert error.status == status


def test_a_login_page_in_the_place_of_an_image_is_named(host: Host, new_fetcher: NewFetcher) -> None:
    fetcher = new_fetcher(EgressPolicy(), network=internet(host).network)
    host.routes |= {
        "/uc": redirect("http://accounts.google.com/ServiceLogin"),
        "/ServiceLogin": answer(PAGE, 200, HTML),
    }
    error = failure(fetcher, DRIVE)
    assert (error.code, error.transient) == (Code.NOT_AN_IMAGE, False)
    assert error.detail == f"The host sent a login page of Google Drive: {SHARE}"


def test_an_unknown_page_is_returned_for_the_decoder_to_name(host: Host, new_fetcher: NewFetcher) -> None:
    fetcher = new_fetcher(EgressPolicy(), network=internet(host).network)
    host.routes |= {"/a.jpg": answer(PAGE, 200, HTML), "/b.jpg": answer(PAGE, 403, HTML)}
    assert fetcher.fetch("http://shop.example/a.jpg") == PAGE
    assert failure(fetcher, "http://shop.example/b.jpg").detail == "The host answered 403."


def test_an_image_of_a_known_service_stays_one_whatever_its_type(host: Host, new_fetcher: NewFetcher) -> None:
    fetcher = new_fetcher(EgressPolicy(), network=internet(host).network)
    image = b"\xff\xd8\xff\xe0" + b"x" * 100
    host.routes["/uc"] = answer(image, 200, HTML)
    assert fetcher.fetch(DRIVE) == image


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 100\r\n\r\n<html>",
        b"Transfer-Encoding: chunked\r\n\r\nzzz",
        b"Content-Encoding: gzip\r\n\r\nzzz",
    ],
    ids=["cut", "bad chunk", "bad gzip"],
)
def test_a_page_that_breaks_off_changes_nothing_about_the_refusal(
    host: Host, new_fetcher: NewFetcher, head: bytes
) -> None:
    host.routes["/"] = exactly(b"HTTP/1.1 403 Forbidden\r\n" + head)
    assert failure(new_fetcher(), host.url("/")).code is Code.BLOCKED_BY_HOST


def test_a_catalogue_is_downloaded_and_its_bytes_counted(host: Host) -> None:
    host.routes |= {
        "/old.csv": redirect("/new.csv"),
        "/new.csv": answer(b"a,b\n", 200, "Content-Type: text/csv"),
    }
    received: list[int] = []
    data = fetch_feed(host.url("/old.csv"), received.append, egress=LOCAL, max_bytes=100)
    assert data == b"a,b\n"
    assert 4 < sum(received) < 1_000


def test_a_login_page_in_the_place_of_a_catalogue_is_named(host: Host) -> None:
    host.routes |= {
        "/spreadsheets/d/1/export": redirect("http://accounts.google.com/ServiceLogin"),
        "/ServiceLogin": answer(PAGE, 200, HTML),
    }
    with pytest.raises(ImageError, match="login page of Google Sheets in the place of a catalogue: share"):
        fetch_feed(
            "http://docs.google.com/spreadsheets/d/1/export",
            nothing,
            egress=EgressPolicy(),
            max_bytes=100_000,
            network=internet(host).network,
        )


def nothing(_: int) -> None:
    """Count nothing."""


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/a.csv", "http://169.254.169.254/latest/meta-data", "http://[::1]/a.csv"]
)
def test_a_catalogue_never_comes_from_a_private_address(host: Host, target: str) -> None:
    host.routes["/a.csv"] = redirect(target)
    network = internet(host)
    for url in (target, "http://shop.example/a.csv"):
        with pytest.raises(ImageError) as caught:
            fetch_feed(url, nothing, egress=EgressPolicy(), max_bytes=100, network=network.network)
        assert caught.value.code is Code.ADDRESS_NOT_ALLOWED
    assert {address for address, _ in network.connected} == {PUBLIC}


def test_a_catalogue_has_limits_of_bytes_and_time(host: Host) -> None:
    host.routes |= {
        "/flood": endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1_000),
        "/stall": stall(host, b"HTTP/1.1 200 OK\r\n\r\n"),
    }
    received: list[int] = []
    for path, code in (("/flood", Code.TOO_MANY_BYTES), ("/stall", Code.TIMEOUT)):
        with pytest.raises(ImageError) as caught:
            fetch_feed(host.url(path), received.append, egress=LOCAL, max_bytes=50_000, seconds=0.5)
        assert caught.value.code is code
    assert received[0] > 50_000
