"""Files in memory by memfd_create; files without a name where a system lacks that call or refuses it."""

import errno
import logging
import os
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile, gettempdir
from typing import IO

logger = logging.getLogger(__name__)

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the files get no names
_REFUSALS = (errno.ENOSYS, errno.EPERM, errno.EACCES)


def memory_file() -> IO[bytes]:
    """Return an empty, unbuffered file; a process that receives the descriptor shares the file offset too.

    AWS documents neither memfd_create nor /dev/shm for its functions, so the last resort is the folder for
    temporary files. What is written there is gone with the last descriptor.
    """
    try:
        return os.fdopen(os.memfd_create("image"), "w+b", buffering=0)
    except AttributeError:  # only Linux has it
        pass
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
    return TemporaryFile(buffering=0, dir=_folder())


@cache
def _folder() -> str:
    folder = str(SHARED_MEMORY) if os.access(SHARED_MEMORY, os.W_OK) else gettempdir()
    logger.warning("memfd_create is refused, so images pass through nameless files in %s", folder)
    return folder
