"""The filter of system calls, read as the kernel reads it, for both architectures."""

import errno
import re
import struct
from pathlib import Path

import pytest

from catalight.adapters.isolation import seccomp
from catalight.adapters.isolation.seccomp import ALLOW, ALLOWED, KILL, MACHINES, REFUSE, UNLESS_EXECUTABLE

ROOT = Path(__file__).parents[4]
# The kernel's own numbers: from Zig's package, which `make native` fetches, or from the system.
ZIG = ROOT / ".compiler/ziglang/lib/libc/include"
HEADERS = {
    "x86_64": [ZIG / "x86-linux-any/asm/unistd_64.h", Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")],
    "aarch64": [
        ZIG / "any-linux-any/asm-generic/unistd.h",
        ZIG / "aarch64-linux-any/asm/unistd_64.h",
        Path("/usr/include/asm-generic/unistd.h"),
    ],
}
BY_MACHINE = pytest.mark.parametrize("machine", MACHINES)
EVERY_NUMBER = range(1024)
READ_WRITE, READ_EXECUTE = 3, 5


def verdict(machine: str, number: int, third: int = 0, audit: int | None = None) -> int:
    """Run the filter on a call: the machine of linux/bpf_common.h, on a struct seccomp_data."""
    audit = MACHINES[machine].audit if audit is None else audit
    data = struct.pack("<iIQ6Q", number - (number >> 31 << 32), audit, 0, 0, 0, third, 0, 0, 0)
    instructions = seccomp.program(MACHINES[machine])
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, operand = instructions[at]
        at += 1
        match operation:
            case 0x20:  # BPF_LD | BPF_W | BPF_ABS
                [accumulator] = struct.unpack_from("<I", data, operand)
            case 0x15:  # BPF_JMP | BPF_JEQ | BPF_K
                at += if_true if accumulator == operand else if_false
            case 0x35:  # BPF_JMP | BPF_JGE | BPF_K
                at += if_true if accumulator >= operand else if_false
            case 0x45:  # BPF_JMP | BPF_JSET | BPF_K
                at += if_true if accumulator & operand else if_false
            case 0x06:  # BPF_RET | BPF_K
                return operand


def numbers(machine: str) -> dict[str, int]:
    """Return the system calls of an architecture by name."""
    for header in HEADERS[machine]:
        if header.exists():
            found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text())
            return {name: int(number) for name, number in found}
    pytest.skip(f"no kernel headers for {machine}")


@BY_MACHINE
def test_nothing_is_allowed_but_what_the_table_names(machine: str) -> None:
    column = MACHINES[machine].column
    named = {number[column] for number in (*ALLOWED.values(), *UNLESS_EXECUTABLE.values())}
    assert {number for number in EVERY_NUMBER if verdict(machine, number) == ALLOW} == named
    assert {verdict(machine, number) for number in EVERY_NUMBER if number not in named} == {REFUSE}
    assert REFUSE & 0xFFFF == errno.EPERM


@BY_MACHINE
def test_the_numbers_are_the_kernels(machine: str) -> None:
    kernel, column = numbers(machine), MACHINES[machine].column
    ours = {name: number[column] for name, number in (ALLOWED | UNLESS_EXECUTABLE).items()}
    assert ours == {name: kernel[name] for name in ours}
    assert kernel["seccomp"] == seccomp.SECCOMP[column]


@BY_MACHINE
def test_what_could_reach_others_is_refused(machine: str) -> None:
    kernel = numbers(machine)
    words = re.compile(
        "open|exec|clone|fork|socket|connect|bind|accept|listen|send|ptrace|process_|kill|pidfd|prctl|rlimit|"
        "fcntl|ioctl|mount|unshare|setns|key|bpf|perf|io_uring|userfaultfd|memfd|stat|dup|pipe|shm|sem|msgget|mq_|"
        "link|"
        "mkdir|mknod|chmod|chown|rename|xattr|module|reboot|personality|seccomp|queueinfo|set_|setuid|setsid"
    )
    calls = {name: number for name, number in kernel.items() if words.search(name)}
    assert len(calls) > 90
    assert {name for name, number in calls.items() if verdict(machine, number) != REFUSE} == set()


@BY_MACHINE
@pytest.mark.parametrize("name", UNLESS_EXECUTABLE)
def test_memory_may_be_mapped_but_never_be_executed(machine: str, name: str) -> None:
    number = UNLESS_EXECUTABLE[name][MACHINES[machine].column]
    assert verdict(machine, number, READ_WRITE) == ALLOW
    assert verdict(machine, number, READ_EXECUTE) == REFUSE
    assert verdict(machine, number, 1 << 40 | READ_EXECUTE) == REFUSE


@BY_MACHINE
def test_calls_by_the_numbers_of_another_architecture_kill(machine: str) -> None:
    i386, arm = 0x4000_0003, 0x4000_0028
    others = {other.audit for name, other in MACHINES.items() if name != machine} | {i386, arm}
    read = ALLOWED["read"][MACHINES[machine].column]
    assert {verdict(machine, read, audit=other) for other in others} == {KILL}
    assert verdict(machine, 0x4000_0000 | read) == KILL  # x32
    assert verdict(machine, 0xFFFF_FFFF) == KILL
