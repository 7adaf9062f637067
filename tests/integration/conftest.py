"""A real mongod and a moto server, started once per session."""

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from catalight.adapters.mongo import Connection
from local.runner import aws
from local.runner.children import HOST, Child, free_port, listening
from local.runner.mongod import Mongod, find


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("mongod")
    mongod = Mongod(find(), folder / "data", folder / "log", aws.environment(""))
    try:
        mongod.wait_until_primary()
        yield mongod.uri
    finally:
        mongod.child.stop()


@pytest.fixture
def mongodb(mongodb_uri: str) -> Iterator[Connection]:
    """A connection like that of the functions, to a new database."""
    connection = Connection(lambda: mongodb_uri, f"test-{uuid.uuid4()}")
    yield connection
    connection.database.client.drop_database(connection.database.name)
    connection.close()


@pytest.fixture
def database(mongodb: Connection) -> Database[dict[str, Any]]:
    """The same database, as a pymongo object."""
    return mongodb.database


@pytest.fixture(scope="session")
def aws_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "local.runner.moto_server", str(port)]
    child = Child("moto", command, aws.environment(""), tmp_path_factory.mktemp("moto") / "log")
    try:
        child.wait_until(lambda: listening(port))
        yield f"http://{HOST}:{port}"
    finally:
        child.stop()
