"""Wait for other processes."""

import time
from collections.abc import Callable
from pathlib import Path


def eventually[T](probe: Callable[[], T], seconds: float = 20) -> T:
    """Call a probe until its result is truthy; return the result."""
    deadline = time.monotonic() + seconds
    while not (result := probe()):
        assert time.monotonic() < deadline, f"still {result!r} after {seconds} s"
        time.sleep(0.05)
    return result


def children(parent: int) -> set[int]:
    """Return the child processes that are not reaped yet."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # the process has just ended
            continue
        if int(fields[1]) == parent:
            found.add(int(stat.parent.name))
    return found


def running(pids: set[int]) -> set[int]:
    """Return the processes that still run."""
    return {pid for pid in pids if _state(pid) not in "ZX"}


def _state(pid: int) -> str:
    """Return the state of a process; X if there is none. Its other files may be hidden from this user."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"
