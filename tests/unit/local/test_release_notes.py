import pytest

from local.release_notes import notes
from local.runner.errors import LocalError

CHANGELOG = """# Changelog

## [Unreleased]

- Not yet.

## [1.2.3] - 2026-11-29

### Added

- A thing.

## [1.2.30] - 2026-01-01

- Another.

[1.2.3]: https://example.test
"""
PROJECT = '[project]\nversion = "1.2.3"\n'


def test_the_notes_are_the_section_of_the_version() -> None:
    assert notes("v1.2.3", CHANGELOG, PROJECT) == "### Added\n\n- A thing."


@pytest.mark.parametrize(
    ("tag", "project", "fault"),
    [
        ("v1.2.4", PROJECT, "pyproject.toml has version 1.2.3"),
        ("v1.2.4", PROJECT.replace("1.2.3", "1.2.4"), "no section for 1.2.4"),
    ],
)
def test_a_tag_of_no_version_is_refused(tag: str, project: str, fault: str) -> None:
    with pytest.raises(LocalError, match=fault):
        notes(tag, CHANGELOG, project)
