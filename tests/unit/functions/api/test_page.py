"""The page shows untrusted input (file names, cells) as text only, and calls nobody but the API."""

import re
from pathlib import Path

import pytest

from catalight.domain.catalogue import catalogue
from catalight.domain.errors import ImageErrorCode
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition_requests import read_renditions
from functions.api import pages

FOLDER = Path(__file__).parents[4] / "functions/api/page"
FILES = {path.name: path.read_text() for path in sorted(FOLDER.iterdir())}
MODULES = {name: text for name, text in FILES.items() if name.endswith(".js")}
LIMITS = {"all together, in bytes": 150_000, "lines of a module": 300}


@pytest.mark.parametrize(
    "pattern",
    [
        r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|srcdoc",
        r"document\.write|\beval\b|\bFunction\(",
        r"javascript:",
        r"set(?:Timeout|Interval)\([\"'`]",
        r"<[^>]*\son[a-z]+\s*=",  # an event handler attribute
        r"\bon[a-z]+:\s*[\"'`]",  # the same, through `el`
        r"\bstyle=",  # the policy refuses it
    ],
)
def test_text_cannot_become_markup_or_code(pattern: str) -> None:
    assert [name for name, text in FILES.items() if re.search(pattern, text)] == []


def test_the_frame_links_to_the_api_and_loads_nothing_from_elsewhere() -> None:
    found = re.findall(r"\b(?:href|src|action)=\"([^\"]*)\"", FILES[pages.INDEX])
    assert found
    assert all(address == "data:," or re.match(r"(?:/(?!/)|#)", address) for address in found)


def test_modules_import_only_modules_of_the_page() -> None:
    known = {*pages.FILES.files}
    for name, text in MODULES.items():
        imported = re.findall(r"^import\b.*?\bfrom (.*);$", text, re.MULTILINE)
        assert all(re.fullmatch(r'"\./[a-z]+\.js"', one) and one[3:-1] in known for one in imported), name
        assert len(imported) == len(re.findall(r"\bimport\b(?!\.meta)", text)), name


def test_an_api_key_is_sent_only_to_paths_of_the_api() -> None:
    """One function fetches with the key; all that is passed to it begins with a slash."""
    assert [name for name, text in MODULES.items() if "Authorization" in text] == ["api.js"]
    assert MODULES["api.js"].count("fetch(") == 1
    assert "fetch(" not in "".join(
        text for name, text in MODULES.items() if name not in ("api.js", "send.js")
    )
    assert re.findall(r"fetch\((.*)\)", MODULES["send.js"]) == ["SAMPLE, {signal}"]
    calls = [
        first
        for name, text in MODULES.items()
        if name != "api.js"
        for first in re.findall(r"\bapi\.(?:get|post|delete|call|patiently)\(\s*(..)", text)
    ]
    assert len(calls) > 8
    assert all(re.fullmatch(r"[\"'`]/", first) for first in calls)


def test_the_page_is_small() -> None:
    assert sum(map(len, pages.FILES.files.values())) < LIMITS["all together, in bytes"]
    assert all(text.count("\n") < LIMITS["lines of a module"] for text in MODULES.values())


def options(constant: str) -> list[str]:
    """Return the values of a list of choices of the form."""
    [listed] = re.findall(rf"const {constant} = \[(.*?)\n\];", MODULES["options.js"], re.DOTALL)
    return [value for _, value in re.findall(r"^ *\[([\"'])(.*?)\1,", listed, re.MULTILINE)]


def test_the_form_offers_every_format_and_look() -> None:
    assert {*options("FORMATS")} == {*Target}
    assert {*options("LOOKS")} == {*Look, "number"}


def test_the_form_offers_renditions_that_the_api_takes() -> None:
    requests = [request for request in options("RENDITIONS") if request]
    assert [len(read_renditions(request)) for request in requests] == [1, 1, 1, 2]


def test_every_failure_has_a_sentence() -> None:
    [text] = re.findall(r"const CAUSES = \{\n(.*?)\n\};", MODULES["failures.js"], re.DOTALL)
    assert {*re.findall(r"^  (\w+): \"", text, re.MULTILINE)} == {*ImageErrorCode}


def test_the_sample_is_a_catalogue() -> None:
    sample = catalogue.parse((FOLDER / "example.csv").read_bytes())
    assert (len(sample.rows), sample.warnings) == (4, ())
