"""Read a file that a client sent: text at once, and workbooks and archives in a process with hard limits."""

import json
import logging
import signal
import subprocess
from dataclasses import dataclass, replace

from catalight.adapters.isolation import cage
from catalight.adapters.isolation.memory_file import memory_file
from catalight.adapters.isolation.starting import command, environment, report
from catalight.adapters.tables import wire
from catalight.adapters.tables.encodings import read_text
from catalight.adapters.tables.ignored import ignored_encoding, ignored_sheet
from catalight.adapters.tables.problems import refusal
from catalight.domain.catalogue.files import Options, Table, TextFile
from catalight.domain.catalogue.requested import NOTHING, Wanted

logger = logging.getLogger(__name__)

MODULE = "catalight.adapters.tables.worker"
WALL_SECONDS = 20  # also of a busy machine; the process has CPU seconds of its own
# gzip, zip, OLE and the first versions of XLS: what has to be unpacked by code that may fail at it.
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"\x09\x00\x04\x00")
_PACKED_TOO = (b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")


class ReaderError(Exception):
    """The process failed without being killed by its limits: a bug."""


@dataclass(frozen=True, slots=True)
class TableReader:
    """`catalight.usecases.ports.ReadTable`. A file may take `wall_seconds`."""

    wall_seconds: float = WALL_SECONDS

    def __call__(self, data: bytes, options: Options, wanted: Wanted = NOTHING) -> TextFile | Table:
        """Return the text of a file, or the sheet of a workbook that `options` names or `wanted` fits.

        Raises CatalogueError if the file cannot be read within the limits, and OptionError if the encoding
        has no known name.
        """
        if not data.startswith(_PACKED + _PACKED_TOO):
            return _with_ignored(read_text(data, options.encoding), options)
        refused, _, answer = self._in_process(data, wire.wanted_document(options, wanted)).partition(b"\n")
        report(json.loads(refused))
        found = wire.unpacked(answer)
        if isinstance(found, str):
            raise ReaderError(found)
        return _with_ignored(found, options)

    def _in_process(self, data: bytes, document: str) -> bytes:
        report(cage.refused(cage.hide_memory))
        with memory_file() as source, memory_file() as output:
            source.write(data)
            source.seek(0)
            files = source.fileno(), output.fileno()
            process = subprocess.Popen(
                command(MODULE, *map(str, files), document),
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=files,
            )
            with process:
                try:
                    code = process.wait(self.wall_seconds)
                except subprocess.TimeoutExpired:
                    code = -signal.SIGXCPU
                    process.kill()
            if code < 0:
                raise killed(-code)
            if code > 0:
                raise ReaderError(f"the process ended with exit code {code}")
            output.seek(0)
            return output.read()


def _with_ignored(file: TextFile | Table, options: Options) -> TextFile | Table:
    """Return the file with a warning if it was said something that its format does not have."""
    more = ignored_sheet(options) if isinstance(file, TextFile) else ignored_encoding(options)
    return replace(file, warnings=(*file.warnings, *more)) if more else file


def killed(number: int) -> Exception:
    """Return the error of a file whose process was killed by the signal with this number."""
    logger.warning("the process that reads a workbook was killed: %s", signal.strsignal(number))
    message = (
        "Reading the file took more time or memory than it may, or crashed. "
        "Save it as CSV or in a new workbook, or split it into several files."
    )
    return refusal("workbook_too_large", message)
