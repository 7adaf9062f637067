"""The quick way from a JPEG to a lighter one: its coefficients are coded again, with coarser steps.

No pixels are made, which takes half the time of the way through them, and hardly any memory. There is no
quick way for what is in any way unusual, nor where native/requantise.c is not built.
"""

import struct
from collections.abc import Iterator
from itertools import batched

from catalight.adapters import native
from catalight.adapters.jpeg import huffman, tokens
from catalight.adapters.jpeg.header import BLOCK, BLOCK_SIDE, Codes, Header, UnusualError, read

# The steps at quality 50, in zigzag order (T.81, annex K): of brightness and of colours.
_BRIGHTNESS = bytes.fromhex(
    "100b0c0e0c0a100e0d0e1211101318281a181616183123251d283a333d3c3933"
    "383740485c4e404457453738506d51575f626768673e4d71797064785c656763"
)
_COLOURS = bytes.fromhex("1112121815182f1a1a2f6342384263") + bytes([99] * 49)

# Grey, or colours at half of the picture's width and height, as most encoders, Pillow too, have it. What the
# source has is kept, and colours in full would cost a fifth of the output's bytes.
_USUAL_COLOURS = ([(1, 1)], [(2, 2), (1, 1), (1, 1)])

_START = b"\xff\xd8"
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"  # as Pillow writes it
_END = b"\xff\xd9"
_FRAME, _HUFFMAN, _SCAN, _STEPS, _PROFILE = 0xC0, 0xC4, 0xDA, 0xDB, 0xE2
_PROFILE_PART = 65_519  # bytes, as many as a segment has room for


def requantised(data: bytes, quality: int, profile: bytes | None = None) -> bytes | None:
    """The picture with the steps of `quality`, or its own where those are coarser; None: no quick way.

    Nothing but the picture is taken over; `profile` is the ICC profile that the output is to have.
    """
    library = native.library()
    if library is None:
        return None
    try:
        header = read(data)
    except UnusualError:
        return None
    if [(component.across, component.down) for component in header.components] not in _USUAL_COLOURS:
        return None
    steps = _coarser(header, quality)
    with tokens.requantised(library, data, header, steps) as scan:
        if scan is None or not data.startswith(_END, scan.end):
            return None
        tables = [huffman.best(scan.uses(number)) for number in range(2 * len(set(_roles(header))))]
        coded = scan.coded(tables)
    if coded is None:
        return None
    return b"".join([_START, _JFIF, *_profile(profile or b""), _head(header, steps, tables), coded, _END])


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


def _profile(profile: bytes) -> Iterator[bytes]:
    """The segments of an ICC profile, in as many parts as it takes."""
    parts = [*batched(profile, _PROFILE_PART, strict=False)]
    for number, part in enumerate(parts, 1):
        yield _segment(_PROFILE, b"ICC_PROFILE\0" + bytes([number, len(parts)]) + bytes(part))


def _segment(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _head(header: Header, steps: list[bytes], tables: list[Codes]) -> bytes:
    """The segments that a decoder needs."""
    frame = struct.pack(">BHHB", BLOCK_SIDE, header.height, header.width, len(steps))
    scan = bytes([len(steps)])
    for place, (component, role) in enumerate(zip(header.components, _roles(header), strict=True)):
        frame += bytes([place + 1, component.across << 4 | component.down, place])
        scan += bytes([place + 1, role << 4 | role])
    quantisation = b"".join(bytes([place]) + step for place, step in enumerate(steps))
    huffman = b"".join(
        bytes([number % 2 << 4 | number // 2]) + table.counts + table.symbols
        for number, table in enumerate(tables)
    )
    scan += bytes([0, BLOCK - 1, 0])
    parts = ((_STEPS, quantisation), (_FRAME, frame), (_HUFFMAN, huffman), (_SCAN, scan))
    return b"".join(_segment(kind, part) for kind, part in parts)
