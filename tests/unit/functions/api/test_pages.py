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


@pytest.mark.parametrize("page", [pages.WELCOME, pages.DOCS], ids=["welcome", "docs"])
def test_the_policy_allows_only_the_scripts_of_the_page(page: pages.Page) -> None:
    seen, policy = Reader(page.text), directives(page.policy)
    digests = [sha256(text.encode()).digest() for text in seen.inline["script"]]
    hashes = [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]
    scripts = [tag["src"] for tag in seen.loaded if "src" in tag]
    assert hashes
    assert policy["script-src"] == hashes + scripts
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}


@pytest.mark.parametrize("page", [pages.WELCOME, pages.DOCS], ids=["welcome", "docs"])
def test_resources_of_other_sites_are_pinned_by_integrity_hashes(page: pages.Page) -> None:
    for tag in Reader(page.text).loaded:
        assert re.fullmatch(r"sha384-[A-Za-z0-9+/]{64}", tag["integrity"] or "")
        assert tag["crossorigin"] == "anonymous"
        assert re.search(r"@\d+\.\d+\.\d+/", tag.get("src") or tag.get("href") or "")


def test_the_welcome_page_loads_nothing_from_other_sites() -> None:
    assert Reader(pages.WELCOME.text).loaded == []
    assert "unsafe-inline" not in pages.WELCOME.policy


def test_pages_are_served_with_their_policies(client: TestClient) -> None:
    welcome = client.get("/", headers={"Accept": "text/html"})
    docs = client.get("/docs")
    for answer, page in ((welcome, pages.WELCOME), (docs, pages.DOCS)):
        assert (answer.status_code, answer.text) == (200, page.text)
        assert answer.headers["Content-Security-Policy"] == page.policy
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
    assert client.get("/redoc").status_code == 404
