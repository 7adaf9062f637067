"""Find and kill the process at the other end of a loopback connection (Linux only)."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_LOCAL_ADDRESS, _INODE = 1, 9  # columns of /proc/net/tcp


def at_port(port: int, pids: Iterable[int]) -> int | None:
    """Return the process that connects from this local port, or None if it no longer does."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    inodes = {row[_INODE] for row in lines if int(row[_LOCAL_ADDRESS].partition(":")[2], 16) == port}
    wanted = {f"socket:[{inode}]" for inode in inodes}
    return next((pid for pid in pids if wanted & _files(pid)), None)


def _files(pid: int) -> set[str]:
    found = set()
    with suppress(FileNotFoundError):  # the process has ended, or has just closed a file
        for file in Path(f"/proc/{pid}/fd").iterdir():
            found.add(str(file.readlink()))
    return found


def kill_at_port(port: int, pids: Iterable[int], signal: int) -> bool:
    """Send a signal to the process at a port; return whether there was one."""
    pid = at_port(port, pids)
    with suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal)
    return pid is not None
