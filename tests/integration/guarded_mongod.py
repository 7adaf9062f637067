"""A mongod with authentication, and commands to change its users and passwords."""

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
    """A mongod with two users: the operator is root, the user may read and write every database."""

    def __init__(self, folder: Path) -> None:
        key = folder / "key"
        key.write_text("a replica set of one needs no secret from itself".replace(" ", ""))
        key.chmod(0o600)
        options = ("--auth", "--keyFile", str(key))
        super().__init__(find(), folder / "data", folder / "log", aws.environment(""), options)
        self.address = urlsplit(self.uri).netloc

    def uri_with(self, password: str, user: str = USER) -> str:
        """Return the URI of a user."""
        return self.uri.replace("//", f"//{user}:{quote_plus(password)}@") + "&authSource=admin"

    def create_users(self, password: str) -> None:
        """Wait for the primary, then create the operator (by the localhost exception) and the user."""
        self.wait_until_primary()
        with MongoClient[dict[str, Any]](self.address, directConnection=True) as client:
            client.admin.command("createUser", OPERATOR, pwd=OPERATOR, roles=["root"])
        self.create_user(password)

    def create_user(self, password: str) -> None:
        """Create the user."""
        self.command("createUser", USER, pwd=password, roles=["readWriteAnyDatabase"])

    def command(self, name: str, value: Any, **rest: Any) -> dict[str, Any]:
        """Run a command as the operator."""
        with MongoClient[dict[str, Any]](self.uri_with(OPERATOR, OPERATOR)) as client:
            return client.admin.command(name, value, **rest)

    def change_password(self, password: str) -> None:
        """Change the password of the user; open connections stay authenticated."""
        self.command("updateUser", USER, pwd=password)

    def drop_user(self) -> None:
        """Drop the user; open connections lose their rights."""
        self.command("dropUser", USER)


@contextmanager
def guarded_mongod(folder: Path, password: str) -> Iterator[GuardedMongod]:
    """Run a mongod with authentication until the block ends."""
    mongod = GuardedMongod(folder)
    try:
        mongod.create_users(password)
        yield mongod
    finally:
        mongod.child.stop()
