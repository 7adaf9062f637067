"""The page shows untrusted input (file names, cells) as text only, never as markup, and calls only the API."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from catalight.domain.catalogue import catalogue
from catalight.domain.errors import ImageErrorCode
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition_requests import read_renditions

PAGE = Path(__file__).parents[4] / "functions/api/page"
MODULES = {path.name: path.read_text() for path in sorted(PAGE.glob("*.js"))}
CODE = "\n".join(MODULES.values()) + (PAGE / "index.html").read_text()
LARGEST = 150_000


@pytest.mark.parametrize(
    "pattern",
    [
        r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|srcdoc",
        r"document\.write|\beval\b|\bFunction\(",
        r"javascript:",
        r"set(?:Timeout|Interval)\([\"'`]",
        r"<[^>]*\son[a-z]+\s*=",  # an event handler attribute
        r"\sstyle\s*=\s*[\"']",  # the policy forbids it
    ],
)
def test_text_cannot_become_markup_or_code(pattern: str) -> None:
    assert not re.search(pattern, CODE)


def test_nothing_is_loaded_from_elsewhere() -> None:
    loaded = re.findall(r"\b(?:href|src|action)=\"([^\"]*)\"", (PAGE / "index.html").read_text())
    assert loaded
    assert all(re.fullmatch(r"data:,|#/?\w*|/docs|/page/VERSION/\w+\.\w+", address) for address in loaded)
    imported = re.findall(r"^import .*? from \"(.*?)\";", CODE, re.MULTILINE)
    assert {path.removeprefix("./") for path in imported} <= MODULES.keys() | {"advice.js"}
    assert all(path.startswith("./") for path in imported)


def test_the_key_is_sent_to_the_api_only() -> None:
    """One module calls the API; it alone has the key. Another fetches the sample, without one."""
    assert [name for name, text in MODULES.items() if "Authorization" in text] == ["api.js"]
    assert {name: text.count("fetch(") for name, text in MODULES.items() if "fetch(" in text} == {
        "api.js": 1,
        "send.js": 1,
    }
    paths = re.findall(r"api\.(?:get|post|delete|patiently)\(([\"'`])(.)", CODE)
    assert paths
    assert {first for _, first in paths} == {"/"}


def test_the_page_is_small() -> None:
    assert sum(path.stat().st_size for path in PAGE.iterdir()) < LARGEST


def constant(name: str, module: str) -> list[str]:
    """The first text of each entry of a constant list."""
    [text] = re.findall(rf"const {name} = \[\n(.*?)\n\];", MODULES[module], re.DOTALL)
    return [double or single for double, single in re.findall(r"^  \[(?:\"(.*?)\"|'(.*?)')", text, re.MULTILINE)]


def test_the_options_are_those_of_the_api() -> None:
    assert set(constant("FORMATS", "options.js")) == set(Target)
    assert set(constant("LOOKS", "options.js")) == {*Look, "number"}
    requests = constant("RENDITIONS", "options.js")
    assert [len(read_renditions(request)) for request in requests if request] == [1, 1, 1, 2]


def test_every_failure_has_a_sentence() -> None:
    [text] = re.findall(r"const CAUSES = \{\n(.*?)\n\};", MODULES["failures.js"], re.DOTALL)
    assert set(re.findall(r"^  (\w+): \"", text, re.MULTILINE)) == set(ImageErrorCode)


@pytest.mark.skipif(shutil.which("node") is None, reason="NOT TESTED: the page's modules, because there is no node")
def test_the_modules() -> None:
    """Their own small tests, with node's test runner."""
    tests = Path(__file__).with_name("page")
    ran = subprocess.run(["node", "--test", str(tests)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert "# pass 0" not in ran.stdout


def test_the_sample_is_a_catalogue() -> None:
    sample = catalogue.parse((PAGE / "example.csv").read_bytes())
    assert (len(sample.rows), sample.warnings) == (4, ())
