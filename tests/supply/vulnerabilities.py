"""Asks a public database for known faults of what is installed: `make audit`.

A database that cannot be reached, or that does not know a fault that everyone knows, is none: that is said,
and is no failure, for the machine may have no more of the internet than a package registry.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.runner.children import PROJECT
from tests.supply.tools import run

REQUIREMENTS = PROJECT / "requirements/dev.txt"  # holds all that is deployed, at the same versions
KNOWN_TO_EVERYONE = "urllib3==1.26.4"  # CVE-2021-33503
DATABASES = {"PyPI": ("--vulnerability-service", "pypi"), "OSV": ("--vulnerability-service", "osv")}

ACCEPTED: dict[str, str] = {}
"""Faults that do not concern us, by their id, each with the reason."""

type Entry = dict[str, Any]


def main() -> int:
    """Ask the first database that can be had; 1 where it knows a fault, else 0."""
    for name, options in DATABASES.items():
        if is_database(options):
            return _tell(name, _ask(options, REQUIREMENTS))
        print(f"No faults can be had from {name}: it is not reached, or does not know {KNOWN_TO_EVERYONE}'s.")
    print("NOT AUDITED for known vulnerabilities: run `make audit` where one of these can be reached.")
    return 0


def is_database(options: Sequence[str]) -> bool:
    """Whether a database answers and knows what everyone knows."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(f"{KNOWN_TO_EVERYONE}\n")
        requirements.flush()
        return any(entry.get("vulns") for entry in _ask(options, Path(requirements.name)))


def faults(entries: Sequence[Entry]) -> list[str]:
    """A line for each fault that is not accepted."""
    return [
        f"{entry['name']} {entry['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions'])}"
        for entry in entries
        for fault in entry.get("vulns", [])
        if fault["id"] not in ACCEPTED
    ]


def _ask(options: Sequence[str], requirements: Path) -> list[Entry]:
    """What a database says of each package; nothing where it cannot be reached."""
    told = run("pip-audit", *options, "--requirement", str(requirements), "--no-deps", "--disable-pip",
               "--progress-spinner", "off", "--format", "json")  # fmt: skip
    entries: list[Entry] = json.loads(told.stdout)["dependencies"] if told.stdout else []
    return entries


def _tell(name: str, entries: Sequence[Entry]) -> int:
    unknown = [entry["name"] for entry in entries if "skip_reason" in entry]
    found = faults(entries)
    print(f"{name} knows {len(found)} faults of {len(entries) - len(unknown)} packages.", *found, sep="\n  ")
    if unknown:
        print(f"It does not know {', '.join(unknown)}.")
    return 1 if found or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
