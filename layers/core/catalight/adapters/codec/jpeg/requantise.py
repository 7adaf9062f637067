"""The quick way from a JPEG to a lighter one: its coefficients are coded again, with coarser steps.

No pixels are made, which takes half the time of the way through them. A JPEG with one scan is read row by
row and needs hardly any memory; one with several has all its coefficients in memory, as in every decoder.
There is no quick way for what is in any way unusual, nor where native/requantise.c is not built.
"""

import struct
from functools import cache

from catalight.adapters.codec import native
from catalight.adapters.codec.jpeg import coefficients, huffman
from catalight.adapters.codec.jpeg.header import BLOCK, BLOCK_SIDE, Codes, Header, UnusualError, segment
from catalight.adapters.codec.jpeg.turn import TURNS, upright

# The steps at quality 50, in zigzag order (T.81, annex K): of brightness and of colours.
_BRIGHTNESS = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_COLOURS = bytes.fromhex("1112121815182f1a1a2f6342384263") + bytes([99] * 49)

# Blocks of brightness and colours in an MCU. Grey, or colours at half of the resolution each way, as most
# encoders have it, Pillow too, and as the output has it; or colours of which there are more.
_GREY, _HALVED = [(1, 1)], [(2, 2), (1, 1), (1, 1)]
_FULL = ([(1, 1), (1, 1), (1, 1)], [(2, 1), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)])
_USUAL = (_GREY, _HALVED, *_FULL)

_START = b"\xff\xd8"
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"  # as Pillow writes it
_END = b"\xff\xd9"
_FRAME, _HUFFMAN, _SCAN, _STEPS, _APP1 = 0xC0, 0xC4, 0xDA, 0xDB, 0xE1


def requantised(data: bytes, quality: int, exif: bytes = b"", orientation: int = 1) -> bytes | None:
    """The picture, upright, in the steps of `quality` or its own, whichever are coarser, and `exif`; no more.

    Its colours have half of its resolution, as in most JPEGs. None: there is no quick way.
    """
    library = native.library()
    if library is None:
        return None
    try:
        header = Header(data)
        first = header.scan(len(_START)) if data.startswith(_START) else None
        blocks = [(component.across, component.down) for component in header.components]
        if first is None or blocks not in _USUAL:
            return None
        turn = TURNS[orientation]
        output = upright(header, turn)
        steps = _coarser(output, quality)
        if blocks in _FULL and steps == [output.steps[component.steps] for component in output.components]:
            return None  # it is as light as was asked for: its colours shall not be worse
        with coefficients.requantised(library, header, first, output, turn, steps) as tokens:
            if tokens is None:
                return None
            tables = [huffman.best(uses) for uses in tokens.uses[: 2 * len(set(_roles(output)))]]
            coded = tokens.coded(tables)
    except UnusualError:
        return None
    if coded is None:
        return None
    told = segment(_APP1, exif) if exif else b""
    return b"".join([_START, _JFIF, told, _head(output, steps, tables), coded, _END])


@cache
def quality_steps(quality: int) -> tuple[bytes, bytes]:
    """The steps of brightness and of colours in zigzag order, as libjpeg derives them from a quality."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    brightness, colours = (
        bytes(min(255, max(1, (step * percent + 50) // 100)) for step in steps)
        for steps in (_BRIGHTNESS, _COLOURS)
    )
    return brightness, colours


def _roles(header: Header) -> list[int]:
    """For each component, 0 for brightness or 1 for a colour."""
    return [min(place, 1) for place in range(len(header.components))]


def _coarser(header: Header, quality: int) -> list[bytes]:
    """For each component, the coarser of its own steps and those of the quality."""
    asked = quality_steps(quality)
    return [
        bytes(map(max, header.steps[component.steps], asked[role]))
        for component, role in zip(header.components, _roles(header), strict=True)
    ]


def _head(header: Header, steps: list[bytes], tables: list[Codes]) -> bytes:
    """The segments that a decoder needs."""
    frame = struct.pack(">BHHB", BLOCK_SIDE, header.height, header.width, len(steps))
    scan = bytes([len(steps)])
    blocks = _HALVED if len(steps) > 1 else _GREY
    for place, ((across, down), role) in enumerate(zip(blocks, _roles(header), strict=True)):
        frame += bytes([place + 1, across << 4 | down, place])
        scan += bytes([place + 1, role << 4 | role])
    quantisation = b"".join(bytes([place]) + step for place, step in enumerate(steps))
    huffman = b"".join(
        bytes([number % 2 << 4 | number // 2]) + table.counts + table.symbols
        for number, table in enumerate(tables)
    )
    scan += bytes([0, BLOCK - 1, 0])
    parts = ((_STEPS, quantisation), (_FRAME, frame), (_HUFFMAN, huffman), (_SCAN, scan))
    return b"".join(segment(kind, part) for kind, part in parts)
