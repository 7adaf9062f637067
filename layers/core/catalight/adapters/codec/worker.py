"""The sandbox's child: `python -m catalight.adapters.codec.worker CHANNEL LIMITS`.

It binds itself before it touches a picture, and ends with its parent. For each message on the channel, which
carries a file to read and one to write, it answers with a line of JSON.
"""

import ctypes
import fcntl
import json
import os
import resource
import socket
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from catalight.adapters.codec import compress
from catalight.adapters.logging.traces import trace
from catalight.domain.errors import ImageError
from catalight.domain.image.limits import KEPT_BYTES, Limits
from catalight.domain.image.options import Options

MESSAGE_BYTES = 4096
FAULT_CHARACTERS = 2000
FILES = 64  # descriptors: a few, and those of modules that are still to be imported


def main() -> None:
    """Answers until the channel is closed."""
    channel, limits = socket.socket(fileno=int(sys.argv[1])), Limits(**json.loads(sys.argv[2]))
    _exit_with_parent()
    _apply_limits(limits)
    before = _address_space()
    _silence_stderr()
    _send(channel, {})  # ready
    while True:
        message, files, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 2)
        if not message:
            return
        _allow_cpu(limits.cpu_seconds)
        answer = _answer(message, files, limits)
        _send(channel, answer | {"bloated": is_bloated(before)})


def is_bloated(before: int) -> bool:
    """Whether this process keeps too much beyond the address space that it had `before`; it tries not to."""
    if _address_space() - before <= KEPT_BYTES:
        return False
    if give_back := getattr(ctypes.CDLL(None), "malloc_trim", None):  # glibc's
        give_back(0)
    return _address_space() - before > KEPT_BYTES


def _exit_with_parent() -> None:
    """Standard input is a pipe that nobody writes to: when its other end dies, SIGIO kills at once."""
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _apply_limits(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.output_bytes + 1,  # so that a longer output is told from one cut off
        resource.RLIMIT_NOFILE: FILES,
    }
    if sys.platform == "linux":  # elsewhere the kernel does not hold it
        bounds[resource.RLIMIT_AS] = limits.memory
    for what, most in bounds.items():
        resource.setrlimit(what, (most, most))


def _silence_stderr() -> None:
    """The libraries remark on each thing that is wrong with a picture: no stranger fills our logs."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


def _allow_cpu(seconds: int) -> None:
    """So many seconds from now, rounded up; whoever needs more is killed by SIGXCPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _answer(message: bytes, files: list[int], limits: Limits) -> dict[str, Any]:
    source, output = files
    with os.fdopen(source, "rb", buffering=0) as readable, os.fdopen(output, "w+b", buffering=0) as writable:
        try:
            options = Options.from_document(json.loads(message))
            made = compress.compress_into(writable, readable.read(), options, limits)
        except ImageError as error:
            return {"code": error.code, "detail": error.detail}
        except MemoryError:
            return {"out_of_memory": True}
        except Exception as error:  # noqa: BLE001 - a fault of ours, which the parent raises and logs
            return {"fault": "".join(trace(error))[-FAULT_CHARACTERS:]}
    return asdict(made)


def _address_space() -> int:
    """Bytes that this process has mapped; where the system does not tell, none."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return 0


def _send(channel: socket.socket, answer: dict[str, Any]) -> None:
    channel.sendall(json.dumps(answer).encode("ascii") + b"\n")


if __name__ == "__main__":
    main()
