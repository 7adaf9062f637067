"""Read the catalogue on stdin and print the memory that it took: `python -m tests.corpora.reading < file`."""

import sys
from contextlib import suppress
from pathlib import Path

from catalight.domain.catalogue import catalogue
from catalight.domain.errors import CatalogueError


def memory(kind: str, process: int | str = "self") -> int:
    """Return a size of a process in bytes, as Linux counts it: VmRSS (now) or VmHWM (at most)."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(kind))


def main() -> None:
    """Read the catalogue, whatever becomes of it."""
    data = sys.stdin.buffer.read()
    before = memory("VmRSS")
    with suppress(CatalogueError):
        catalogue.parse(data)
    print(memory("VmHWM") - before)


if __name__ == "__main__":
    main()
