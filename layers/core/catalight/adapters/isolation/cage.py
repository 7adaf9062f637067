"""What a process gives up around strangers' images. Each step is the kernel's, and cannot be taken back.

Numbers are those of linux/prctl.h and linux/capability.h; see prctl(2), capabilities(7) and seccomp(2).
"""

import ctypes
import errno
import resource
import signal
from collections.abc import Callable
from contextlib import suppress

from catalight.adapters.isolation import seccomp
from catalight.adapters.isolation.libc import call

_PDEATHSIG, _DUMPABLE, _CAPBSET_DROP, _NO_NEW_PRIVS, _CAP_AMBIENT = 1, 4, 24, 38, 47
_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION = 0x2008_0522
_CAPABILITIES = 64


def refused(*steps: Callable[[], None]) -> list[str]:
    """Take the steps; return the names of those that the kernel refuses, with its reason."""
    found = []
    for step in steps:
        try:
            step()
        except OSError as error:
            found.append(f"{step.__name__} ({errno.errorcode.get(error.errno or 0, 'no number')})")
    return found


def prepare() -> None:
    """Build the filter of system calls, for all processes that are forked from this one."""
    with suppress(OSError):  # which the step itself reports
        seccomp.prepared()


def hide_memory() -> None:
    """Let no process of the same user read this one's memory or environment, or trace it.

    Nor does this process dump its core. Only CAP_SYS_PTRACE is stronger, so a child has to give that up.
    """
    _prctl(_DUMPABLE, 0)


def forbid_new_privileges() -> None:
    """Let no program that this process runs have more privileges than it has itself."""
    _prctl(_NO_NEW_PRIVS, 1)


def drop_capabilities() -> None:
    """Give up all that root may do beyond other users."""
    _prctl(_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    with suppress(OSError):  # EPERM: this process has no capabilities; EINVAL: there are no more
        for capability in range(_CAPABILITIES):
            _prctl(_CAPBSET_DROP, capability)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())


def die_with_parent() -> None:
    """Have this process killed when the one that forked it ends."""
    _prctl(_PDEATHSIG, signal.SIGKILL)


def forbid_processes() -> None:
    """Let this process start no other; root is exempt from this limit, but not from the filter."""
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def filter_system_calls() -> None:
    """Allow the system calls that compressing needs, and no other: no files, sockets, programs, signals."""
    seccomp.install()


def _prctl(*arguments: int) -> None:
    call("prctl", *map(ctypes.c_ulong, (*arguments, 0, 0, 0, 0)[:5]))
