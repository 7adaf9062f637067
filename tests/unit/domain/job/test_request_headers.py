"""The headers that a job sets for its downloads: what is allowed, and what is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.errors import OptionError
from catalight.domain.job.request_headers import ORIGIN, RequestHeaders

OWN = "Catalight/1.0 (+https://catalogue.example)"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0"


def test_without_options_only_the_own_agent_is_sent() -> None:
    assert RequestHeaders().of_request("https://cdn.example/a.jpg", OWN) == {"User-Agent": OWN}


def test_the_own_agent_stays_in_the_agent() -> None:
    sent = RequestHeaders(user_agent=BROWSER).of_request("https://cdn.example/a.jpg", OWN)
    assert sent == {"User-Agent": f"{BROWSER} {OWN}"}


@pytest.mark.parametrize(
    ("referer", "sent"),
    [
        ("https://shop.example/products", "https://shop.example/products"),
        (ORIGIN, "https://cdn.example:8443/"),
    ],
)
def test_a_referer_is_fixed_or_the_origin(referer: str, sent: str) -> None:
    headers = RequestHeaders(referer=referer).of_request("https://cdn.example:8443/a.jpg?b=c", OWN)
    assert headers["Referer"] == sent


@pytest.mark.parametrize(
    "user_agent",
    ["a\r\nCookie: b", "a\nb", "ä", "a=b", "x" * 65, "word " * 50, "a\x00", "user@host", '"quoted"', "\t"],
)
def test_a_user_agent_that_is_not_allowed(user_agent: str) -> None:
    with pytest.raises(OptionError) as caught:
        RequestHeaders(user_agent=user_agent)
    assert caught.value.field == "user_agent"


@pytest.mark.parametrize(
    "referer",
    [
        "https://user:hunter2@shop.example/",
        "https://shop.example/?token=hunter2",
        "https://shop.example/#hunter2",
        "ftp://shop.example/",
        "shop.example",
        "https://shop.example/\r\nCookie: hunter2",
        "https://größe.example/",
        "https://shop.example/" + 200 * "a",
    ],
)
def test_a_referer_that_is_not_allowed(referer: str) -> None:
    with pytest.raises(OptionError) as caught:
        RequestHeaders(referer=referer)
    assert caught.value.field == "referer"
    assert "token" not in caught.value.found


@given(st.text(), st.text() | st.just(ORIGIN) | st.from_regex(r"https?://[a-z]{1,9}/[ -~]*", fullmatch=True))
def test_what_is_allowed_is_sent_in_one_line_and_stored_whole(user_agent: str, referer: str) -> None:
    try:
        headers = RequestHeaders(user_agent, referer)
    except OptionError:
        return
    sent = "".join(headers.of_request("https://cdn.example/", OWN).values())
    assert sent.isascii()
    assert sent.isprintable()
    assert RequestHeaders.from_document(headers.to_document()) == headers
