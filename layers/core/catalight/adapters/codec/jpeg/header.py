"""What stands in a JPEG around its coded data (ITU-T T.81, annex B): read where it is as in nearly all."""

import re
import struct
from dataclasses import dataclass, field
from typing import NamedTuple

BLOCK = 64  # values
BLOCK_SIDE = 8
TABLES = 4  # at most, of each kind
LONGEST_CODE = 16  # bits
SYMBOLS = 256
COLOURS = 3

_HUFFMAN, _END, _SCAN, _STEPS, _INTERVAL, _ADOBE = 0xC4, 0xD9, 0xDA, 0xDB, 0xDD, 0xEE
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_PASSED_OVER = frozenset({*range(0xE0, 0xF0), 0xFE})  # applications' segments, comments
_MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
_LARGEST_DC = 15
_LARGEST_SHIFT = 10
_MOST_SEGMENTS = 500  # 64 KiB each, so more than a file has: reading millions of empty ones takes seconds
_MOST_CODES = 2 * TABLES * (1 + LONGEST_CODE + SYMBOLS)  # bytes in a segment
_YCC_IDS = ([1, 2, 3], [0, 1, 2])
_ADOBE_YCC = 1


class UnusualError(Exception):
    """Something that is broken, or of a kind that is not read here."""


class Component(NamedTuple):
    """Brightness, or one of the colours: its blocks in an MCU, across and down, and its table of steps."""

    id: int
    across: int
    down: int
    steps: int


class Codes(NamedTuple):
    """A Huffman table: how many codes of each length from 1 to 16, and what they stand for."""

    counts: bytes
    symbols: bytes


class Scan(NamedTuple):
    """One pass over the picture, for some components, with the numbers of their tables.

    It has coefficients `first` to `last` without their lowest `shift` bits, or, where it refines what is
    there, just their bit at that place. `data_at` is where the coded data begin.
    """

    components: list[int]
    dc: list[int]
    ac: list[int]
    first: int
    last: int
    refines: bool
    shift: int
    data_at: int


