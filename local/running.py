"""The file that gives other commands the functions and the AWS URL of a running system."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from local.runner.children import PROJECT
from local.runner.errors import LocalError
from local.runner.stack import Function
from local.runner.system import System

FILE = "running.json"  # refers to secrets by their ARNs only
SIGNING_FILE = "webhook-secret"


def folder(port: int) -> Path:
    """Return the folder in which a system on this port keeps its logs."""
    return PROJECT / ".local" / str(port)


@contextmanager
def registered(system: System) -> Iterator[None]:
    """Store the system's functions for `find`, and its webhook secret for the user, until the block ends."""
    functions = {name: asdict(function) for name, function in system.functions.items()}
    file = system.folder / FILE
    file.write_text(json.dumps({"endpoint_url": system.endpoint_url, "functions": functions}))
    secret = system.folder / SIGNING_FILE
    secret.unlink(missing_ok=True)  # left by a run that was killed, and perhaps readable by others
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write(system.webhook_secret)
    try:
        yield
    finally:
        file.unlink()
        secret.unlink()


def find(port: int, function: str) -> tuple[Function, str]:
    """Return a function of the system on this port, and the URL of its AWS; raise LocalError if none runs."""
    file = folder(port) / FILE
    if not file.exists():
        raise LocalError(
            f"No system runs on port {port}: start one with make run, or give its port with PORT=."
        )
    found = json.loads(file.read_text())
    return Function(**found["functions"][function]), found["endpoint_url"]
