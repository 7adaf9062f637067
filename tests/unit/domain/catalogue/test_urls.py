"""Splitting cells into URLs, and checking URLs."""

import unicodedata
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalight.domain import texts
from catalight.domain.catalogue import urls

HOSTS = st.sampled_from(["cdn.x", "shop.example.com:8080", "bücher.example", "[::1]", "10.0.0.1"])
PATHS = st.text("abc/._-=&?@:%é,;|", max_size=30).filter(lambda path: not path.endswith((",", ";", "|")))
URLS = st.builds("{}://{}/{}".format, st.sampled_from(["http", "https", "HTTPS"]), HOSTS, PATHS).filter(
    lambda url: not any(first + second in url for first in ",;|" for second in (*",;|", "//"))
)
SEPARATIONS = [*",;| \t\n\r\u00a0", ", ", " ,", " , ", "; ", " | ", "\r\n", ",\n", ",,", ",;|"]


@given(st.lists(URLS, max_size=5), st.sampled_from(SEPARATIONS))
def test_joined_urls_are_split_again(joined: list[str], separation: str) -> None:
    """With any of the separators, the URLs come back whole and in order."""
    assert urls.split(separation.join(joined)) == joined


@pytest.mark.parametrize(
    ("cell", "parts"),
    [
        (
            "https://cdn.x/w_400,h_300/a.jpg,https://cdn.x/b;v=1.jpg",
            ["https://cdn.x/w_400,h_300/a.jpg", "https://cdn.x/b;v=1.jpg"],
        ),
        ("", []),
        (" \r\n ,;| , ", []),
        (",http://a,,  ,http://b;", ["http://a", "http://b"]),
        ("http://a http://b", ["http://a", "http://b"]),
        ("http://aHTTPS://b", ["http://aHTTPS://b"]),
        ("http://a,HTTPS://b", ["http://a", "HTTPS://b"]),
        ("not a url", ["not a url"]),
        ("not a url http://a", ["not a url", "http://a"]),
        ("http://a/my photo.jpg", ["http://a/my photo.jpg"]),
        ("http://a, n/a", ["http://a", "n/a"]),
        ("http://a\nn/a\nhttp://b", ["http://a", "n/a", "http://b"]),
        ("http://a/x.jpg,large", ["http://a/x.jpg,large"]),
        ("http://a/x.jpg,//b/y.jpg", ["http://a/x.jpg", "//b/y.jpg"]),
        ("//a/x.jpg //b.example/y.jpg|//c", ["//a/x.jpg", "//b.example/y.jpg", "//c"]),
        ("http://a//x/y.jpg,http://b//x", ["http://a//x/y.jpg", "http://b//x"]),
        ("http://a/w_400,h_300//x.jpg", ["http://a/w_400,h_300//x.jpg"]),
        ("http://a/a%20100%.jpg", ["http://a/a%20100%.jpg"]),
        ("http://a\u200bhttp://b", ["http://a", "http://b"]),
        ("http://a\u200b,large", ["http://a,large"]),
    ],
)
def test_a_separator_splits_only_if_the_url_cannot_continue(cell: str, parts: list[str]) -> None:
    assert urls.split(cell) == parts


FORMAT = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]
# U+0600 and its like are signs that stand before a number, and hieroglyphs are joined by visible forms.
VISIBLE = {
    *range(0x600, 0x606),
    0x6DD,
    0x70F,
    0x890,
    0x891,
    0x8E2,
    0x110BD,
    0x110CD,
    *range(0x13430, 0x13440),
}
INVISIBLE = [character for character in FORMAT if ord(character) not in VISIBLE]
EDGES = st.text(st.sampled_from(["\u200b", "\u200e", "\u2060", "\ufeff", " "]) | st.sampled_from(INVISIBLE))


@given(st.lists(st.tuples(EDGES, URLS, EDGES), max_size=5), st.sampled_from([",", ";", "|", "\n", " ", ", "]))
def test_invisible_characters_around_urls_are_dropped(
    joined: list[tuple[str, str, str]], separation: str
) -> None:
    cell = separation.join(before + url + after for before, url, after in joined)
    assert urls.split(cell) == [url for _, url, _ in joined]


@given(st.sampled_from(INVISIBLE), URLS, st.data())
def test_an_invisible_character_within_a_url_is_named(character: str, url: str, data: st.DataObject) -> None:
    url = url.encode("ascii", "ignore").decode()
    position = data.draw(st.integers(len("https://"), len(url)))
    reason = urls.fault(f"{url[:position]}{character}{url[position:]}") or ""
    assert f"U+{ord(character):04X} (" in reason


def test_joiners_in_names_of_languages_that_need_them_are_no_fault() -> None:
    assert urls.fault("http://a/\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.jpg") is None


@given(st.text(st.sampled_from(" \n\r\t,;|ahtp:/")))
def test_splitting_loses_nothing_but_separators(cell: str) -> None:
    """Parts are never empty or padded, and together contain everything but separators."""
    parts = urls.split(cell)
    assert all(part and part == part.strip() for part in parts)
    drop = str.maketrans("", "", " \n\r\t,;|")
    assert "".join(parts).translate(drop) == cell.translate(drop)


