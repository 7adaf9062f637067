"""Turn a large workbook that a client sent into plain rows, in a process with hard limits."""

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from catalight.adapters.isolation import cage
from catalight.adapters.isolation.starting import command, environment, report
from catalight.adapters.tables import wire
from catalight.adapters.tables.large.scratch import write_all
from catalight.adapters.tables.reader import ReaderError, killed
from catalight.domain.catalogue.files import Options
from catalight.domain.catalogue.requested import Wanted

MODULE = "catalight.adapters.tables.large.worker"
WALL_SECONDS = (
    600  # also of a busy machine, and while the rows are stored; the process has CPU seconds of its own
)
TICK = 20.0  # seconds
_PIECE = 1 << 18  # bytes


@dataclass(frozen=True, slots=True)
class LargeTableReader:
    """`catalight.usecases.ports.StreamTable`. A file may take `wall_seconds`; scratch files are in /tmp."""

    wall_seconds: float = WALL_SECONDS
    tick: float = TICK

    def __call__(self, pieces: Iterable[bytes], options: Options, wanted: Wanted) -> Generator[bytes]:
        """Yield the plain rows of the sheet, and nothing (b"") at least every `tick` seconds.

        Raises CatalogueError if the file cannot be read within the limits.
        """
        report(cage.refused(cage.hide_memory))
        with ExitStack() as stack:
            files = [stack.enter_context(TemporaryFile(buffering=0)) for _ in range(4)]
            for piece in pieces:
                write_all(files[0], piece)
            process = subprocess.Popen(
                command(
                    MODULE, *(str(file.fileno()) for file in files), wire.wanted_document(options, wanted)
                ),
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=[file.fileno() for file in files],
            )
            stack.enter_context(process)
            stack.callback(process.kill)  # before it is waited for, if the caller takes no more rows
            yield from self._output(process)
            _check(process.wait(), files[-1])

    def _output(self, process: "subprocess.Popen[bytes]") -> Generator[bytes]:
        if process.stdout is None:
            raise TypeError("the process has no output")
        output = process.stdout.fileno()
        end, ticked = time.monotonic() + self.wall_seconds, time.monotonic()
        while True:
            ready, _, _ = select.select([output], [], [], self.tick)
            now = time.monotonic()
            if now > end:
                raise killed(signal.SIGXCPU)
            if now - ticked >= self.tick:
                ticked = now
                yield b""
            if ready:
                data = os.read(output, _PIECE)
                if not data:
                    return
                yield data


def _check(code: int, answer: IO[bytes]) -> None:
    """Raise the error of the process, if it has one."""
    if code < 0:
        raise killed(-code)
    if code > 0:
        raise ReaderError(f"the process ended with exit code {code}")
    answer.seek(0)
    refused, _, error = answer.read().partition(b"\n")
    report(json.loads(refused))
    if error:
        raise ReaderError(wire.unpacked(error))
