"""How many scans a JPEG has, told from its markers without decoding anything (ITU-T T.81, annex B)."""

import re

_END, _SCAN = 0xD9, 0xDA
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, restarts, start of image
# Coded data has only stuffed and restarts. Of fill bytes the last is looked at: `\xff+` would take time that
# grows with the square of their number.
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")


def count(data: bytes) -> int:
    """The scans up to the end of the image, or of the bytes; what follows (a thumbnail, a film) is not it."""
    scans = at = 0
    while found := MARKER.search(data, at):
        kind, at = found[1][0], found.end()
        if kind == _END:
            break
        if kind == _SCAN:
            scans += 1
        if kind not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2])  # zero or one is broken: the search goes on from here
    return scans
