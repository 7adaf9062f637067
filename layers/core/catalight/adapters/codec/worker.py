"""A codec process, forked by the fork server: it compresses the images of one job, one after the other.

It gives up all that it will not need before it reads any image. Each message on its channel carries a file to
read and a file to write; it answers with one line of JSON.
"""

import json
import os
import resource
import socket
from dataclasses import asdict
from typing import IO, Any, NoReturn

from catalight.adapters.codec import compress
from catalight.adapters.isolation import cage
from catalight.adapters.isolation.libc import trim
from catalight.adapters.isolation.memory_file import memory_file
from catalight.adapters.logging.traces import trace
from catalight.domain.errors import ImageError
from catalight.domain.image.limits import KEPT_BYTES, Limits
from catalight.domain.image.rendition import Rendition

MESSAGE_BYTES = 4096
FAULT_CHARACTERS = 2000


def prepare() -> None:
    """Load, before any codec process is forked, all that an image may need: such a process opens no file."""
    compress.prepare()
    cage.prepare()


def run(channel: socket.socket, limits: Limits, server: int, refused: list[str]) -> NoReturn:
    """Serve the channel until it is closed, then end this process.

    `server` is the process that forked this one, and `refused` the steps of the cage that it could not take.
    """
    code = os.EX_SOFTWARE
    try:
        _serve(channel, limits, server, refused)
        code = os.EX_OK
    finally:
        os._exit(code)


def _serve(channel: socket.socket, limits: Limits, server: int, refused: list[str]) -> None:
    space, scratch = AddressSpace(), memory_file()
    _silence_stderr()
    refused = refused + cage.refused(cage.die_with_parent, cage.forbid_processes)
    if os.getppid() != server:  # it ended before it was this one's parent in that sense
        return
    compress.prepare()  # writes to most pages that an image will: the kernel copies them before it arrives
    pid = os.getpid()
    _send(channel, {"pid": pid, "refused": refused + cage.refused(cage.filter_system_calls)})
    while True:
        message, files, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, 2)
        if not message:
            return
        answer = _answer(message, files, scratch, limits)
        _send(channel, answer | {"bloated": space.is_bloated()})


class AddressSpace:
    """The address space of this process, read from a file that stays open: `before` is its size in bytes.

    It is 0 where the system does not report it.
    """

    def __init__(self) -> None:
        try:
            self._file = os.open("/proc/self/statm", os.O_RDONLY)
        except FileNotFoundError:
            self._file = -1
        self.before = self._bytes()

    def is_bloated(self) -> bool:
        """Whether it has grown by more than KEPT_BYTES, even after malloc_trim."""
        if self._grown():
            trim()
        return self._grown()

    def _grown(self) -> bool:
        return self._bytes() - self.before > KEPT_BYTES

    def _bytes(self) -> int:
        if self._file < 0:
            return 0
        return int(os.pread(self._file, 100, 0).split()[0]) * resource.getpagesize()


def _silence_stderr() -> None:
    """Discard stderr: the libraries print warnings about faulty images, and those must not fill the logs."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    os.close(nothing)


def _answer(message: bytes, files: list[int], scratch: IO[bytes], limits: Limits) -> dict[str, Any]:
    source, output = files
    with os.fdopen(source, "rb", buffering=0) as readable, os.fdopen(output, "w+b", buffering=0) as writable:
        try:
            options = Rendition.from_document(json.loads(message))
            data = readable.read(os.lseek(source, 0, os.SEEK_END) + readable.seek(0))
            made = compress.compress_into(writable, scratch, data, options, limits)
        except ImageError as error:
            return {"code": error.code, "detail": error.detail}
        except MemoryError:
            return {"out_of_memory": True}
        except Exception as error:  # noqa: BLE001 - a bug, which the parent raises and logs
            return {"fault": "".join(trace(error))[-FAULT_CHARACTERS:]}
    return asdict(made)


def _send(channel: socket.socket, answer: dict[str, Any]) -> None:
    line = json.dumps(answer).encode("ascii") + b"\n"
    while line:
        line = line[os.write(channel.fileno(), line) :]
