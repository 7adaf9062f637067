"""docs/security.md names an existing test for every threat."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/security.md").read_text()
ROWS = re.findall(r"^\| (?!what could|step|---)(.*) \| (.*) \| (.*) \|$", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("shown_by", [row[2] for row in ROWS], ids=[row[0][:40] for row in ROWS])
def test_every_threat_has_tests_that_exist(shown_by: str) -> None:
    named = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", shown_by)
    assert len(named) == len(shown_by.split(", ")) > 0
    for path, name in named:
        assert Path(path).name.startswith("test_")
        tests = re.findall(r"^(?:    )?def (test_\w+)\(", (TESTS / path).read_text(), flags=re.MULTILINE)
        assert name in tests if name else tests


def test_every_row_of_the_tables_is_parsed() -> None:
    assert len(ROWS) == len([line for line in PAGE.splitlines() if line.startswith("|")]) - 4
