"""A process that turns one large workbook into plain rows.

It is run as `python -m catalight.adapters.tables.large.worker WORKBOOK STRINGS ROWS ANSWER WANTED`: the
numbers of open files, and the JSON of `wire.wanted_document`. The rows go to its standard output. ANSWER
receives one line with the steps of the cage that the kernel refused, and then the error, if there is one.
"""

import errno
import gc
import io
import json
import os
import sys
from collections.abc import Iterator

from catalight.adapters.tables import wire
from catalight.adapters.tables.large.workbook import Files, plain_rows
from catalight.adapters.tables.problems import out_of_memory, too_large
from catalight.adapters.tables.read import prepare
from catalight.adapters.tables.worker import enclosed, fault
from catalight.domain.catalogue.sheet_header import header_index
from catalight.domain.errors import CatalogueError, OptionError

MEMORY = 400_000_000  # bytes, besides what the process has when it begins
CPU_SECONDS = 300
FILE_BYTES = 1_500_000_000  # of each scratch file
OUTPUT = 1
PIECE = 1 << 18  # bytes


def main() -> None:
    """Read the workbook, write its rows and the answer, and end."""
    files = Files(*(io.FileIO(int(number), "r+b") for number in sys.argv[1:4]))
    answer = int(sys.argv[4])
    options, wanted = wire.wanted_of(sys.argv[5])
    prepare()
    gc.disable()  # elements and rows are in no cycles, and there are millions
    refused = enclosed(CPU_SECONDS, FILE_BYTES, MEMORY)
    _write(answer, json.dumps(refused).encode() + b"\n")
    try:
        _copy(plain_rows(files, options, lambda rows: header_index(rows, wanted)))
    except (CatalogueError, OptionError) as error:
        _write(answer, wire.packed_error(error))
    except MemoryError:
        _write(answer, wire.packed_error(out_of_memory()))
    except OSError as error:  # a full disk is not the fault of the file: a later call may have more room
        is_large = error.errno == errno.EFBIG
        _write(answer, wire.packed_error(_too_many_bytes()) if is_large else fault(error))
    except Exception as error:  # noqa: BLE001 - a bug, which the parent raises and logs
        _write(answer, fault(error))
    os._exit(os.EX_OK)


def _too_many_bytes() -> CatalogueError:
    advice = "Split it into several files, or save it as CSV."
    return too_large(f"more than {FILE_BYTES:,} bytes of texts", advice)


def _copy(lines: Iterator[bytes]) -> None:
    buffer = bytearray()
    for line in lines:
        buffer += line
        if len(buffer) >= PIECE:
            _write(OUTPUT, buffer)
            buffer.clear()
    _write(OUTPUT, buffer)


def _write(output: int, data: bytes | bytearray) -> None:
    with memoryview(data) as rest:
        written = 0
        while written < len(rest):
            written += os.write(output, rest[written:])


if __name__ == "__main__":
    main()
