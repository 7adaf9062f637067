"""Take the chunks out of a PNG that are damaged or not needed, so that metadata never costs the image.

Every decoder may ignore ancillary chunks (W3C PNG, section 5.4). libpng ignores damaged ones, but Pillow
refuses the image for them.
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\0\0\0\0IEND\xaeB`\x82"
_HEADER, _CHECKSUM = 8, 4  # bytes of a chunk before and after its content
_COLOUR_TYPE, _INTERLACING = 25, 28  # where IHDR has them

_PROFILE, _EXIF, _TEXTS = b"iCCP", b"eXIf", frozenset({b"tEXt", b"zTXt"})
_LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4}
_USED = frozenset({_PROFILE, _EXIF, b"tRNS", b"sBIT", *_LENGTHS})
_EXIF_TEXT = b"Raw profile type exif"  # ImageMagick's, from before there was eXIf
_DEFLATE = b"\0"  # the only compression method
MAX_PROFILE = 4_000_000  # longer ones are not used
_LIMITS = {_PROFILE: MAX_PROFILE, _EXIF_TEXT: 1_000_000}

_GREY, _RGB, _PALETTE = 0, 2, 3  # colour types
_KEYS = {_GREY: 2, _RGB: 6}  # bytes of a transparent colour
_SAMPLES = {_GREY: 1, _RGB: 3, _PALETTE: 1, 4: 2, 6: 4}
_COLOURS = 256  # of a palette
_TRIES = 3  # of damaged chunks of one kind
_AT_ONCE = 1_000_000  # bytes to inflate
# Adam7 (section 8.1): the first column and row of each pass, and the steps to the next ones.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_ALL = ((0, 0, 1, 1),)


class _Chunk(NamedTuple):
    """The type of a chunk, and where it begins and ends; a truncated one ends beyond the data."""

    kind: bytes
    start: int
    end: int


def repaired(data: bytes) -> bytes:
    """Return the PNG with only the ancillary chunks that Catalight uses, and with an end.

    EXIF that follows the pixels moves behind all of them, because nothing may interrupt the image data. Of an
    animation only the default image stays. A PNG without image data is returned as it is.
    """
    runs, late, seen = [[0, len(SIGNATURE)]], b"", {b""}
    tried = Counter[bytes]()
    begun, chunk = False, _Chunk(b"", 0, 0)
    for chunk in _chunks(data):
        if chunk.kind == b"IEND":
            break
        begun = begun or chunk.kind == b"IDAT"
        if chunk.kind[:1].islower():
            use = _use(chunk, data)
            tried[use] += 1
            # The first sound one counts; only a few are looked at, so that many cost no more than those.
            usable = use not in seen and tried[use] <= _TRIES and _is_usable(use, chunk, data)
            if usable:
                seen.add(use)
            if usable and begun and use == _EXIF:
                late = data[chunk.start : chunk.end]
            if begun or not usable:
                continue
        if runs[-1][1] != chunk.start:
            runs.append([chunk.start, chunk.end])
        runs[-1][1] = chunk.end
    has_end = data[chunk.start : chunk.end] == _END
    unchanged = has_end and not late and runs == [[0, chunk.start]]
    if unchanged or not begun:
        return data
    pieces = [data[start:end] for start, end in runs]
    return b"".join(pieces if runs[-1][1] > len(data) else [*pieces, late, _END])


def content_before_pixels(data: bytes, kind: bytes) -> bytes | None:
    """Return the content of the first chunk of this kind, if it comes before the image data."""
    before = takewhile(lambda chunk: chunk.kind != b"IDAT", _chunks(data))
    return next((_content(chunk, data) for chunk in before if chunk.kind == kind), None)


def has_all_rows(data: bytes) -> bool:
    """Whether the compressed image data of a PNG are as long as its rows (section 10)."""
    missing, inflater = _image_length(data), zlib.decompressobj()
    try:
        for content in (_content(chunk, data) for chunk in _chunks(data) if chunk.kind == b"IDAT"):
            rest = content
            while missing > 0 and (inflated := inflater.decompress(rest, _AT_ONCE)):
                missing -= len(inflated)
                rest = inflater.unconsumed_tail
    except zlib.error:
        return False
    return missing <= 0


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield the chunks up to the end of the image, or to what is no chunk; the last may be truncated."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND" and at + _HEADER <= len(data):
        kind = data[at + 4 : at + _HEADER]
        if not kind.isalpha():
            return
        end = at + _HEADER + int.from_bytes(data[at : at + 4]) + _CHECKSUM
        yield _Chunk(kind, at, end)
        at = end


def _content(chunk: _Chunk, data: bytes) -> bytes:
    return data[chunk.start + _HEADER : chunk.end - _CHECKSUM]


def _use(chunk: _Chunk, data: bytes) -> bytes:
    """Return what an ancillary chunk is used for, empty for nothing: its type, or the keyword of a text."""
    if chunk.kind in _TEXTS:
        return _EXIF_TEXT if data.startswith(_EXIF_TEXT + b"\0", chunk.start + _HEADER) else b""
    return chunk.kind if chunk.kind in _USED else b""


def _is_usable(use: bytes, chunk: _Chunk, data: bytes) -> bool:
    """Whether an ancillary chunk is neither damaged nor too much."""
    content = _content(chunk, data)
    if zlib.crc32(chunk.kind + content) != int.from_bytes(data[chunk.end - _CHECKSUM : chunk.end]):
        return False
    if use == _PROFILE or chunk.kind == b"zTXt":
        limit, (_, _, rest) = _LIMITS[use], content.partition(b"\0")
        return rest[:1] == _DEFLATE and 0 < _inflated_length(rest[1:], limit) <= limit
    colours = data[_COLOUR_TYPE] if len(data) > _COLOUR_TYPE else _GREY
    return _has_length(chunk.kind, len(content), colours)


def _has_length(kind: bytes, length: int, colours: int) -> bool:
    """Whether a chunk has the length that its type requires (section 11.3)."""
    if kind == b"tRNS":
        return 0 < length <= _COLOURS if colours == _PALETTE else length == _KEYS.get(colours)
    if kind == b"sBIT":
        return length == (_SAMPLES[_RGB] if colours == _PALETTE else _SAMPLES.get(colours))
    return length == _LENGTHS.get(kind, length)


def _inflated_length(data: bytes, limit: int) -> int:
    """Return the length of inflated data; 0 if they are damaged, more than `limit` if they are longer."""
    inflater = zlib.decompressobj()
    try:
        length = len(inflater.decompress(data, limit + 1))
    except zlib.error:
        return 0
    return length if inflater.eof or length > limit else 0


def _image_length(data: bytes) -> int:
    """Return the length of the image data before compression; 0 if the header is not valid."""
    if len(data) <= _INTERLACING or data[_COLOUR_TYPE] not in _SAMPLES:
        return 0
    width, height, bits = (int.from_bytes(data[at:end]) for at, end in ((16, 20), (20, 24), (24, 25)))
    pixel, length = bits * _SAMPLES[data[_COLOUR_TYPE]], 0
    for column, row, across, down in _PASSES if data[_INTERLACING] else _ALL:
        columns, rows = -((column - width) // across), -((row - height) // down)
        if columns > 0 and rows > 0:
            length += rows * (1 + -(-columns * pixel // 8))
    return length
