"""The pages for browsers and their content security policies."""

import json
import os
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from catalight.domain.job.advice import ADVICE
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


def test_the_policy_of_the_docs_allows_only_their_scripts() -> None:
    seen, policy = Reader(pages.DOCS.text), directives(pages.DOCS.policy)
    digests = [sha256(text.encode()).digest() for text in seen.inline["script"]]
    hashes = [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]
    scripts = [tag["src"] for tag in seen.loaded if "src" in tag]
    assert hashes
    assert policy["script-src"] == hashes + scripts
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}


def test_resources_of_other_sites_are_pinned_by_integrity_hashes() -> None:
    for tag in Reader(pages.DOCS.text).loaded:
        assert re.fullmatch(r"sha384-[A-Za-z0-9+/]{64}", tag["integrity"] or "")
        assert tag["crossorigin"] == "anonymous"
        assert re.search(r"@\d+\.\d+\.\d+/", tag.get("src") or tag.get("href") or "")


def test_the_page_runs_code_of_its_own_files_only() -> None:
    seen = Reader(bytes(pages.welcome().body).decode())
    policy = directives(pages.policy({"BUCKET": "outputs", "AWS_REGION": "eu-west-1"}))
    assert seen.loaded == []
    assert seen.inline == {"script": [], "style": []}
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["connect-src"] == [
        "'self'",
        "https://outputs.s3.eu-west-1.amazonaws.com",
        "https://outputs.s3.amazonaws.com",
    ]


def test_pages_are_served_with_their_policies(client: TestClient) -> None:
    welcome = client.get("/", headers={"Accept": "text/html"})
    docs = client.get("/docs")
    for answer, policy in ((welcome, pages.policy(os.environ)), (docs, pages.DOCS.policy)):
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == policy
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in answer.headers["Permissions-Policy"]
    assert docs.text == pages.DOCS.text
    assert client.get("/redoc").status_code == 404


def test_browsers_keep_the_files_of_this_version_and_no_others(client: TestClient) -> None:
    welcome = client.get("/", headers={"Accept": "text/html"}).text
    addresses = re.findall(r'"(/page/[^"]+)"', welcome)
    assert len(addresses) >= 3
    assert f"/page/{pages.version()}/main.js" in addresses
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        kind = "text/css" if address.endswith(".css") else "text/javascript"
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert client.get("/page/0123456789abcdef/main.js").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["index.html", "app.py", "..%2Fpages.py", "%2e%2e/pages.py", ""])
def test_nothing_else_is_served(client: TestClient, name: str) -> None:
    assert client.get(f"/page/{pages.version()}/{name}").status_code == 404


def test_the_page_advises_on_errors_as_the_results_do(client: TestClient) -> None:
    module = client.get(f"/page/{pages.version()}/{pages.ADVICE_MODULE}").text
    assert json.loads(module.removeprefix("export default ").removesuffix(";\n")) == dict(ADVICE)
