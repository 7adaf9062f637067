"""What a system that runs tells other commands of this machine: where its AWS is, and its functions."""

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

NAME = "running.json"  # it names secrets by their ARNs only
SIGNED_WITH = "webhook-secret"


def folder(port: int) -> Path:
    """Where a system on this port keeps its logs."""
    return PROJECT / ".local" / str(port)


@contextmanager
def told(system: System) -> Iterator[None]:
    """Until the block ends, `find` finds the system's functions, and its user what signs its webhooks."""
    functions = {name: asdict(function) for name, function in system.functions.items()}
    file = system.folder / NAME
    file.write_text(json.dumps({"endpoint_url": system.endpoint_url, "functions": functions}))
    secret = system.folder / SIGNED_WITH
    secret.unlink(missing_ok=True)  # of a run that was killed, and perhaps open to others
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write(system.webhook_secret)
    try:
        yield
    finally:
        file.unlink()
        secret.unlink()


def find(port: int, function: str) -> tuple[Function, str]:
    """A function of the system on this port, and the URL of its AWS."""
    file = folder(port) / NAME
    if not file.exists():
        raise LocalError(f"No system runs on port {port}: start one with make run, or tell its PORT=.")
    found = json.loads(file.read_text())
    return Function(**found["functions"][function]), found["endpoint_url"]
