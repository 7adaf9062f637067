"""Recognise a JPEG with arithmetic coding (ITU-T T.81, table B.1), which browsers do not show."""

from catalight.adapters.codec.jpeg import scans

_FIRST_ARITHMETIC = 0xC9


def coded(data: bytes) -> bool:
    """Whether the frame header, the first one if there are several, says arithmetic coding."""
    at = 0
    while found := scans.MARKER.search(data, at):
        kind, at = found[1][0], found.end()
        if kind in scans.FRAMES:
            return kind >= _FIRST_ARITHMETIC
        if kind not in scans.WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2])
    return False
