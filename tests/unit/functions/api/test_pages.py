"""The pages for browsers and their content security policies."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from html.parser import HTMLParser

import pytest
from fastapi import Response
from fastapi.testclient import TestClient

from catalight.domain.job.advice import ADVICE
from functions.api import docs, pages
from functions.api.static_files import StaticFiles


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


@pytest.mark.parametrize(("page", "policy_of"), [(pages.welcome, pages.policy), (docs.page, docs.policy)])
def test_a_page_runs_code_of_its_own_files_only(
    page: Callable[[], Response], policy_of: Callable[[Mapping[str, str]], str]
) -> None:
    seen = Reader(bytes(page().body).decode())
    policy = directives(policy_of({"BUCKET": "outputs", "AWS_REGION": "eu-west-1"}))
    assert seen.loaded == []
    assert seen.inline == {"script": [], "style": []}
    assert not {name for name in seen.attributes if name.startswith("on") or name == "style"}
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["connect-src"] == [
        "'self'",
        "https://outputs.s3.eu-west-1.amazonaws.com",
        "https://outputs.s3.amazonaws.com",
    ]


def test_the_page_writes_no_text_as_markup() -> None:
    policy = directives(pages.policy({}))
    assert policy["require-trusted-types-for"] == ["'script'"]
    assert policy["trusted-types"] == ["'none'"]


def test_pages_are_served_with_their_policies(client: TestClient) -> None:
    welcome = client.get("/", headers={"Accept": "text/html"})
    described = client.get("/docs")
    for answer, policy in ((welcome, pages.policy(os.environ)), (described, docs.policy(os.environ))):
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"] == policy
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=()" in answer.headers["Permissions-Policy"]
    assert client.get("/redoc").status_code == 404


@pytest.mark.parametrize(
    ("path", "files", "main"),
    [("/", pages.FILES, "/page/{}/main.js"), ("/docs", docs.FILES, "/docs/{}/start.js")],
)
def test_browsers_keep_the_files_of_this_version_and_no_others(
    client: TestClient, path: str, files: StaticFiles, main: str
) -> None:
    page = client.get(path, headers={"Accept": "text/html"}).text
    addresses = re.findall(r'"(/\w+/[0-9a-f]+/[^"]+)"', page)
    assert len(addresses) >= 3
    assert main.format(files.version) in addresses
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        kind = "text/css" if address.endswith(".css") else "text/javascript"
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    assert client.get(main.format("0123456789abcdef")).headers["Cache-Control"] == "no-store"


def test_a_cold_start_reads_no_page_and_does_not_import_the_package_of_swagger_ui() -> None:
    code = (
        "import sys, functions.api.handler as h; from functions.api import docs, pages; "
        "print([docs.PACKAGE in sys.modules, 'files' in vars(docs.FILES), 'files' in vars(pages.FILES)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[False, False, False]\n"


@pytest.mark.parametrize("name", ["index.html", "app.py", "..%2Fpages.py", "%2e%2e/pages.py", ""])
@pytest.mark.parametrize("folder", [f"/page/{pages.FILES.version}", f"/docs/{docs.FILES.version}"])
def test_nothing_else_is_served(client: TestClient, folder: str, name: str) -> None:
    assert client.get(f"{folder}/{name}").status_code == 404


def test_the_page_advises_on_errors_as_the_results_do(client: TestClient) -> None:
    module = client.get(f"/page/{pages.FILES.version}/{pages.ADVICE_MODULE}").text
    assert json.loads(module.removeprefix("export default ").removesuffix(";\n")) == dict(ADVICE)
