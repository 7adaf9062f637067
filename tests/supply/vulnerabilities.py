"""Look up known vulnerabilities of the installed packages in a public database: `make audit`.

A database does not count if it cannot be reached or does not know a well-known vulnerability. The audit then
prints that and does not fail, because the machine may reach only a package registry.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.runner.children import PROJECT
from tests.supply.tools import run

REQUIREMENTS = PROJECT / "requirements/dev.txt"  # contains everything that is deployed, in the same versions
KNOWN_VULNERABLE = "urllib3==1.26.4"  # CVE-2021-33503
DATABASES = {"PyPI": ("--vulnerability-service", "pypi"), "OSV": ("--vulnerability-service", "osv")}

ACCEPTED: dict[str, str] = {}
"""Vulnerabilities that do not affect Catalight: id and reason."""

type Entry = dict[str, Any]


def main() -> int:
    """Ask the first usable database; return 1 if it knows a vulnerability, else 0."""
    for name, options in DATABASES.items():
        if is_database(options):
            return _report(name, _ask(options, REQUIREMENTS))
        print(f"{name} is not reachable, or does not know the vulnerability of {KNOWN_VULNERABLE}.")
    print("NOT AUDITED for known vulnerabilities: run `make audit` on a machine that can reach one of these.")
    return 0


def is_database(options: Sequence[str]) -> bool:
    """Return whether a database answers and knows the vulnerability of KNOWN_VULNERABLE."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(f"{KNOWN_VULNERABLE}\n")
        requirements.flush()
        return any(entry.get("vulns") for entry in _ask(options, Path(requirements.name)))


def findings(entries: Sequence[Entry]) -> list[str]:
    """Return a line for each vulnerability that is not accepted."""
    return [
        f"{entry['name']} {entry['version']}: {found['id']}, fixed in {', '.join(found['fix_versions'])}"
        for entry in entries
        for found in entry.get("vulns", [])
        if found["id"] not in ACCEPTED
    ]


def _ask(options: Sequence[str], requirements: Path) -> list[Entry]:
    """Return an entry for each package; none if the database cannot be reached."""
    result = run("pip-audit", *options, "--requirement", str(requirements), "--no-deps", "--disable-pip",
               "--progress-spinner", "off", "--format", "json")  # fmt: skip
    entries: list[Entry] = json.loads(result.stdout)["dependencies"] if result.stdout else []
    return entries


def _report(name: str, entries: Sequence[Entry]) -> int:
    unknown = [entry["name"] for entry in entries if "skip_reason" in entry]
    found = findings(entries)
    print(
        f"{name} knows {len(found)} vulnerabilities of {len(entries) - len(unknown)} packages.",
        *found,
        sep="\n  ",
    )
    if unknown:
        print(f"It does not know {', '.join(unknown)}.")
    return 1 if found or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
