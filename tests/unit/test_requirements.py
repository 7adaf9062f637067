"""Installed packages: pinned with hashes, the same everywhere, and under acceptable licences."""

import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
COMPILED = sorted((ROOT / "requirements").glob("*.txt"))
DEPLOYED = sorted(
    path.resolve().stem
    for folder in ("functions", "layers")
    for path in (ROOT / folder).glob("*/requirements.txt")
)

_PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9a-z.]+) ; (?P<when>[a-zA-Z0-9_ .'<>=!()]+)"
    r"(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n"
)

LICENCES = {
    "Apache License 2.0",
    "Apache License Version 2.0",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT License",
    "MIT-CMU",
    "PSF-2.0",
}
"""Licences that only require their notice, which every package contains."""

OTHER_LICENCES = {
    "certifi": "MPL-2.0",  # requires the source of modified files; none is modified
    "python-dateutil": "Dual License",  # Apache-2.0 or BSD-3-Clause, at choice
}


def pins(name: str) -> dict[str, str]:
    """The version of each package in a compiled file."""
    found = _PIN.finditer((ROOT / "requirements" / f"{name}.txt").read_text())
    return {pin["name"]: pin["version"] for pin in found}


def licence(package: str) -> str:
    """The licence that an installed package states in its metadata."""
    fields = metadata(package)
    classifiers = [text for text in fields.get_all("Classifier", []) if text.startswith("License :: ")]
    stated = fields.get("License-Expression") or fields.get("License") or classifiers[0].rpartition(" :: ")[2]
    # A whole text begins with its name.
    return " ".join(stated.split()[:4]).rstrip(",") if "\n" in stated else str(stated)


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_a_compiled_file_contains_only_pins_with_hashes(path: Path) -> None:
    """No URLs, no options, and nothing that a package index could replace."""
    text = path.read_text()
    assert pins(path.stem)
    assert _PIN.sub("", text) == ""


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_a_compiled_file_pins_all_requirements(path: Path) -> None:
    required = re.sub(
        r"#.*|^-r .*|\[.*\]|;.*|<.*", "", path.with_suffix(".in").read_text(), flags=re.MULTILINE
    )
    assert set(required.lower().split()) <= pins(path.stem).keys()


@pytest.mark.parametrize("name", DEPLOYED)
def test_deployed_versions_are_the_tested_ones(name: str) -> None:
    assert pins(name).items() <= pins("dev").items()


def test_the_command_line_is_tested_with_versions_that_it_allows() -> None:
    project = tomllib.loads((ROOT / "cli/pyproject.toml").read_text())["project"]
    for dependency in map(Requirement, project["dependencies"]):
        assert pins("dev")[dependency.name] in dependency.specifier
        assert licence(dependency.name) in LICENCES


@pytest.mark.parametrize("package", sorted({package for name in DEPLOYED for package in pins(name)}))
def test_licences_of_deployed_packages_are_allowed(package: str) -> None:
    assert licence(package) in LICENCES or licence(package) == OTHER_LICENCES.get(package)
