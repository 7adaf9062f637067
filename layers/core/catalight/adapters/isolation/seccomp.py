"""The system calls that a codec process may make once it has started, as a seccomp filter.

Format: https://docs.kernel.org/userspace-api/seccomp_filter.html. The filter is a list of what is allowed:
whatever else exists, or will exist, is refused.
"""

import ctypes
import errno
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from catalight.adapters.isolation.libc import call

# Numbers of x86_64 (arch/x86/entry/syscalls/syscall_64.tbl) and aarch64 (asm-generic/unistd.h).
ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "lseek": (8, 62),
    "pread64": (17, 67),  # its own size, from a file that it opened before
    "ftruncate": (77, 46),
    "close": (3, 57),
    "recvmsg": (47, 212),  # the next image; sendmsg is not here, so no file can be passed on
    "getpid": (39, 172),  # for records of logging
    "getcwd": (79, 17),  # Pillow asks for it with every output; it is the root of the file system
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "sched_yield": (24, 124),
    "clock_gettime": (228, 113),  # these two where the vDSO has no clock of its own
    "gettimeofday": (96, 169),
    "getrandom": (318, 278),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "restart_syscall": (219, 128),  # after the process was stopped, as Lambda stops all between two events
    "exit": (60, 93),
    "exit_group": (231, 94),
}
# Allowed unless the third argument, the protection, has PROT_EXEC: no new code.
UNLESS_EXECUTABLE = {"mmap": (9, 222), "mprotect": (10, 226)}
SECCOMP = (317, 277)  # the number of seccomp(2) itself

_PROT_EXEC = 4
_X32 = 0x4000_0000  # the bit of x32's calls on x86_64, which have numbers of their own
_SET_MODE_FILTER = 1
# Kernels before 5.16 else slow the process down against Spectre; it holds nothing but its own image.
_SPEC_ALLOW = 1 << 2
# Offsets in struct seccomp_data, on a little-endian machine.
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
ALLOW, KILL, REFUSE = 0x7FFF_0000, 0x8000_0000, 0x0005_0000 | errno.EPERM  # linux/seccomp.h


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture: its place in the tables above, and its number in linux/audit.h."""

    column: int
    audit: int


MACHINES = {"x86_64": Machine(0, 0xC000_003E), "aarch64": Machine(1, 0xC000_00B7)}

type Instruction = tuple[int, int, int, int]
"""Operation, instructions to skip if true, instructions to skip if false, operand."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def program(machine: Machine) -> list[Instruction]:
    """Return the filter for an architecture. Calls by another one's numbers kill the process."""
    return [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, KILL),
        *_allowed(machine),
        (_RETURN, 0, 0, REFUSE),
    ]


def _allowed(machine: Machine) -> Iterator[Instruction]:
    for numbers in ALLOWED.values():
        yield from ((_EQUAL, 0, 1, numbers[machine.column]), (_RETURN, 0, 0, ALLOW))
    for numbers in UNLESS_EXECUTABLE.values():
        yield from (
            (_EQUAL, 0, 4, numbers[machine.column]),
            (_LOAD, 0, 0, _THIRD_ARGUMENT),
            (_ANY_BIT, 0, 1, _PROT_EXEC),
            (_RETURN, 0, 0, REFUSE),
            (_RETURN, 0, 0, ALLOW),
        )


@cache
def prepared() -> tuple[int, _Program]:
    """Return the number of seccomp(2) here and the filter in memory, which children inherit.

    Raises OSError if there are no numbers for this machine.
    """
    if platform.system() != "Linux" or platform.machine() not in MACHINES:
        raise OSError(errno.ENOSYS, "no filter for this machine")
    machine = MACHINES[platform.machine()]
    instructions = program(machine)
    return SECCOMP[machine.column], _Program(
        len(instructions), (_Instruction * len(instructions))(*(_Instruction(*each) for each in instructions))
    )


def install() -> None:
    """Set the filter for this process, for good. Raises OSError if the kernel refuses it."""
    number, filter_ = prepared()
    try:
        call("syscall", number, _SET_MODE_FILTER, _SPEC_ALLOW, ctypes.byref(filter_))
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        call("syscall", number, _SET_MODE_FILTER, 0, ctypes.byref(filter_))  # it does not know the flag
