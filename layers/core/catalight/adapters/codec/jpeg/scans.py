"""Count the scans of a JPEG by its markers, without decoding anything (ITU-T T.81, annex B)."""

import re

_EOI, _SOS = 0xD9, 0xDA
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, restarts, start of image
# Does not match what entropy-coded data contains: stuffed FF bytes and restart markers. Of several fill bytes
# it matches the last: `\xff+` would take time that grows with the square of their number.
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")


def count(data: bytes) -> int:
    """Count the scans up to the end of the image or data; what follows, like a thumbnail, is ignored."""
    scans = at = 0
    while found := MARKER.search(data, at):
        kind, at = found[1][0], found.end()
        if kind == _EOI:
            break
        if kind == _SOS:
            scans += 1
        if kind not in WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2])  # 0 or 1 is invalid; the search then continues from here
    return scans
