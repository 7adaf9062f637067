"""Find the scans and the end of a JPEG by its markers, without decoding anything (ITU-T T.81, annex B)."""

import re
import struct
from collections.abc import Iterator

from catalight.adapters.codec import native

_EOI, _SOS = 0xD9, 0xDA
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # SOF0 to SOF15, without DHT, JPG and DAC
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, restarts, start of image
# Does not match what entropy-coded data contains: stuffed FF bytes and restart markers. Of several fill bytes
# it matches the last: `\xff+` would take time that grows with the square of their number.
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")


def count(data: bytes) -> int:
    """Count the scans up to the end of the image or data; what follows, like a thumbnail, is ignored."""
    library = native.library()
    return library.count_scans(data, len(data)) if library else sum(kind == _SOS for kind, _ in markers(data))


def is_ended(data: bytes) -> bool:
    """Whether the image has an end marker."""
    return any(kind == _EOI for kind, _ in markers(data))


def size(data: bytes) -> tuple[int, int] | None:
    """Return the width and height in the frame header; None if there is none before the first scan."""
    for kind, at in markers(data):
        if kind in FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return width, height
        if kind == _SOS:
            break
    return None


def markers(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the code of each marker up to the end of the image, and the offset after it."""
    at, kind = 0, None
    while kind != _EOI and (found := MARKER.search(data, at)):
        kind, at = found[1][0], found.end()
        yield kind, at
        if kind not in WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2])  # 0 or 1 is invalid; the search then continues from here
        if kind == _SOS:
            at = after_coded(data, at)


def after_coded(data: bytes, at: int) -> int:
    """Return where to search for MARKER, to find the first one after coded data that begin at `at`."""
    library = native.library()
    return library.find_marker(data, at, len(data)) if library else at
