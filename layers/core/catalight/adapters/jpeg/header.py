"""Reads what stands in a JPEG before its coded data (ITU-T T.81, annex B), where it is as in nearly all."""

import re
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

BLOCK = 64  # values
BLOCK_SIDE = 8
TABLES = 4  # at most, of each kind

_START = b"\xff\xd8"
_HUFFMAN, _SCAN, _STEPS, _INTERVAL, _ADOBE = 0xC4, 0xDA, 0xDB, 0xDD, 0xEE
_FRAMES = (0xC0, 0xC1)
_PASSED_OVER = frozenset({*range(0xE0, 0xF0), 0xFE})  # applications' segments, comments
_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_LONGEST_CODE = 16
_LARGEST_DC = 15
_WHOLE_BLOCKS = bytes([0, BLOCK - 1, 0])  # what the scan says where it is the only one
_YCC_IDS = ([1, 2, 3], [0, 1, 2])
_ADOBE_YCC = 1


class UnusualError(Exception):
    """A header that is broken, or of a kind that is not read here."""


class Component(NamedTuple):
    """One of the colours: its blocks in an MCU, across and down, and the numbers of its tables."""

    across: int
    down: int
    steps: int
    dc: int
    ac: int


class Codes(NamedTuple):
    """A Huffman table: how many codes of each length from 1 to 16, and what they stand for."""

    counts: bytes
    symbols: bytes


@dataclass(slots=True)
class Header:
    """A baseline JPEG in grey or YCbCr with one scan; the steps of quantisation are in zigzag order.

    `interval` is the MCUs between two restarts, or 0; `data_at` is where the coded data begin.
    """

    width: int = 0
    height: int = 0
    components: list[Component] = field(default_factory=list)
    steps: dict[int, bytes] = field(default_factory=dict)
    dc: dict[int, Codes] = field(default_factory=dict)
    ac: dict[int, Codes] = field(default_factory=dict)
    interval: int = 0
    data_at: int = 0

    @property
    def units(self) -> int:
        """How many MCUs there are."""
        across = BLOCK_SIDE * max(component.across for component in self.components)
        down = BLOCK_SIDE * max(component.down for component in self.components)
        return -(-self.width // across) * -(-self.height // down)


def read(data: bytes) -> Header:
    """The header of a JPEG; raises UnusualError."""
    header, frame, at = Header(), b"", len(_START)
    _expect(data.startswith(_START))
    try:
        while found := _MARKER.match(data, at):
            kind, at = found[1][0], found.end()
            end = at + int.from_bytes(data[at : at + 2])
            content, at = data[at + 2 : end], end
            if kind == _SCAN:
                _read_components(header, frame, content)
                header.data_at = at
                return header
            if kind in _FRAMES and not frame:
                frame = content
            else:
                _read_table(header, kind, content)
    except (IndexError, KeyError, struct.error) as error:
        raise UnusualError("something is missing") from error
    raise UnusualError("no scan")


def _read_table(header: Header, kind: int, content: bytes) -> None:
    if kind == _STEPS:
        _read_steps(header, content)
    elif kind == _HUFFMAN:
        _read_codes(header, content)
    elif kind == _INTERVAL:
        (header.interval,) = struct.unpack(">H", content)
    elif kind == _ADOBE and content.startswith(b"Adobe"):
        _expect(content[11] == _ADOBE_YCC)
    else:
        _expect(kind in _PASSED_OVER)  # and not a progressive, lossless or arithmetic frame


def _read_steps(header: Header, content: bytes) -> None:
    while content:
        number, steps, content = content[0], content[1 : BLOCK + 1], content[BLOCK + 1 :]
        _expect(number < TABLES and len(steps) == BLOCK and 0 not in steps)  # 16 or more: of two bytes each
        header.steps[number] = steps


def _read_codes(header: Header, content: bytes) -> None:
    while content:
        kind, number = divmod(content[0], _LONGEST_CODE)
        counts, content = content[1 : _LONGEST_CODE + 1], content[_LONGEST_CODE + 1 :]
        many = sum(counts)
        symbols, content = content[:many], content[many:]
        _expect(kind < len("DA") and number < TABLES and len(counts) == _LONGEST_CODE)
        _expect(
            len(symbols) == many == len(set(symbols)) and (kind or max(symbols, default=0) <= _LARGEST_DC)
        )
        (header.ac if kind else header.dc)[number] = Codes(counts, symbols)


def _read_components(header: Header, frame: bytes, scan: bytes) -> None:
    bits, header.height, header.width, count = struct.unpack_from(">BHHB", frame)
    _expect(bits == BLOCK_SIDE and header.width > 0 and header.height > 0 and count in (1, len(_YCC_IDS[0])))
    _expect(scan[0] == count and scan[1 + 2 * count :] == _WHOLE_BLOCKS)
    _expect(len(frame) == 6 + 3 * count)
    ids = [frame[6 + 3 * i] for i in range(count)]
    _expect(ids == [scan[1 + 2 * i] for i in range(count)] and (count == 1 or ids in _YCC_IDS))
    for i in range(count):
        blocks, steps = frame[7 + 3 * i], frame[8 + 3 * i]
        across, down = divmod(blocks, 16)
        dc, ac = divmod(scan[2 + 2 * i], 16)
        _expect(0 < across <= TABLES and 0 < down <= TABLES)
        _expect(steps in header.steps and dc in header.dc and ac in header.ac)
        if count == 1:  # alone it goes block by block
            across = down = 1
        header.components.append(Component(across, down, steps, dc, ac))


def _expect(usual: object) -> None:
    if not usual:
        raise UnusualError("not as usual")
