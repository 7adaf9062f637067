"""Repair what no decoder must refuse: application segments that are too short, and a missing end marker."""

from collections.abc import Iterator

from catalight.adapters.codec.jpeg import scans

SOI, EOI = b"\xff\xd8", b"\xff\xd9"
_SOS, _APP0, _APP2, _APP13, _APP14 = 0xDA, 0xE0, 0xE2, 0xED, 0xEE
# How a segment begins, and the bytes that it must have then; libjpeg ignores shorter ones too.
_SHORTEST = {
    _APP0: (b"JFIF", 14),
    _APP2: (b"ICC_PROFILE\0", 14),
    _APP13: (b"Photoshop 3.0\0", 1 << 16),  # more than there can be: Pillow reads it, Catalight does not
    _APP14: (b"Adobe", 12),
}


def repaired(data: bytes) -> tuple[bytes, bool]:
    """Return the JPEG without unusable segments and with an end marker, and whether it had one.

    That the coded data are complete has still to be checked.
    """
    ended = data.endswith(EOI) or scans.is_ended(data)
    pieces, kept_from = [], 0
    for start, end in _unusable(data):
        pieces.append(data[kept_from:start])
        kept_from = end
    if ended and not pieces:
        return data, True
    return b"".join([*pieces, data[kept_from:], b"" if ended else EOI]), ended


def _unusable(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where each unusable segment before the first scan begins and ends."""
    at = len(SOI)
    while (found := scans.MARKER.search(data, at)) and found[1][0] != _SOS:
        kind, at = found[1][0], found.end()
        length = int.from_bytes(data[at : at + 2])
        if kind in _SHORTEST:
            name, shortest = _SHORTEST[kind]
            if length - 2 < shortest and data.startswith(name, at + 2, at + length):
                yield found.start(), at + length
        if kind not in scans.WITHOUT_LENGTH:
            at += length
