"""A file in memory, where the system has such."""

import os
from tempfile import TemporaryFile
from typing import IO


def memory_file() -> IO[bytes]:
    """An empty file, not buffered: its descriptor, place included, can be shared with another process."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("image"), "w+b", buffering=0)
    return TemporaryFile(buffering=0)
