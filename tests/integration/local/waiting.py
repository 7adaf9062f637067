"""Waiting for what other processes do."""

import time
from collections.abc import Callable
from pathlib import Path


def eventually[T](probe: Callable[[], T], seconds: float = 20) -> T:
    """The first truthy result of a probe."""
    deadline = time.monotonic() + seconds
    while not (result := probe()):
        assert time.monotonic() < deadline, f"still {result!r} after {seconds} s"
        time.sleep(0.05)
    return result


def children(parent: int) -> set[int]:
    """The processes that a process has started and not yet reaped."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it has ended since
            continue
        if int(fields[1]) == parent:
            found.add(int(stat.parent.name))
    return found


def running(pids: set[int]) -> set[int]:
    """Those of the processes that still run."""
    return {pid for pid in pids if Path(f"/proc/{pid}/exe").exists()}