@given(URLS)
def test_ordinary_urls_can_be_fetched(url: str) -> None:
    assert urls.fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "HTTP://A.B/",
        "http://a?x=1",
        "http://a#x",
        "http://a:65535/x",
        "http://a:/x",
        "http://a_b.c/x",
        "http://[2001:db8::1]:80/x",
        "http://münchen.example/ü.jpg",
        "http://a/x@2x.jpg",
        "http://http.example/x.jpg",
        "http://https-a/x.jpg",
        "http://a//key/x.jpg",
        "http://a/a%20100%.jpg",
        "http://a/http://b/x.jpg",
        "http://a/" + "x" * (2048 - len("http://a/")),
    ],
)
def test_usable(url: str) -> None:
    assert urls.fault(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("not a url", "http://"),
        ("ftp://a/x.jpg", "http://"),
        ("//a/x.jpg", "http://"),
        ("http:/a/x.jpg", "http://"),
        ("http://http://a/x.jpg", "twice"),
        ("https://HTTP://a/x.jpg", "twice"),
        ("http://https//a/x.jpg", "twice"),
        ("HTTPS://https://a/x.jpg", "twice"),
        ("http://http:80/x.jpg", "twice"),
        ("http://http", "twice"),
        ("http://", "no host"),
        ("http:///x.jpg", "no host"),
        ("http://:80/x.jpg", "no host"),
        ("http://.../x.jpg", "host is not valid"),
        ("http://…/x.jpg", "host is not valid"),
        ("http://shop…/x.jpg", "host is not valid"),
        ("http://a\\b/x.jpg", "host is not valid"),
        ("http://a,b/x.jpg", "host is not valid"),
        ("http://[::1/x.jpg", "host is not valid"),
        ("http://a:65536/", "port"),
        ("http://a:0/", "port"),
        ("http://a:b/", "port"),
        ("http://a/my photo.jpg", "white space"),
        ("http://a/\u00a0x.jpg", "white space"),
        ("http://a/\x00x.jpg", "control"),
        ("http://a/\x7fx.jpg", "control"),
        ("http://a/\x85x.jpg", "white space"),
        ("http://user:secret@a/x.jpg", "password"),
        ("http://user@a/x.jpg", "user name"),
        ("http://a/" + "x" * (2049 - len("http://a/")), "2,049 characters; at most 2,048"),
    ],
)
def test_unusable(url: str, reason: str) -> None:
    assert reason in (urls.fault(url) or "")


@given(st.one_of(st.text(), st.builds("http{}//{}".format, st.sampled_from([":", "s:"]), st.text())))
@example("http://a\u2100b/")
def test_every_usable_url_can_be_parsed(text: str) -> None:
    """The check never raises, and what it accepts is a URL with a host and without credentials."""
    if urls.fault(text) is None:
        parts = urlsplit(text)
        assert parts.scheme in {"http", "https"}
        assert parts.hostname
        assert parts.username is None
        assert parts.port != 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("n/a", "n/a"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("http://user:secret@a/x.jpg", "http://…@a/x.jpg"),
        ("http://user:sec/r@et@a/x.jpg", "http://…@a/x.jpg"),
        ("http://user:sec ret@a/x.jpg", "http://…@a/x.jpg"),
        ("user:secret@a/x.jpg", "…@a/x.jpg"),
        ("http://a/logo@2x.png", "http://a/logo@2x.png"),
        ("http://127.0.0.1:80/a/logo@2x.png", "http://127.0.0.1:80/a/logo@2x.png"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("http://a?to=me@b", "http://a?to=me@b"),
        ("images/logo@2x.png", "images/logo@2x.png"),
        ("http://user:secret@a/logo@2x.png", "http://…@a/logo@2x.png"),
        ("http://a/x@2x.png,http://u:secret@b/y@2x.png", "http://a/x@2x.png,http://…@b/y@2x.png"),
        ("1;Tea;http://u:secret@a/x.jpg;http://b", "1;Tea;http://…@a/x.jpg;http://b"),
        ("http://u:sec://ret@a/x.jpg", "http://…@a/x.jpg"),
        ("//user:secret@a/x.jpg", "…@a/x.jpg"),
        ("http://" + "secret" * 40 + "@a", "http://…@a"),
    ],
)
def test_what_is_shown_is_short_and_holds_no_credentials(text: str, shown: str) -> None:
    assert texts.shown(text) == shown


USERS = st.text().filter(lambda user: not set(user) & set("/?#"))
PASSWORDS = st.text().filter(lambda password: "@" not in password or not set(password) & set("/?#"))


@given(USERS, PASSWORDS, URLS, st.sampled_from(["", "1,Tea,", "http://b/logo@2x.png,"]))
def test_no_password_is_shown(user: str, password: str, url: str, before: str) -> None:
    """Also one that is not escaped."""
    scheme, _, rest = url.partition("://")
    assert "secret" not in texts.shown(f"{before}{scheme}://{user}:secret{password}secret@{rest}")
