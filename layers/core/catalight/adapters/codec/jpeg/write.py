"""Write a JPEG from coefficients (ITU-T T.81, annex B)."""

import struct
from collections.abc import Sequence

from catalight.adapters.codec.jpeg.coefficients import Coefficients
from catalight.adapters.codec.jpeg.header import BLOCK_SIDE, Header, segment

# Blocks of each component in an MCU, across and down: grey, and 4:2:0, which most encoders write, Pillow too.
GREY, SUBSAMPLED, FULL = [(1, 1)], [(2, 2), (1, 1), (1, 1)], [(1, 1)] * 3

SOI = b"\xff\xd8"
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"  # as Pillow writes it
_EOI = b"\xff\xd9"
_SOF0, _SOF2, _DQT, _APP1 = 0xC0, 0xC2, 0xDB, 0xE1


def written(header: Header, steps: Sequence[bytes], made: Coefficients | None, exif: bytes) -> bytes | None:
    """Return the JPEG of the header's size, with `steps` for each component; None if there is none."""
    coded = made.coded() if made else None
    if made is None or coded is None:
        return None
    return framed(header, steps, coded, progressive=made.progressive, exif=exif)


def framed(
    header: Header, steps: Sequence[bytes], coded: memoryview, *, progressive: bool, exif: bytes = b""
) -> bytes:
    """Return the JPEG of the header's size whose scans, with their Huffman tables, are `coded`."""
    exif_segment = segment(_APP1, exif) if exif else b""
    head = _head(header, steps, progressive=progressive)
    return b"".join([SOI, _JFIF, exif_segment, head, coded, _EOI])


def _head(header: Header, steps: Sequence[bytes], *, progressive: bool) -> bytes:
    """Return the quantisation tables and the frame header."""
    frame = struct.pack(">BHHB", BLOCK_SIDE, header.height, header.width, len(steps))
    blocks = GREY if len(steps) == 1 else FULL if header.keeps_chroma else SUBSAMPLED
    for index, (across, down) in enumerate(blocks):
        frame += bytes([index + 1, across << 4 | down, index])
    quantisation = b"".join(bytes([index]) + step for index, step in enumerate(steps))
    return segment(_DQT, quantisation) + segment(_SOF2 if progressive else _SOF0, frame)
