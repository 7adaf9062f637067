"""What is installed: pinned, hashed, the same everywhere, and under licences that let it be deployed."""

import re
from importlib.metadata import metadata
from pathlib import Path

import pytest

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
    "Apache-2.0",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT License",
    "MIT-CMU",
    "PSF-2.0",
}
"""Those that ask for no more than their notice, which every package brings along."""

OTHER_LICENCES = {
    "certifi": "MPL-2.0",  # asks for the source of what is changed; nothing is
    "python-dateutil": "Dual License",  # Apache-2.0 or BSD-3-Clause, as one likes
}


def pins(name: str) -> dict[str, str]:
    """The version of each package in a compiled file."""
    found = _PIN.finditer((ROOT / "requirements" / f"{name}.txt").read_text())
    return {pin["name"]: pin["version"] for pin in found}


def licence(package: str) -> str:
    """The licence of an installed package, as it calls it."""
    told = metadata(package)
    classifiers = [text for text in told.get_all("Classifier", []) if text.startswith("License :: ")]
    said = told.get("License-Expression") or told.get("License") or classifiers[0].rpartition(" :: ")[2]
    return str(said)


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_a_compiled_file_holds_pins_with_hashes_and_nothing_else(path: Path) -> None:
    """So no address, no option, and nothing that an index could exchange."""
    text = path.read_text()
    assert pins(path.stem)
    assert _PIN.sub("", text) == ""


@pytest.mark.parametrize("path", COMPILED, ids=lambda path: path.stem)
def test_a_compiled_file_pins_all_that_is_asked_for(path: Path) -> None:
    asked = re.sub(r"#.*|^-r .*|\[.*\]|;.*|<.*", "", path.with_suffix(".in").read_text(), flags=re.MULTILINE)
    assert set(asked.lower().split()) <= pins(path.stem).keys()


@pytest.mark.parametrize("name", DEPLOYED)
def test_what_is_deployed_is_what_was_tested(name: str) -> None:
    assert pins(name).items() <= pins("dev").items()


@pytest.mark.parametrize("package", sorted({package for name in DEPLOYED for package in pins(name)}))
def test_what_is_deployed_may_be(package: str) -> None:
    assert licence(package) in LICENCES or licence(package) == OTHER_LICENCES.get(package)