@dataclass(slots=True)
class Header:
    """A JPEG in grey or YCbCr, baseline or progressive; the steps of quantisation are in zigzag order.

    `interval` is the MCUs between two restarts, or 0. Tables are those of the scan that was read last.
    """

    data: bytes
    progressive: bool = False
    width: int = 0
    height: int = 0
    components: list[Component] = field(default_factory=list)
    steps: dict[int, bytes] = field(default_factory=dict)
    dc: dict[int, Codes] = field(default_factory=dict)
    ac: dict[int, Codes] = field(default_factory=dict)
    interval: int = 0
    _segments: int = 0
    _missing: list[list[int]] = field(default_factory=list)  # bits of each component's coefficients

    def unit(self) -> tuple[int, int]:
        """The pixels of an MCU, across and down."""
        across, down = self._largest()
        return BLOCK_SIDE * across, BLOCK_SIDE * down

    def units(self) -> tuple[int, int]:
        """How many MCUs there are, across and down."""
        across, down = self.unit()
        return -(-self.width // across), -(-self.height // down)

    def blocks(self, component: Component) -> tuple[int, int]:
        """How many of a component's blocks show something of the picture, across and down."""
        across, down = self._largest()
        wide, high = -(-self.width * component.across // across), -(-self.height * component.down // down)
        return -(-wide // BLOCK_SIDE), -(-high // BLOCK_SIDE)

    def scan(self, at: int) -> Scan | None:
        """The next scan from a place on; None at the end of a picture that is whole. Raises UnusualError."""
        try:
            while found := _MARKER.match(self.data, at):
                kind, at = found[1][0], found.end()
                self._segments += 1
                _expect(self._segments <= _MOST_SEGMENTS)
                if kind == _END:
                    _expect(self.components and not any(map(any, self._missing)))
                    return None
                end = at + int.from_bytes(self.data[at : at + 2])
                content, at = self.data[at + 2 : end], end
                if kind == _SCAN:
                    return self._read_scan(content, at)
                self._read_segment(kind, content)
        except (IndexError, KeyError, struct.error) as error:
            raise UnusualError("something is missing") from error
        raise UnusualError("no scan and no end")

    def _largest(self) -> tuple[int, int]:
        return max(c.across for c in self.components), max(c.down for c in self.components)

    def _read_segment(self, kind: int, content: bytes) -> None:
        if kind == _STEPS:
            _expect(not self.components)  # nor may they change between the scans
            self._read_steps(content)
        elif kind == _HUFFMAN:
            self._read_codes(content)
        elif kind == _INTERVAL:
            (self.interval,) = struct.unpack(">H", content)
        elif kind in _SEQUENTIAL or kind == _PROGRESSIVE:
            _expect(not self.components)
            self.progressive = kind == _PROGRESSIVE
            self._read_frame(content)
        elif kind == _ADOBE and content.startswith(b"Adobe"):
            _expect(content[11] == _ADOBE_YCC)
        else:
            _expect(kind in _PASSED_OVER)  # and not a lossless or arithmetic frame

    def _read_steps(self, content: bytes) -> None:
        while content:
            number, steps, content = content[0], content[1 : BLOCK + 1], content[BLOCK + 1 :]
            _expect(number < TABLES and len(steps) == BLOCK and 0 not in steps)  # 16 or more: of two bytes
            self.steps[number] = steps

    def _read_codes(self, content: bytes) -> None:
        _expect(len(content) <= _MOST_CODES)
        while content:
            kind, number = divmod(content[0], LONGEST_CODE)
            counts, content = content[1 : LONGEST_CODE + 1], content[LONGEST_CODE + 1 :]
            many = sum(counts)
            symbols, content = content[:many], content[many:]
            _expect(kind < len("DA") and number < TABLES and len(counts) == LONGEST_CODE)
            _expect(len(symbols) == many == len(set(symbols)))
            _expect(kind or max(symbols, default=0) <= _LARGEST_DC)
            (self.ac if kind else self.dc)[number] = Codes(counts, symbols)

    def _read_frame(self, content: bytes) -> None:
        bits, self.height, self.width, count = struct.unpack_from(">BHHB", content)
        _expect(bits == BLOCK_SIDE and self.width > 0 and self.height > 0 and count in (1, COLOURS))
        _expect(len(content) == 6 + 3 * count)
        for i in range(count):
            component, blocks, steps = content[6 + 3 * i : 9 + 3 * i]
            across, down = divmod(blocks, 16)
            _expect(0 < across <= TABLES and 0 < down <= TABLES)
            if count == 1:  # alone it goes block by block
                across = down = 1
            self.components.append(Component(component, across, down, steps))
        _expect(count == 1 or [component.id for component in self.components] in _YCC_IDS)
        self._missing = [[BLOCK] * BLOCK for _ in self.components]  # more bits than there are

    def _read_scan(self, content: bytes, data_at: int) -> Scan:
        count = content[0]
        _expect(self.components and len(content) == 4 + 2 * count)
        ids = [component.id for component in self.components]
        scan = Scan(
            components=[ids.index(content[1 + 2 * i]) for i in range(count) if content[1 + 2 * i] in ids],
            dc=[content[2 + 2 * i] >> 4 for i in range(count)],
            ac=[content[2 + 2 * i] & 15 for i in range(count)],
            first=content[-3],
            last=content[-2],
            refines=content[-1] >> 4 > 0,
            shift=content[-1] & 15,
            data_at=data_at,
        )
        _expect(0 < count == len(scan.components) and scan.components == sorted(set(scan.components)))
        self._check_tables(scan)
        self._check_turn(scan, before=content[-1] >> 4)
        return scan

    def _check_tables(self, scan: Scan) -> None:
        """Whether what the scan needs is there, and it is of a kind that its frame may have."""
        if self.progressive:
            _expect(scan.last == 0 if scan.first == 0 else scan.last < BLOCK and len(scan.components) == 1)
        else:
            _expect((scan.first, scan.last, scan.refines, scan.shift) == (0, BLOCK - 1, False, 0))
        _expect(all(component.steps in self.steps for component in self.components))
        for place in range(len(scan.components)):
            if scan.first == 0 and not scan.refines:
                _expect(scan.dc[place] in self.dc)
            if scan.last > 0:
                _expect(scan.ac[place] in self.ac)

    def _check_turn(self, scan: Scan, before: int) -> None:
        """Whether it is this scan's turn: coefficients come once, then bit by bit; AC values after DC's."""
        _expect(scan.first <= scan.last and scan.shift <= _LARGEST_SHIFT)
        for component in scan.components:
            missing = self._missing[component]
            _expect(scan.first == 0 or missing[0] < BLOCK)
            for k in range(scan.first, scan.last + 1):
                _expect(
                    missing[k] == (before or BLOCK) and scan.shift == (before - 1 if before else scan.shift)
                )
                missing[k] = scan.shift


def segment(kind: int, content: bytes) -> bytes:
    """A marker segment, for `content` of less than 64 KiB."""
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _expect(usual: object) -> None:
    if not usual:
        raise UnusualError("not as usual")
