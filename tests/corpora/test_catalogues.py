"""Each file of the corpus is understood as it must be, and a dry run says the same as an upload."""

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from catalight.domain.catalogue.layouts import LAYOUTS
from tests.corpora.catalogues.case import Case, seen
from tests.corpora.catalogues.corpus import CASES

SAID_ALIKE = ("understood", "rows", "images", "warnings", "warnings_total")


def post(client: TestClient, case: Case, query: str = "", *, strict: bool = False) -> Response:
    file = {"file": (case.file.rpartition("/")[2], case.data)}
    return client.post(f"/upload{query}", files=file, data={**case.form, "strict": str(strict).lower()})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_a_file_is_understood_and_a_dry_run_says_the_same_as_an_upload(
    client: TestClient, case: Case
) -> None:
    said = post(client, case, "?dry_run=true")
    assert said.status_code == 200, said.text
    assert seen(said.json()) == case.expected()
    check_alike(said, post(client, case))


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


@pytest.mark.parametrize("case", [one for one in CASES if one.format == "csv"], ids=lambda case: case.file)
def test_strict_says_the_same_too(client: TestClient, case: Case) -> None:
    said = post(client, case, "?dry_run=true", strict=True)
    check_alike(said, post(client, case, strict=True))
    assert said.json()["accepted"] == (not case.problems and not case.warnings)


def test_the_corpus_has_every_layout() -> None:
    programs = {case.program for case in CASES if case.reason == "layout"}
    assert programs == {layout.program for layout in LAYOUTS}


def test_names_are_used_once() -> None:
    names = [case.file for case in CASES]
    assert len(names) == len(set(names)) >= 150
