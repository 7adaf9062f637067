"""Run code that a stranger might run: `python -m tests.unit.adapters.codec.hostile_code CODE`, in no cage."""

import ctypes
import json
import os
import sys
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
KEPT: list[Any] = []  # what one run may leave behind for the next


def raw(number: int, *arguments: Any) -> int:
    """Make a system call. Raises OSError if it fails."""
    result: int = LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def outcome(code: str) -> str:
    """Run the code; return its variable `found` as JSON, or the number of the error that stopped it."""
    names: dict[str, Any] = {"raw": raw, "found": None, "KEPT": KEPT}
    try:
        exec(code, names)
    except OSError as error:
        return json.dumps({"errno": error.errno})
    return json.dumps({"found": names["found"]})


if __name__ == "__main__":
    sys.stdout.write(outcome(sys.argv[1]))
