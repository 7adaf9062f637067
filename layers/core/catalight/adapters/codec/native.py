"""Load the library that `make native` builds from native/*.c, if it was built for this machine."""

import platform
import sys
from ctypes import CDLL, c_char_p, c_int, c_size_t, c_void_p
from functools import cache
from pathlib import Path


@cache
def library() -> CDLL | None:
    """Return the library, or None: then Pillow does everything."""
    path = Path(__file__).with_name(f"native-{platform.machine()}.elf")
    if sys.platform != "linux" or not path.exists():
        return None
    found = CDLL(str(path))
    found.encode.restype = found.requantise_scan.restype = found.read_scan.restype = c_size_t
    found.make_blocks.restype = c_void_p
    found.check_complete.argtypes = (c_char_p, c_size_t, c_int, c_int)
    found.release.restype = found.release_blocks.restype = None
    return found
