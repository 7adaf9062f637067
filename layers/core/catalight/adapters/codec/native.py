"""Load the library that `make native` builds from native/*.c, if it was built for this machine."""

import platform
import sys
from ctypes import CDLL, c_char_p, c_double, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from functools import cache
from pathlib import Path


@cache
def library() -> CDLL | None:
    """Return the library, or None: then Pillow does everything."""
    path = Path(__file__).with_name(f"native-{platform.machine()}.elf")
    if sys.platform != "linux" or not path.exists():
        return None
    return declared(CDLL(str(path)))


def declared(found: CDLL) -> CDLL:
    """Declare the types of the library's functions."""
    found.encode.restype = found.requantise_scan.restype = found.read_scan.restype = c_size_t
    found.make_blocks.restype, found.choose_scans.restype = c_void_p, c_uint64
    found.check_complete.argtypes = (c_char_p, c_size_t, c_int, c_int)
    found.find_marker.argtypes, found.find_marker.restype = (c_char_p, c_size_t, c_size_t), c_size_t
    found.count_scans.argtypes, found.count_scans.restype = (c_char_p, c_size_t), c_size_t
    found.search.restype = found.release.restype = found.release_blocks.restype = None
    found.choose.argtypes = (c_void_p, c_void_p, c_int, c_char_p, c_double, c_void_p)
    found.foresee.argtypes = (c_void_p, c_char_p, c_char_p, c_uint32, c_uint32)
    found.foresee.restype = found.judge.restype = found.forget.restype = found.rescale.restype = None
    return found
