"""The audit against a local server that implements the OSV API."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from local.hosts.http_server import Handler, Server, serving
from tests.supply import vulnerabilities

URLLIB3 = ("urllib3", "1.26.4")


class Database(Server):
    """Knows a vulnerability of each package in `vulnerable`, by name and version."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.vulnerable = {URLLIB3}


class _Handler(Handler):
    server: Database

    def do_POST(self) -> None:
        asked: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        package = asked["package"]
        known = (package["name"], asked["version"]) in self.server.vulnerable
        vulnerability = {"id": "OSV-1", "affected": [{"package": package}]}
        self.answer(200, json.dumps({"vulns": [vulnerability]} if known else {}).encode(), "application/json")


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    server = Database()
    options = ("--vulnerability-service", "osv", "--osv-url", server.url)
    monkeypatch.setattr(vulnerabilities, "DATABASES", {"Ours": options})
    with serving(server):
        yield server


def test_a_known_vulnerability_fails(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    boto3 = next(line for line in vulnerabilities.REQUIREMENTS.read_text().splitlines() if "boto3==" in line)
    version = boto3.split()[0].removeprefix("boto3==")
    database.vulnerable.add(("boto3", version))
    assert vulnerabilities.main() == 1
    assert f"boto3 {version}: OSV-1" in capsys.readouterr().out


def test_no_known_vulnerability_passes(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert vulnerabilities.main() == 0
    assert "Ours knows 0 vulnerabilities of " in capsys.readouterr().out


def test_an_empty_database_does_not_count(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    database.vulnerable.clear()
    assert vulnerabilities.main() == 0
    assert "NOT AUDITED" in capsys.readouterr().out


def test_a_missing_database_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = ("--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:1")
    monkeypatch.setattr(vulnerabilities, "DATABASES", {"Nowhere": nowhere})
    assert vulnerabilities.main() == 0
    assert "NOT AUDITED" in capsys.readouterr().out


def test_an_accepted_vulnerability_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"name": "a", "version": "1", "vulns": [{"id": "OSV-1", "fix_versions": ["2"]}]}
    assert vulnerabilities.findings([entry]) == ["a 1: OSV-1, fixed in 2"]
    monkeypatch.setitem(vulnerabilities.ACCEPTED, "OSV-1", "for the test")
    assert vulnerabilities.findings([entry]) == []
