"""A mongod that asks for a login, and the operator who changes passwords."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

from pymongo import MongoClient

from local.runner import aws
from local.runner.mongod import Mongod, find

OPERATOR, USER = "operator", "catalight"


class GuardedMongod(Mongod):
    """Its operator may do all, its user reads and writes every database."""

    def __init__(self, folder: Path) -> None:
        key = folder / "key"
        key.write_text("a replica set of one needs no secret from itself".replace(" ", ""))
        key.chmod(0o600)
        guard = ("--auth", "--keyFile", str(key))
        super().__init__(find(), folder / "data", folder / "log", aws.environment(""), guard)
        self.address = urlsplit(self.uri).netloc

    def uri_with(self, password: str, user: str = USER) -> str:
        """The URI of a user."""
        return self.uri.replace("//", f"//{user}:{quote_plus(password)}@") + "&authSource=admin"

    def found(self, password: str) -> None:
        """Make the operator, by the exception for loopback, and the user with a password."""
        self.wait_until_primary()
        with MongoClient[dict[str, Any]](self.address, directConnection=True) as client:
            client.admin.command("createUser", OPERATOR, pwd=OPERATOR, roles=["root"])
        self.create_user(password)

    def create_user(self, password: str) -> None:
        """Make the user."""
        self.command("createUser", USER, pwd=password, roles=["readWriteAnyDatabase"])

    def command(self, name: str, value: Any, **rest: Any) -> dict[str, Any]:
        """Run a command as the operator."""
        with MongoClient[dict[str, Any]](self.uri_with(OPERATOR, OPERATOR)) as client:
            return client.admin.command(name, value, **rest)

    def change_password(self, password: str) -> None:
        """Give the user another password; connections that are logged in stay so."""
        self.command("updateUser", USER, pwd=password)

    def drop_user(self) -> None:
        """Remove the user; connections that are logged in have no rights any more."""
        self.command("dropUser", USER)


@contextmanager
def guarded_mongod(folder: Path, password: str) -> Iterator[GuardedMongod]:
    """Run one until the block ends."""
    mongod = GuardedMongod(folder)
    try:
        mongod.found(password)
        yield mongod
    finally:
        mongod.child.stop()
