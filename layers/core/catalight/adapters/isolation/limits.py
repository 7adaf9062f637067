"""Hard limits of a process, which it cannot raise again: see setrlimit(2)."""

import resource
import sys
from collections.abc import Mapping
from pathlib import Path


def limit(bounds: Mapping[int, int]) -> None:
    """Limit what this process and its children may use, by `resource.RLIMIT_…`. None dumps its core."""
    for kind, most in {resource.RLIMIT_CORE: 0, **bounds}.items():
        if kind != resource.RLIMIT_AS or sys.platform == "linux":  # other kernels do not enforce it
            resource.setrlimit(kind, (most, most))


def address_space() -> int:
    """Return the bytes of this process's address space; 0 where the system does not report them."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
