"""Read the header of an ordinary JPEG as Pillow does, in a third of the time; all others are left to Pillow.

Ordinary is what Pillow takes without a warning: whole segments one after the other, without resources of
Photoshop or further images.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from catalight.adapters.codec.jpeg.header import BLOCK, BLOCK_SIDE, COMPONENTS

_START = b"\xff\xd8\xff"
_HEAD = struct.Struct(">BBH")  # of a segment: FF, its kind, its length without these two bytes
_FRAME = struct.Struct(">BHHB")
_FRAMES, _PROGRESSIVE, _DQT, _SOS = (0xC0, 0xC1, 0xC2), 0xC2, 0xDB, 0xDA
_APP0, _APP1, _APP2, _APP13, _APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE
_READ = frozenset({*_FRAMES, _DQT, _APP0, _APP1, _APP2, _APP13, _APP14})
_SKIPPED = frozenset({0xC4, 0xDD, 0xFE, *range(0xE0, 0xF0)}) - _READ
_EXIF, _PROFILE = b"Exif\0\0", b"ICC_PROFILE\0"
_NUMBER, _CONTENT = 13, 14  # in a segment of a profile: how many there are, what this one has of it
_UNUSUAL = (b"MPF\0", b"Photoshop 3.0\0")
_LEAST = {_APP0: (b"JFIF", 14), _APP2: (_PROFILE, _CONTENT), _APP14: (b"Adobe", 12)}  # bytes
_TABLE = 1 + BLOCK
_LARGEST_TABLE = 15  # its number; of more the highest bits say that it has 16-bit values


class Plain(NamedTuple):
    """The header up to the first scan: `mode` is Pillow's; `exif` and `profile` are None if it has none."""

    size: tuple[int, int]
    mode: str
    progressive: bool
    exif: bytes | None
    profile: bytes | None


def read(data: bytes) -> Plain | None:
    """Return the header, or None if only Pillow can tell what the file is."""
    frame: tuple[int, bytes] | None = None
    profile = None
    parts: list[bytes] = []
    exif: list[bytes] = []
    try:
        for kind, content in _segments(data):
            if kind in _FRAMES:
                if frame:
                    return None
                frame, profile = (kind, content), _joined(parts)
            elif kind == _APP1 and content.startswith(_EXIF):
                exif.append(content[len(_EXIF) :])
            elif kind == _APP2 and content.startswith(_PROFILE):
                parts.append(content)
    except (struct.error, _UnusualError):
        return None
    if frame is None:
        return None
    _, height, width, count = _FRAME.unpack_from(frame[1])
    return Plain(
        (width, height), "L" if count == 1 else "RGB", frame[0] == _PROGRESSIVE, _with_name(exif), profile
    )


class _UnusualError(Exception):
    """Only Pillow can tell what the file is."""


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield those before the first scan that matter."""
    at = 2
    _expect(data.startswith(_START))
    while True:
        marker, kind, length = _HEAD.unpack_from(data, at)
        start, at = at + _HEAD.size, at + 2 + length
        _expect(marker == _START[0] and length >= 2 and at <= len(data))
        if kind == _SOS:
            return
        if kind in _SKIPPED:
            continue
        _expect(kind in _READ)
        content = data[start:at]
        if kind == _DQT:
            _expect(len(content) % _TABLE == 0 and max(content[::_TABLE], default=0) <= _LARGEST_TABLE)
        elif kind in _FRAMES:
            _check_frame(content)
        else:
            name, least = _LEAST.get(kind, (b"", 0))
            _expect(
                not content.startswith(_UNUSUAL) and (len(content) >= least or not content.startswith(name))
            )
        yield kind, content


def _check_frame(content: bytes) -> None:
    bits, height, width, count = _FRAME.unpack_from(content)
    _expect(bits == BLOCK_SIDE and width > 0 and height > 0 and count in (1, COMPONENTS))
    _expect(len(content) == _FRAME.size + 3 * count)


def _with_name(parts: list[bytes]) -> bytes | None:
    """Return Exif data from its parts, as one segment has them."""
    return b"".join([_EXIF, *parts]) if parts else None


def _joined(parts: list[bytes]) -> bytes | None:
    """Return a colour profile from its parts; None if there is none, or their number is not what they say."""
    parts.sort()
    if not parts or parts[0][_NUMBER] != len(parts):
        return None
    return b"".join([part[_CONTENT:] for part in parts])


def _expect(condition: object) -> None:
    if not condition:
        raise _UnusualError
