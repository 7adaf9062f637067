"""A codec process, forked by the fork server: it compresses the images of one job, one after the other.

It gives up all that it will not need before it reads any image. Each message on its channel is the list of an
image's renditions, with a file to read and a file to write. The answers are lines of JSON: one with
"rendition" for each output, as soon as it is written; before it, if there are several, "at" as the work
on it begins; one with neither if not all can be made. The last one has "bloated".
"""

import json
import os
import resource
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import lru_cache, partial
from typing import IO, Any, NoReturn

from catalight.adapters.codec import compress
from catalight.adapters.codec.encoded import Event
from catalight.adapters.isolation import cage
from catalight.adapters.isolation.libc import trim
from catalight.adapters.isolation.memory_file import memory_file
from catalight.adapters.logging.traces import trace
from catalight.domain.errors import ImageError
from catalight.domain.image.limits import KEPT_BYTES, Limits
from catalight.domain.image.rendition import Rendition

type Answer = dict[str, Any]

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
        answer = _last_answer(message, files, scratch, limits, partial(_send, channel))
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


def _last_answer(
    message: bytes, files: list[int], scratch: IO[bytes], limits: Limits, send: Callable[[Answer], None]
) -> Answer:
    """Compress an image; send all answers but the last, and return that, once the image's memory is free."""
    source, output = files
    with os.fdopen(source, "rb", buffering=0) as readable, os.fdopen(output, "w+b", buffering=0) as writable:
        try:
            renditions = _renditions(message)
            data = readable.read(os.lseek(source, 0, os.SEEK_END) + readable.seek(0))
            made = compress.compress_into(writable, scratch, data, renditions, limits)
            return _last_of(made, len(renditions), send)
        except ImageError as error:
            return _error(error)
        except MemoryError:
            return {"out_of_memory": True}
        except Exception as error:  # noqa: BLE001 - a bug, which the parent raises and logs
            return {"fault": "".join(trace(error))[-FAULT_CHARACTERS:]}


@lru_cache(maxsize=1)  # nearly always the same for all images of a job
def _renditions(message: bytes) -> list[Rendition]:
    return [Rendition.from_document(document) for document in json.loads(message)]


def _last_of(events: Iterator[Event], renditions: int, send: Callable[[Answer], None]) -> Answer:
    left = renditions
    for index, outcome in events:
        if outcome is None:
            if renditions > 1:
                send({"at": index})
            continue
        answer = {"rendition": index} | (
            _error(outcome) if isinstance(outcome, ImageError) else asdict(outcome)
        )
        left -= 1
        if not left:
            return answer
        send(answer)
    raise RuntimeError(f"{left} of {renditions} renditions have no outcome")


def _error(error: ImageError) -> Answer:
    return {"code": error.code, "detail": error.detail}


def _send(channel: socket.socket, answer: Answer) -> None:
    line = json.dumps(answer).encode("ascii") + b"\n"
    while line:
        line = line[os.write(channel.fileno(), line) :]
