"""`make samples`: writes what the coming release stores and sends into tests/past/VERSION.

The version is that of pyproject.toml. Samples of a release never change, so an existing folder is an error.
"""

import json
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from bson import json_util

from catalight.adapters.mongo import Connection, Document
from catalight.domain import messages
from local.runner import aws
from local.runner.children import PROJECT
from local.runner.mongod import Mongod, find
from tests.past import today
from tests.past.readers import READERS, meanings

PAST = Path(__file__).parent


def version() -> str:
    """Return the version of pyproject.toml."""
    found: str = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
    return found


def documents(connection: Connection) -> dict[str, list[Document]]:
    """Return all documents of the database, by collection."""
    return {name: list(connection[name].find().sort("_id", 1)) for name in READERS}


def write(folder: Path, connection: Connection) -> None:
    """Store today's samples in an empty database, and write them into a new folder."""
    today.store(connection)
    stored = documents(connection)
    folder.mkdir()
    _write(folder / "documents.json", json_util.dumps(stored, indent=1))
    _write(folder / "meanings.json", json.dumps(meanings(connection, stored), indent=1, ensure_ascii=False))
    _write(folder / "messages.json", json.dumps(list(map(messages.encode, today.MESSAGES)), indent=1))
    shutil.copy(PROJECT / "docs/openapi.json", folder / "openapi.json")


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    """Write the samples, unless there are some; return the exit code."""
    folder = PAST / version()
    if folder.exists():
        print(f"{folder.relative_to(PROJECT)} exists: give pyproject.toml the version of the release first.")
        return 1
    with tempfile.TemporaryDirectory() as scratch:
        mongod = Mongod(find(), Path(scratch) / "data", Path(scratch) / "log", aws.environment(""))
        try:
            mongod.wait_until_primary()
            connection = Connection(lambda: mongod.uri, "samples")
            write(folder, connection)
            connection.close()
        finally:
            mongod.child.stop()
    print(f"{folder.relative_to(PROJECT)} is written. Commit it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
