"""Read a file from standard input within a memory limit; print its problem's code, the seconds, the message.

`python -m tests.unit.adapters.tables.measured BYTES`: BYTES are what the reader may take more than before.
"""

import resource
import sys
import time
from pathlib import Path

from catalight.adapters.tables.read import read
from catalight.domain.errors import CatalogueError


def main() -> None:
    """Read one file."""
    data = sys.stdin.buffer.read()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    started = time.process_time()
    try:
        read(data)
        code, message = "read", ""
    except CatalogueError as error:
        code, message = error.problems[0].code, error.problems[0].message
    sys.stdout.write(f"{code}\n{time.process_time() - started:.2f}\n{message}\n")


if __name__ == "__main__":
    main()
