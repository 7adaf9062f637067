"""Parse the marker segments of a JPEG (ITU-T T.81, annex B); unusual features raise UnusualError."""

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

BLOCK = 64  # coefficients
BLOCK_SIDE = 8
TABLES = 4  # at most, of each kind (quantisation, DC Huffman, AC Huffman)
LONGEST_CODE = 16  # bits
SYMBOLS = 256
COMPONENTS = 3

_DHT, _EOI, _SOS, _DQT, _DRI, _APP14 = 0xC4, 0xD9, 0xDA, 0xDB, 0xDD, 0xEE
_SOF_SEQUENTIAL, _SOF_PROGRESSIVE = (0xC0, 0xC1), 0xC2
_SKIPPED = frozenset({*range(0xE0, 0xF0), 0xFE})  # application segments and comments
_FILL = 0xFF
_MAX_DC_SIZE = 15  # bits
_MAX_SHIFT = 10
_MAX_SEGMENTS = (
    500  # of up to 64 KiB, so more than any file needs; parsing millions of empty ones takes seconds
)
_MAX_DHT_BYTES = 2 * TABLES * (1 + LONGEST_CODE + SYMBOLS)  # of all tables in one segment
_COMPLETE = [0] * BLOCK
_YCC_IDS = ([1, 2, 3], [0, 1, 2])
_ADOBE_YCC = 1


class UnsupportedJpegError(Exception):
    """The JPEG is broken, or uses a feature that the fast path does not support."""


class Component(NamedTuple):
    """A luma or chroma component: its blocks in an MCU, across and down, and its quantisation table."""

    id: int
    across: int
    down: int
    steps: int


