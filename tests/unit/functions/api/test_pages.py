"""The pages for browsers and their content security policies."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from functions.api import pages


class Reader(HTMLParser):
    """Collects the scripts and styles that a page contains and loads, as a browser would."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: dict[str, list[str]] = {"script": [], "style": []}
        self.loaded: list[dict[str, str | None]] = []
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.attributes |= named.keys()
        address = named.get("src") or (named.get("href") if tag == "link" else None) or ""
        if address.startswith("http"):
            self.loaded.append(named)

    def handle_data(self, data: str) -> None:
        if self.lasttag in self.inline and data.strip():
            self.inline[self.lasttag].append(data)


def directives(policy: str) -> dict[str, list[str]]:
    return {name: values for name, *values in (part.split() for part in policy.split(";"))}


def test_the_policy_allows_only_the_scripts_of_the_documentation() -> None:
    seen, policy = Reader(pages.DOCS.text), directives(pages.DOCS.policy)
    digests = [sha256(text.encode()).digest() for text in seen.inline["script"]]
    hashes = [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]
    scripts = [tag["src"] for tag in seen.loaded if "src" in tag]
    assert hashes
    assert policy["script-src"] == hashes + scripts
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}


def test_resources_of_other_sites_are_pinned_by_integrity_hashes() -> None:
    for tag in Reader(pages.DOCS.text).loaded:
        assert re.fullmatch(r"sha384-[A-Za-z0-9+/]{64}", tag["integrity"] or "")
        assert tag["crossorigin"] == "anonymous"
        assert re.search(r"@\d+\.\d+\.\d+/", tag.get("src") or tag.get("href") or "")


@pytest.mark.parametrize("policy", [pages.policy({}), pages.DOCS.policy], ids=["welcome", "docs"])
def test_nothing_is_allowed_that_is_not_named(policy: str) -> None:
    found = directives(policy)
    closed = ("default-src", "frame-ancestors", "base-uri", "form-action")
    assert [found[name] for name in closed] == [["'none'"]] * 4


def test_the_page_may_send_files_to_the_bucket_and_nowhere_else() -> None:
    aws = directives(pages.policy({"BUCKET": "b", "AWS_REGION": "eu-central-1"}))
    assert aws["script-src"] == aws["style-src"] == ["'self'"]
    assert aws["connect-src"] == ["'self'", "https://b.s3.eu-central-1.amazonaws.com", "https://b.s3.amazonaws.com"]
    local = directives(pages.policy({"BUCKET": "b", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}))
    assert local["connect-src"] == ["'self'", "http://127.0.0.1:1"]


def test_pages_are_served_with_their_policies(client: TestClient) -> None:
    welcome = client.get("/", headers={"Accept": "text/html"})
    docs = client.get("/docs")
    assert "script-src 'self'" in welcome.headers["Content-Security-Policy"]
    assert docs.headers["Content-Security-Policy"] == pages.DOCS.policy
    for answer in (welcome, docs):
        assert answer.status_code == 200
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
    assert client.get("/redoc").status_code == 404


def test_files_of_the_page_are_kept_for_as_long_as_they_are_the_same(client: TestClient) -> None:
    welcome = client.get("/", headers={"Accept": "text/html"}).text
    addresses = re.findall(r"\"(/page/[^\"]+)\"", welcome)
    assert len(addresses) == 3
    for address in (*addresses, f"/page/{pages.version()}/advice.js"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert client.get("/page/0/main.js").headers["Cache-Control"] == "no-store"
    assert client.get("/page/0/main.js").headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("name", ["index.html", "nothing.js", "..%2Fapp.py"])
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/page/{pages.version()}/{name}").status_code == 404
