"""The sandbox's child: `python -m catalight.adapters.codec.worker CHANNEL LIMITS`.

The child limits its own resources before it reads any image, and ends when its parent does. Each message on
the channel carries a file to read and a file to write; the child answers with one line of JSON.
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
FILES = 64  # descriptors: a few, plus those that later imports of modules need


def main() -> None:
    """Answer messages until the channel is closed."""
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
    """Whether the address space is more than KEPT_BYTES above `before`, even after malloc_trim."""
    if _address_space() - before <= KEPT_BYTES:
        return False
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):  # only glibc has it
        trim(0)
    return _address_space() - before > KEPT_BYTES


def _exit_with_parent() -> None:
    """Have SIGIO kill this process when its parent ends, because then standard input, a pipe, is closed."""
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)


def _apply_limits(limits: Limits) -> None:
    bounds = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.output_bytes + 1,  # one more: shows that an output is too long
        resource.RLIMIT_NOFILE: FILES,
    }
    if sys.platform == "linux":  # other kernels do not enforce it
        bounds[resource.RLIMIT_AS] = limits.memory
    for kind, maximum in bounds.items():
        resource.setrlimit(kind, (maximum, maximum))


def _silence_stderr() -> None:
    """Discard stderr: the libraries print warnings about faulty images, and those must not fill the logs."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


def _allow_cpu(seconds: int) -> None:
    """Allow that many more CPU seconds, rounded up; then SIGXCPU kills the process."""
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
        except Exception as error:  # noqa: BLE001 - a bug, which the parent raises and logs
            return {"fault": "".join(trace(error))[-FAULT_CHARACTERS:]}
    return asdict(made)


def _address_space() -> int:
    """Return the bytes of address space that this process has mapped; 0 if the system does not report it."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except FileNotFoundError:
        return 0


def _send(channel: socket.socket, answer: dict[str, Any]) -> None:
    channel.sendall(json.dumps(answer).encode("ascii") + b"\n")


if __name__ == "__main__":
    main()
