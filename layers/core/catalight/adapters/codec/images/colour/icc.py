"""Builds matrix/TRC ICC profiles (ICC.1:2022) from primaries and a transfer function."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

type Vector = tuple[float, float, float]
type Matrix = tuple[Vector, Vector, Vector]
type Transfer = Callable[[float], float]
"""The linear light of a coded value from 0 to 1, relative to white."""

D50: Vector = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_CURVE_ENTRIES = 4096
_HEADER_BYTES = 128


@dataclass(frozen=True, slots=True)
class Primaries:
    """CIE 1931 x, y of the white point and of red, green and blue."""

    white: tuple[float, float]
    red: tuple[float, float]
    green: tuple[float, float]
    blue: tuple[float, float]


@lru_cache(maxsize=16)  # the images of a catalogue mostly share one
def rgb_profile(primaries: Primaries, transfer: Transfer) -> bytes:
    """Return an RGB profile. Raises ValueError if the primaries do not span a colour space.

    Where the transfer function exceeds 1, the channel is clipped.
    """
    curve = _curve(transfer)
    colorants = [b"XYZ \0\0\0\0" + _fixed(*column) for column in _transposed(_adapted(primaries))]
    names = (b"rXYZ", b"gXYZ", b"bXYZ")
    tags = dict(zip(names, colorants, strict=True)) | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(b"RGB ", tags)


@lru_cache(maxsize=16)
def grey_profile(transfer: Transfer) -> bytes:
    """Return a profile of one channel, grey."""
    return _profile(b"GRAY", {b"kTRC": _curve(transfer)})


def _profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"wtpt": b"XYZ \0\0\0\0" + _fixed(*D50)} | tags
    start = _HEADER_BYTES + 4 + 12 * len(tags)
    offsets: dict[bytes, int] = {}
    body = b""
    for data in tags.values():
        if data not in offsets:
            offsets[data] = start + len(body)
            body += data + b"\0" * (-len(data) % 4)
    table = b"".join(struct.pack(">4sII", name, offsets[data], len(data)) for name, data in tags.items())
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02100000, b"mntr", space, b"XYZ ")
    head = head.ljust(36, b"\0") + b"acsp"
    head = head.ljust(68, b"\0") + _fixed(*D50)
    return head.ljust(_HEADER_BYTES, b"\0") + struct.pack(">I", len(tags)) + table + body


def _curve(transfer: Transfer) -> bytes:
    values = (transfer(i / (_CURVE_ENTRIES - 1)) for i in range(_CURVE_ENTRIES))
    entries = [round(65535 * min(1.0, max(0.0, value))) for value in values]
    return struct.pack(f">4sxxxxI{_CURVE_ENTRIES}H", b"curv", _CURVE_ENTRIES, *entries)


def _fixed(*values: float) -> bytes:
    """Encode as s15Fixed16Number."""
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _adapted(primaries: Primaries) -> Matrix:
    """Return the matrix from linear RGB to XYZ relative to D50, adapted by Bradford's method."""
    corners = [_xyz(*primaries.red), _xyz(*primaries.green), _xyz(*primaries.blue)]
    columns: Matrix = _transposed((corners[0], corners[1], corners[2]))
    white = _xyz(*primaries.white)
    scales = _times(_inverse(columns), white)
    to_xyz = _scaled_columns(columns, scales)
    source, target = _times(_BRADFORD, white), _times(_BRADFORD, D50)
    gains: Vector = (target[0] / source[0], target[1] / source[1], target[2] / source[2])
    adaptation = _product(_scaled_columns(_inverse(_BRADFORD), gains), _BRADFORD)
    return _product(adaptation, to_xyz)


def _xyz(x: float, y: float) -> Vector:
    """Return the XYZ of a chromaticity at Y = 1."""
    if y <= 0:
        raise ValueError("a chromaticity without luminance")
    return x / y, 1.0, (1 - x - y) / y


def _transposed(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    return (a, d, g), (b, e, h), (c, f, i)


def _times(m: Matrix, v: Vector) -> Vector:
    a, b, c = (sum(x * y for x, y in zip(row, v, strict=True)) for row in m)
    return a, b, c


def _product(m: Matrix, n: Matrix) -> Matrix:
    a, b, c = (_times(m, column) for column in _transposed(n))
    return _transposed((a, b, c))


def _scaled_columns(m: Matrix, scales: Vector) -> Matrix:
    x, y, z = scales
    first, second, third = ((a * x, b * y, c * z) for a, b, c in m)
    return first, second, third


def _inverse(m: Matrix) -> Matrix:
    (a, b, c), (d, e, f), (g, h, i) = m
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(determinant) < 1e-6:
        raise ValueError("primaries on one line")
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    x, y, z = ((p / determinant, q / determinant, r / determinant) for p, q, r in rows)
    return x, y, z