class Scan(NamedTuple):
    """One scan: the indices of its components and the numbers of their Huffman tables.

    It holds the coefficients `first` to `last` (spectral selection) without their lowest `shift` bits, or, if
    it `refines` earlier scans, only their bit at position `shift` (successive approximation). The
    entropy-coded data begins at offset `data_at`.
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
    """A grey or YCbCr JPEG, sequential or progressive.

    `steps` holds the quantisation tables by number, in zigzag order. `interval` is the restart interval in
    MCUs, or 0. `keeps_chroma` is whether the output has chroma of full resolution too; the image must have.
    The Huffman tables, by number, are those of the scan that was read last: the number of codes of each
    length from 1 to 16, and then the symbols in code order.
    """

    data: bytes
    progressive: bool = False
    width: int = 0
    height: int = 0
    components: list[Component] = field(default_factory=list)
    steps: dict[int, bytes] = field(default_factory=dict)
    dc: dict[int, bytes] = field(default_factory=dict)
    ac: dict[int, bytes] = field(default_factory=dict)
    interval: int = 0
    keeps_chroma: bool = False
    _segments: int = 0
    # For each coefficient of each component, the number of low bits that no scan has had yet.
    _missing: list[list[int]] = field(default_factory=list)

    def mcu_size(self) -> tuple[int, int]:
        """Return the size of an MCU in pixels: width and height."""
        across, down = self._largest()
        return BLOCK_SIDE * across, BLOCK_SIDE * down

    def mcus(self) -> tuple[int, int]:
        """Return the number of MCUs, across and down."""
        across, down = self.mcu_size()
        return -(-self.width // across), -(-self.height // down)

    def blocks(self, component: Component) -> tuple[int, int]:
        """Return the number of a component's blocks that contain visible samples, across and down."""
        across, down = self._largest()
        wide, high = -(-self.width * component.across // across), -(-self.height * component.down // down)
        return -(-wide // BLOCK_SIDE), -(-high // BLOCK_SIDE)

    def own_steps(self) -> tuple[bytes, ...]:
        """Return the quantisation table of each component."""
        return tuple([self.steps[component.steps] for component in self.components])

    def scan(self, at: int) -> Scan | None:
        """Return the next scan from offset `at`; None at the end of a complete image. Raises UnusualError."""
        data = self.data
        try:
            while data[at] == _FILL:
                kind, at = data[at + 1], at + 2
                while kind == _FILL:
                    kind, at = data[at], at + 1
                self._segments += 1
                _expect(kind and self._segments <= _MAX_SEGMENTS)
                if kind == _EOI:
                    _expect(self.components and self._missing == [_COMPLETE] * len(self.components))
                    return None
                end = at + int.from_bytes(data[at : at + 2])
                content, at = data[at + 2 : end], end
                if kind == _SOS:
                    return self._read_scan(content, at)
                self._read_segment(kind, content)
        except (IndexError, KeyError, struct.error) as error:
            raise UnsupportedJpegError("a segment is truncated or a table is missing") from error
        raise UnsupportedJpegError("there is neither a scan nor an end of image")

    def _largest(self) -> tuple[int, int]:
        return max([c.across for c in self.components]), max([c.down for c in self.components])

    def _read_segment(self, kind: int, content: bytes) -> None:
        if kind == _DQT:
            _expect(not self.components)  # a table must not change after the frame header
            self._read_quantisation_tables(content)
        elif kind == _DHT:
            for is_ac, number, table in _huffman_tables(content):
                (self.ac if is_ac else self.dc)[number] = table
        elif kind == _DRI:
            (self.interval,) = struct.unpack(">H", content)
        elif kind in _SOF_SEQUENTIAL or kind == _SOF_PROGRESSIVE:
            _expect(not self.components)
            self.progressive = kind == _SOF_PROGRESSIVE
            self._read_frame(content)
        elif kind == _APP14 and content.startswith(b"Adobe"):
            _expect(content[11] == _ADOBE_YCC)
        else:
            _expect(kind in _SKIPPED)  # not, for example, a lossless or arithmetic frame

    def _read_quantisation_tables(self, content: bytes) -> None:
        while content:
            number, steps, content = content[0], content[1 : BLOCK + 1], content[BLOCK + 1 :]
            # 16 or more means a table of 16-bit values, which is not supported.
            _expect(number < TABLES and len(steps) == BLOCK and 0 not in steps)
            self.steps[number] = steps

    def _read_frame(self, content: bytes) -> None:
        bits, self.height, self.width, count = struct.unpack_from(">BHHB", content)
        _expect(bits == BLOCK_SIDE and self.width > 0 and self.height > 0 and count in (1, COMPONENTS))
        _expect(len(content) == 6 + 3 * count)
        for i in range(count):
            component, blocks, steps = content[6 + 3 * i : 9 + 3 * i]
            across, down = divmod(blocks, 16)
            _expect(0 < across <= TABLES and 0 < down <= TABLES)
            if count == 1:  # a single component is coded block by block
                across = down = 1
            self.components.append(Component(component, across, down, steps))
        _expect(count == 1 or [component.id for component in self.components] in _YCC_IDS)
        # No bits have been read: BLOCK is more than a coefficient has.
        self._missing = [[BLOCK] * BLOCK for _ in self.components]

    def _read_scan(self, content: bytes, data_at: int) -> Scan:
        count, ids = content[0], [component.id for component in self.components]
        _expect(ids and len(content) == 4 + 2 * count)
        tables = content[2:-3:2]
        scan = Scan(
            components=[ids.index(number) if number in ids else -1 for number in content[1:-3:2]],
            dc=[number >> 4 for number in tables],
            ac=[number & 15 for number in tables],
            first=content[-3],
            last=content[-2],
            refines=content[-1] >> 4 > 0,
            shift=content[-1] & 15,
            data_at=data_at,
        )
        _expect(count > 0 and scan.components[0] >= 0 and scan.components == sorted(set(scan.components)))
        self._check_tables(scan)
        self._check_order(scan, before=content[-1] >> 4)
        return scan

    def _check_tables(self, scan: Scan) -> None:
        """Raise UnusualError if a table of the scan is missing or the frame does not allow such a scan."""
        if self.progressive:
            _expect(scan.last == 0 if scan.first == 0 else scan.last < BLOCK and len(scan.components) == 1)
        else:
            _expect((scan.first, scan.last, scan.refines, scan.shift) == (0, BLOCK - 1, False, 0))
        _expect(all(component.steps in self.steps for component in self.components))
        for index in range(len(scan.components)):
            if scan.first == 0 and not scan.refines:
                _expect(scan.dc[index] in self.dc)
            if scan.last > 0:
                _expect(scan.ac[index] in self.ac)

    def _check_order(self, scan: Scan, before: int) -> None:
        """Raise UnusualError if the scan is out of order: DC comes before AC, values before refinements."""
        _expect(scan.first <= scan.last and scan.shift <= _MAX_SHIFT and before in (0, scan.shift + 1))
        count = scan.last + 1 - scan.first
        expected, after = [before or BLOCK] * count, [scan.shift] * count
        for component in scan.components:
            missing = self._missing[component]
            _expect(scan.first == 0 or missing[0] < BLOCK)
            _expect(missing[scan.first : scan.last + 1] == expected)
            missing[scan.first : scan.last + 1] = after


@lru_cache(maxsize=64)  # most encoders write the same tables into every image
def _huffman_tables(content: bytes) -> list[tuple[int, int, bytes]]:
    """Return the tables of a segment: whether each is for AC, its number, its counts and symbols."""
    _expect(len(content) <= _MAX_DHT_BYTES)
    tables = []
    while content:
        kind, number = divmod(content[0], LONGEST_CODE)
        counts = content[1 : LONGEST_CODE + 1]
        end = 1 + LONGEST_CODE + sum(counts)
        table, symbols, content = content[1:end], content[LONGEST_CODE + 1 : end], content[end:]
        _expect(kind < len("DA") and number < TABLES and len(table) == end - 1 >= LONGEST_CODE)
        _expect(len(symbols) == len(set(symbols)))
        _expect(kind or max(symbols, default=0) <= _MAX_DC_SIZE)
        tables.append((kind, number, table))
    return tables


def segment(kind: int, content: bytes) -> bytes:
    """Return a marker segment; `content` must be shorter than 64 KiB."""
    return struct.pack(">BBH", 0xFF, kind, len(content) + 2) + content


def _expect(condition: object) -> None:
    if not condition:
        raise UnsupportedJpegError("the JPEG is broken or uses an unsupported feature")
