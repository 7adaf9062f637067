"""Read the numbers in the first directory of a TIFF (TIFF 6.0, section 2), without Pillow."""

import struct
from typing import NamedTuple

BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, PLANAR, EXTRA, FORMAT = 258, 259, 262, 277, 284, 338, 339
WIDTH, FILL_ORDER, ORIENTATION, PREDICTOR, TILE_WIDTH = 256, 266, 274, 317, 322
LONG = 4  # a type
_ENTRY = "HHI4s"
_TYPES = {1: "B", 3: "H", LONG: "I"}  # BYTE, SHORT, LONG
_MAX_VALUES = 16  # the tags used here have one for each sample, at most


class Tag(NamedTuple):
    """A tag: the offset of its entry and its values."""

    at: int
    values: tuple[int, ...]


def order(data: bytes) -> str:
    """Return the byte order, as struct names it."""
    return "<" if data.startswith(b"II") else ">"


def read(data: bytes) -> dict[int, Tag]:
    """Return the tags of integers by their numbers; fewer if the directory is damaged, none of a BigTIFF."""
    found: dict[int, Tag] = {}
    by = order(data)
    try:
        magic, start = struct.unpack_from(f"{by}HI", data, 2)
        (count,) = struct.unpack_from(f"{by}H", data, start) if magic == 42 else (0,)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind, length, value = struct.unpack_from(by + _ENTRY, data, at)
            if kind in _TYPES and length <= _MAX_VALUES:
                layout = f"{by}{length}{_TYPES[kind]}"
                inline = struct.calcsize(layout) <= len(value)
                values_at = at + 8 if inline else int.from_bytes(value, "little" if by == "<" else "big")
                found[tag] = Tag(at, struct.unpack_from(layout, data, values_at))
    except struct.error:
        pass  # the directory or its values end beyond the file
    return found


def values(tags: dict[int, Tag], number: int, *default: int) -> tuple[int, ...]:
    """Return the values of a tag, or the default if it is missing or empty."""
    return (tags[number].values if number in tags else ()) or default


def changed(data: bytes, tags: dict[int, Tag], new: dict[int, tuple[int, int]]) -> bytes:
    """Return the file with other tags: `new` holds the number and the value for each that is replaced."""
    copy, by = bytearray(data), order(data)
    for old, (tag, value) in new.items():
        if old in tags:
            struct.pack_into(f"{by}HHII", copy, tags[old].at, tag, LONG, 1, value)
    return bytes(copy)
