"""Each file of the corpus is understood as it must be, and a dry run says the same as an upload."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from catalight.domain.catalogue.layouts import LAYOUTS
from tests.corpora.catalogues.case import Case, seen
from tests.corpora.catalogues.corpus import CASES

CORE = Path(__file__).parents[2] / "layers" / "core" / "catalight"
CODE = re.compile(r"\b(?:Problem|refusal)\(\s*\"(\w+)\"")
OF_LARGE_FILES = {
    *("too_many_rows", "too_many_images_in_all", "too_many_outputs"),
    *("too_many_invalid_urls", "workbook_too_large"),
}
WITH_NOTES = [case for case in CASES if case.warnings or (case.problems and case.format == "csv")]
SAID_ALIKE = ("understood", "rows", "images", "warnings", "warnings_total")


def post(api: TestClient, case: Case, query: str = "", *, strict: bool = False) -> Response:
    file = {"file": (case.file.rpartition("/")[2], case.data)}
    return api.post(f"/upload{query}", files=file, data={**case.form, "strict": str(strict).lower()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_a_file_is_understood_and_a_dry_run_says_the_same_as_an_upload(api: TestClient, case: Case) -> None:
    said = post(api, case, "?dry_run=true")
    assert said.status_code == 200, said.text
    assert seen(said.json()) == case.expected()
    check_alike(said, post(api, case))


def check_alike(said: Response, done: Response) -> None:
    """Check that a dry run says what an upload does."""
    before, after = said.json(), done.json()
    if before["accepted"]:
        assert done.status_code == 202, done.text
        assert [before[name] for name in SAID_ALIKE] == [after[name] for name in SAID_ALIKE]
        assert not before["problems"]
    else:
        assert done.status_code == 422, done.text
        assert after["type"] == "urn:catalight:problem:catalogue"
        assert (before["problems"], before["problems_total"]) == (after["problems"], after["problems_total"])


@pytest.mark.parametrize("case", WITH_NOTES, ids=lambda case: case.file)
def test_strict_says_the_same_too(api: TestClient, case: Case) -> None:
    said = post(api, case, "?dry_run=true", strict=True)
    check_alike(said, post(api, case, strict=True))
    assert not said.json()["accepted"]
    assert not said.json()["warnings"]


def test_the_corpus_has_every_layout() -> None:
    programs = {case.program for case in CASES if case.reason == "layout"}
    assert programs == {layout.program for layout in LAYOUTS}


def test_the_corpus_has_every_code_of_a_warning_or_problem() -> None:
    sources = [
        path for part in ("domain/catalogue", "adapters/tables") for path in (CORE / part).rglob("*.py")
    ]
    known = {code for path in sources for code in CODE.findall(path.read_text())}
    found = {note.partition("@")[0] for case in CASES for note in (*case.warnings, *case.problems)}
    assert len(known) > 30
    assert found == known - OF_LARGE_FILES


def test_names_are_used_once() -> None:
    names = [case.file for case in CASES]
    assert len(names) == len(set(names)) >= 150
