"""What a system that runs tells other commands of this machine: where its AWS is, and its functions."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from local.runner.children import PROJECT
from local.runner.errors import LocalError
from local.runner.stack import Function
from local.runner.system import System

NAME = "running.json"  # it names secrets by their ARNs only


def folder(port: int) -> Path:
    """Where a system on this port keeps its logs."""
    return PROJECT / ".local" / str(port)


@contextmanager
def told(system: System) -> Iterator[None]:
    """Until the block ends, `find` finds the system's functions."""
    functions = {name: asdict(function) for name, function in system.functions.items()}
    file = system.folder / NAME
    file.write_text(json.dumps({"endpoint_url": system.endpoint_url, "functions": functions}))
    try:
        yield
    finally:
        file.unlink()


def find(port: int, function: str) -> tuple[Function, str]:
    """A function of the system on this port, and the URL of its AWS."""
    file = folder(port) / NAME
    if not file.exists():
        raise LocalError(f"No system runs on port {port}: start one with make run, or tell its PORT=.")
    found = json.loads(file.read_text())
    return Function(**found["functions"][function]), found["endpoint_url"]
