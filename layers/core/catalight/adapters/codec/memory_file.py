"""In-memory files, on systems that have memfd_create; elsewhere temporary files."""

import os
from tempfile import TemporaryFile
from typing import IO


def memory_file() -> IO[bytes]:
    """Return an empty, unbuffered file; a process that receives the descriptor shares the file offset too."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("image"), "w+b", buffering=0)
    return TemporaryFile(buffering=0)
