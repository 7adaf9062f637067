"""The documentation's links lead somewhere, and the tour's stops exist."""

import ast
import re
from pathlib import Path

import pytest

from local import formats

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/past/*.md")])
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
STOP = re.compile(r"\*\*`([\w.]+)`\*\*\s+in\s+\[[^\]]*\]\(([^)]+)\)")


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub derives them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def definitions(path: Path) -> set[str]:
    """The classes and functions of a module, and the methods as `Class.method`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            methods = [n.name for n in node.body if isinstance(n, ast.FunctionDef)]
            names |= {node.name, *(f"{node.name}.{method}" for method in methods)}
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            names.add(node.name)
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        path = page.parent / target if target else page
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path), f"{target}#{anchor}"


def test_the_stops_of_the_tour_exist() -> None:
    tour = ROOT / "docs/tour.md"
    stops = STOP.findall(tour.read_text())
    assert len(stops) == tour.read_text().count("**`") > 20
    for name, file in stops:
        assert name in definitions(tour.parent / file), f"{name} in {file}"


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs/adr"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_the_tables_of_the_docs_are_those_of_the_code() -> None:
    pages = [page.read_text() for page in formats.PAGES]
    assert pages == [formats.document(page) for page in formats.PAGES], "run `make formats`, commit docs/"
    assert all(f"<!-- {name} -->" in "".join(pages) for name in formats.TABLES)
