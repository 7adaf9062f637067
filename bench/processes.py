"""Memory and CPU of the descendant processes, from Linux's /proc."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
NAMES = {
    "mongod": "mongod",
    "moto": "moto",
    "uvicorn": "API under uvicorn",
    "codec.fork_server": "image codec",
    "bench.image_host": "image host",
}


@dataclass(frozen=True, slots=True)
class Usage:
    """The role of a process, its peak resident memory in MB and its CPU seconds so far."""

    role: str
    peak_mb: float
    cpu_seconds: float


def descendants(pid: int) -> Iterator[int]:
    """Yield the descendants of a process."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            children = (task / "children").read_text()
        except FileNotFoundError:  # a thread that has just ended; its children are those of another one
            continue
        for child in map(int, children.split()):
            yield child
            yield from descendants(child)


def usage(pid: int) -> Usage:
    """Return what a process has used so far."""
    user, system, *_ = _ticks(pid)
    return Usage(role(pid), peak_mb(pid), (user + system) / TICKS)


def peak_mb(pid: int) -> float:
    """Return the peak resident memory of a process in MB."""
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status.get("VmHWM", "0").split()[0]) / 1024  # a process that has just ended has none


def user_seconds(pid: int) -> float:
    """Return the user CPU seconds of a process and of its ended children."""
    user, _, ended, _ = _ticks(pid)
    return (user + ended) / TICKS


def _ticks(pid: int) -> tuple[int, int, int, int]:
    """Return user and system time of a process, then those of its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]), int(fields[12]), int(fields[13]), int(fields[14])


def role(pid: int) -> str:
    """Return a name for what a process does."""
    command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    if pid == os.getpid():
        return "runner, image host and client"
    if "local.runner.worker" in command:
        return command.rpartition(" ")[2]  # the handler
    for word, name in NAMES.items():
        if word in command:
            return name
    return command[:40]
