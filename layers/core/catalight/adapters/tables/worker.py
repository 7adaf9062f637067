"""A process that reads one file: `python -m catalight.adapters.tables.worker SOURCE OUTPUT WANTED`.

SOURCE and OUTPUT are the numbers of open files, and WANTED is the JSON of `wire.wanted_document`. Before it
reads the file, the process gives up all that it does not need for that. OUTPUT receives one line with the
steps of the cage that the kernel refused, and then what `wire.packed` makes of the file or of its error.
"""

import gc
import json
import os
import resource
import sys

from catalight.adapters.isolation import cage
from catalight.adapters.isolation.limits import address_space, limit
from catalight.adapters.logging.traces import trace
from catalight.adapters.tables import wire
from catalight.adapters.tables.read import prepare, read
from catalight.domain.catalogue.sheet_header import header_index
from catalight.domain.errors import CatalogueError, OptionError

MEMORY = 300_000_000  # bytes, besides what the process has when it begins
CPU_SECONDS = 10
OUTPUT_BYTES = 250_000_000
FAULT_CHARACTERS = 2000


def main() -> None:
    """Read the file, write the answer, and end."""
    source, output = int(sys.argv[1]), int(sys.argv[2])
    options, wanted = wire.wanted_of(sys.argv[3])
    prepare()
    gc.disable()  # a process that ends with its file needs no collection, which takes as long as the reading
    refused = enclosed(CPU_SECONDS, OUTPUT_BYTES, MEMORY)
    with os.fdopen(source, "rb", buffering=0) as file:
        data = file.readall()
    try:
        answer = wire.packed(read(data, options, lambda rows: header_index(rows, wanted)))
    except (CatalogueError, OptionError) as error:
        answer = wire.packed_error(error)
    except Exception as error:  # noqa: BLE001 - a bug, which the parent raises and logs
        answer = fault(error)
    _write(output, json.dumps(refused).encode() + b"\n" + answer)
    os._exit(os.EX_OK)  # freeing everything takes time, and needs calls that the filter refuses


def enclosed(cpu_seconds: int, file_bytes: int, memory: int) -> list[str]:
    """Limit this process, and give up all that it does not need. Return the steps that the kernel refused.

    `file_bytes` limits each file that it writes, and `memory` the bytes besides those that it has now.
    """
    limit(
        {
            resource.RLIMIT_CPU: cpu_seconds,
            resource.RLIMIT_FSIZE: file_bytes,
            resource.RLIMIT_AS: address_space() + memory,
        }
    )
    return cage.refused(
        cage.die_with_parent,
        cage.hide_memory,
        cage.forbid_new_privileges,
        cage.drop_capabilities,
        cage.forbid_processes,
        cage.filter_system_calls,
    )


def fault(error: Exception) -> bytes:
    """Return the JSON of a bug."""
    return json.dumps({"fault": "".join(trace(error))[-FAULT_CHARACTERS:]}).encode()


def _write(output: int, answer: bytes) -> None:
    rest = memoryview(answer)
    while rest:
        rest = rest[os.write(output, rest) :]


if __name__ == "__main__":
    main()
