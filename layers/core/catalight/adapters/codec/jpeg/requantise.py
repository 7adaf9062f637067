"""The fast path from a JPEG to a smaller JPEG: requantise its DCT coefficients with coarser tables.

No pixels are decoded, so it takes half the time of the path through pixels. A JPEG with one scan is read row
by row and needs hardly any memory; with several scans all coefficients are in memory, as in every decoder.
The fast path does not support unusual JPEGs, and needs the library that is built from native/requantise.c.
"""

import struct
from functools import cache

from catalight.adapters.codec import native
from catalight.adapters.codec.jpeg import coefficients, huffman
from catalight.adapters.codec.jpeg.header import (
    BLOCK,
    BLOCK_SIDE,
    Header,
    HuffmanTable,
    UnsupportedJpegError,
    segment,
)
from catalight.adapters.codec.jpeg.turn import TURNS, upright

# The quantisation tables of quality 50, in zigzag order (T.81, annex K), for luma and chroma.
_LUMA = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_CHROMA = bytes.fromhex("1112121815182f1a1a2f6342384263") + bytes([99] * 49)

# Blocks of each component in an MCU, across and down. Grey; 4:2:0, which most encoders write, Pillow too, and
# which the output has; or chroma of higher resolution: 4:4:4, 4:2:2 and 4:4:0.
_GREY, _SUBSAMPLED = [(1, 1)], [(2, 2), (1, 1), (1, 1)]
_MORE_CHROMA = ([(1, 1), (1, 1), (1, 1)], [(2, 1), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)])
_SUPPORTED = (_GREY, _SUBSAMPLED, *_MORE_CHROMA)

_SOI = b"\xff\xd8"
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"  # as Pillow writes it
_EOI = b"\xff\xd9"
_SOF0, _DHT, _SOS, _DQT, _APP1 = 0xC0, 0xC4, 0xDA, 0xDB, 0xE1


def requantised(data: bytes, quality: int, exif: bytes = b"", orientation: int = 1) -> bytes | None:
    """Requantise a JPEG and rotate it upright; keep no metadata but `exif`.

    Each quantisation step is the coarser of the source's own and that of `quality`. The chroma has half the
    resolution each way (4:2:0), as in most JPEGs. Returns None if the fast path does not support the source.
    """
    library = native.library()
    if library is None:
        return None
    try:
        header = Header(data)
        first = header.scan(len(_SOI)) if data.startswith(_SOI) else None
        blocks = [(component.across, component.down) for component in header.components]
        if first is None or blocks not in _SUPPORTED:
            return None
        turn = TURNS[orientation]
        output = upright(header, turn)
        steps = _coarser(output, quality)
        if blocks in _MORE_CHROMA and steps == [
            output.steps[component.steps] for component in output.components
        ]:
            return None  # already at this quality or below: do not reduce the chroma resolution for nothing
        with coefficients.requantised(library, header, first, output, turn, steps) as tokens:
            if tokens is None:
                return None
            tables = [huffman.best(uses) for uses in tokens.uses[: 2 * len(set(_roles(output)))]]
            coded = tokens.coded(tables)
    except UnsupportedJpegError:
        return None
    if coded is None:
        return None
    exif_segment = segment(_APP1, exif) if exif else b""
    return b"".join([_SOI, _JFIF, exif_segment, _head(output, steps, tables), coded, _EOI])


@cache
def quality_tables(quality: int) -> tuple[bytes, bytes]:
    """Return libjpeg's quantisation tables for a quality, in zigzag order: luma, chroma."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    luma, chroma = (
        bytes(min(255, max(1, (step * percent + 50) // 100)) for step in steps) for steps in (_LUMA, _CHROMA)
    )
    return luma, chroma


def _roles(header: Header) -> list[int]:
    """Return, for each component, 0 for luma or 1 for chroma."""
    return [min(index, 1) for index in range(len(header.components))]


def _coarser(header: Header, quality: int) -> list[bytes]:
    """Return, for each component, the coarser steps of its own table and the one of the quality."""
    asked = quality_tables(quality)
    return [
        bytes(map(max, header.steps[component.steps], asked[role]))
        for component, role in zip(header.components, _roles(header), strict=True)
    ]


def _head(header: Header, steps: list[bytes], tables: list[HuffmanTable]) -> bytes:
    """Return the marker segments from the quantisation tables to the scan header."""
    frame = struct.pack(">BHHB", BLOCK_SIDE, header.height, header.width, len(steps))
    scan = bytes([len(steps)])
    blocks = _SUBSAMPLED if len(steps) > 1 else _GREY
    for index, ((across, down), role) in enumerate(zip(blocks, _roles(header), strict=True)):
        frame += bytes([index + 1, across << 4 | down, index])
        scan += bytes([index + 1, role << 4 | role])
    quantisation = b"".join(bytes([index]) + step for index, step in enumerate(steps))
    huffman = b"".join(
        bytes([number % 2 << 4 | number // 2]) + table.counts + table.symbols
        for number, table in enumerate(tables)
    )
    scan += bytes([0, BLOCK - 1, 0])
    parts = ((_DQT, quantisation), (_SOF0, frame), (_DHT, huffman), (_SOS, scan))
    return b"".join(segment(kind, part) for kind, part in parts)
