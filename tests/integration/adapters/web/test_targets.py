"""A host is asked for what the URL says, as it was written, also after a redirect."""

import re
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.adapters.web.fetch import Fetcher
from catalight.adapters.web.targets import resolved, target
from tests.corpora.urls import PUBLIC
from tests.integration.adapters.web.hosts import Host, Internet, NewFetcher, answer, redirect

WRITTEN = [
    ("//key/p.jpg", "//key/p.jpg"),
    ("///", "///"),
    ("/a//b///c.jpg", "/a//b///c.jpg"),
    ("/a%20100%.jpg", "/a%20100%25.jpg"),
    ("/%", "/%25"),
    ("/%zz%4", "/%25zz%254"),
    ("/%2520.jpg", "/%2520.jpg"),
    ("/%c3%a4%2f%7E%2e.jpg?%2b=%3d", "/%c3%a4%2f%7E%2e.jpg?%2b=%3d"),
    ("/größe 1.jpg?ü=ß", "/gr%C3%B6%C3%9Fe%201.jpg?%C3%BC=%C3%9F"),
    ('/"<>[]^`{|}\\', "/%22%3C%3E%5B%5D%5E%60%7B%7C%7D%5C"),
    ("/!$&'()*+,-.;=@_~:", "/!$&'()*+,-.;=@_~:"),
    ("?q", "/?q"),
    ("", "/"),
    ("/a?b?c/d=../e", "/a?b?c/d=../e"),
    ("/a?", "/a?"),
    ("/a.jpg#top", "/a.jpg"),
    ("/x/./y/../a.jpg", "/x/a.jpg"),
    ("/../../a.jpg", "/a.jpg"),
    ("/..//a.jpg", "//a.jpg"),
    ("/a/b/..", "/a/"),
    ("/a/.", "/a/"),
    ("/...", "/..."),
]


@pytest.mark.parametrize(("written", "asked"), WRITTEN)
def test_a_url_is_sent_as_it_was_written(host: Host, fetcher: Fetcher, written: str, asked: str) -> None:
    host.routes[asked] = answer(b"picture")
    assert fetcher.fetch(host.url(written)) == b"picture"
    assert host.requests[0].startswith(f"GET {asked} HTTP/1.1\r\n")


@pytest.mark.parametrize(("written", "asked"), [case for case in WRITTEN if case[0].startswith("/")])
def test_so_is_the_target_of_a_redirect(host: Host, fetcher: Fetcher, written: str, asked: str) -> None:
    host.routes["/start"] = redirect(host.url(written))
    host.routes[asked] = answer(b"picture")
    assert fetcher.fetch(host.url("/start")) == b"picture"


@pytest.mark.parametrize(
    ("base", "reference", "asked"),
    [
        ("//key/a.jpg", "b.jpg", "//key/b.jpg"),
        ("/a%/x//b.jpg", "./c%.jpg?d", "/a%25/x//c%25.jpg?d"),
        ("//key/a.jpg", "/b//c.jpg", "/b//c.jpg"),
        ("/a%20100%.jpg", "?size=2", "/a%20100%25.jpg?size=2"),
        ("/a/b.jpg", "../c.jpg", "/c.jpg"),
    ],
)
def test_a_redirect_may_be_relative(
    host: Host, fetcher: Fetcher, base: str, reference: str, asked: str
) -> None:
    host.routes |= {target(host.url(base)): redirect(reference), asked: answer(b"picture")}
    assert fetcher.fetch(host.url(base)) == b"picture"


def test_a_reference_with_two_slashes_names_a_host(host: Host, new_fetcher: NewFetcher) -> None:
    internet = Internet(host.port, {name: [[PUBLIC]] for name in ("shop.test", "cdn.test")})
    host.routes |= {"/a": redirect("//cdn.test//b"), "//b": answer(b"picture")}
    fetcher = new_fetcher(network=internet.network)
    assert fetcher.fetch("http://shop.test/a") == b"picture"
    assert internet.resolved == ["shop.test", "cdn.test"]


def test_a_name_that_is_not_ascii_is_asked_for_in_punycode(host: Host, new_fetcher: NewFetcher) -> None:
    internet = Internet(host.port, {"xn--gre-6ka8i.test": [[PUBLIC]]})
    host.routes["//%C3%A4%20%25"] = answer(b"picture")
    assert new_fetcher(network=internet.network).fetch("http://größe.test//ä %") == b"picture"
    assert "Host: xn--gre-6ka8i.test\r\n" in host.requests[0]


# RFC 3986, section 5.4: the URLs that these mean in http://a/b/c/d;p?q
REFERENCES = """
    g=/b/c/g ./g=/b/c/g g/=/b/c/g/ /g=/g ?y=/b/c/d;p?y g?y=/b/c/g?y #s=/b/c/d;p?q g#s=/b/c/g g?y#s=/b/c/g?y
    ;x=/b/c/;x g;x=/b/c/g;x g;x?y#s=/b/c/g;x?y =/b/c/d;p?q .=/b/c/ ./=/b/c/ ..=/b/ ../=/b/ ../g=/b/g ../..=/
    ../../=/ ../../g=/g ../../../g=/g ../../../../g=/g /./g=/g /../g=/g g.=/b/c/g. .g=/b/c/.g g..=/b/c/g..
    ..g=/b/c/..g ./../g=/b/g ./g/.=/b/c/g/ g/./h=/b/c/g/h g/../h=/b/c/h g?y/../x=/b/c/g?y/../x
    g#s/../x=/b/c/g http:g=/b/c/g HTTP:/g=/g
    """


@pytest.mark.parametrize("case", REFERENCES.split())
def test_references_are_resolved_as_the_rfc_says(case: str) -> None:
    reference, _, path = case.partition("=")
    url = resolved("http://a/b/c/d;p?q", reference)
    assert url.startswith("http://a/")
    assert target(url) == path


@pytest.mark.parametrize("reference", ["ftp://h/x", "https:x", "data:,x", "https://h//x"])
def test_a_reference_with_another_scheme_is_a_url(reference: str) -> None:
    assert resolved("http://a/b", reference) == reference


GOOD = st.one_of(
    st.text("abcXYZ019-._~!$&'()*+,;=:@/", max_size=5),
    st.binary(min_size=1, max_size=1).map(lambda b: f"%{b.hex()}"),
)
PIECES = st.lists(st.one_of(GOOD, st.text(max_size=3), st.just("%"))).map("".join)
SENT = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")


@given(st.lists(GOOD).map("".join))
def test_what_may_stand_in_a_request_stays_as_it_is(text: str) -> None:
    if not {".", ".."} & set(text.split("/")):
        assert target(f"http://h/{text}") == f"/{text}"
    assert target(f"http://h?{text}") == f"/?{text}"


@given(PIECES)
def test_the_rest_is_escaped_once(text: str) -> None:
    asked = target(f"http://h?{text}")
    assert SENT.fullmatch(asked)
    assert target(f"http://h{asked}") == asked
    assert unquote_to_bytes(asked) == b"/?" + unquote_to_bytes(text.partition("#")[0])
