"""Prints a version's section of the changelog: `python -m local.release_notes v1.2.3`."""

import re
import sys
import tomllib

from local.runner.children import PROJECT
from local.runner.errors import LocalError


def notes(tag: str, changelog: str, project: str) -> str:
    """Return the section of the version that `tag` names (`v` and the version).

    Raise LocalError if pyproject.toml has another version, or the changelog has no section for it.
    """
    version = tomllib.loads(project)["project"]["version"]
    if tag != f"v{version}":
        raise LocalError(f"The tag is {tag}, but pyproject.toml has version {version}.")
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |^\[|\Z)", changelog, re.M | re.S)
    if found is None or not found[1].strip():
        raise LocalError(f"CHANGELOG.md has no section for {version}.")
    return found[1].strip()


def main() -> int:
    """Print the notes; return the exit code."""
    try:
        changelog, project = ((PROJECT / name).read_text() for name in ("CHANGELOG.md", "pyproject.toml"))
        print(notes(sys.argv[1], changelog, project))
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
