"""Check how far the sheets of .xls and .xlsb workbooks reach, before calamine makes a table as large as that.

A workbook of 5 kB with one cell in the last row and column would take 1 GB of memory.
"""

import struct
from collections.abc import Iterator

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.ole import stream_of
from catalight.adapters.tables.ooxml.parts import relationships
from catalight.adapters.tables.problems import MAX_CELLS, corrupt, encrypted, too_many_cells

_XLSB_PART = 100_000_000  # bytes
_XLSB_CELLS = range(2, 12)  # BrtCellRk to BrtFmlaError (MS-XLSB, 2.4)
_XLSB_ROW, _XLSB_END = 0, 146  # BrtRowHdr, BrtEndSheetData

# MS-XLS, 2.4: RK, NUMBER, LABELSST, LABEL, RSTRING, BOOLERR, FORMULA, and MULRK with several cells.
_XLS_CELLS = frozenset((0x27E, 0x203, 0xFD, 0x204, 0xD6, 0x205, 0x6))
_XLS_MULRK, _XLS_DIMENSIONS, _XLS_START, _XLS_PASSWORD = 0xBD, 0x200, 0x809, 0x2F


class _Extent:
    """The rectangle around the cells of a sheet."""

    def __init__(self) -> None:
        self._top = self._left = 1 << 32
        self._bottom = self._right = 0

    def add(self, row: int, column: int) -> None:
        """Add a cell. Raise CatalogueError if the rectangle has more cells than a sheet may have."""
        grows = not (self._top <= row <= self._bottom and self._left <= column <= self._right)
        if grows:
            self._top, self._bottom = min(self._top, row), max(self._bottom, row)
            self._left, self._right = min(self._left, column), max(self._right, column)
            if (self._bottom - self._top + 1) * (self._right - self._left + 1) > MAX_CELLS:
                raise too_many_cells(self._bottom + 1)


def check_xls(data: bytes) -> None:
    """Raise CatalogueError if a sheet of an .xls workbook reaches too far, or it is damaged or encrypted."""
    extent = _Extent()
    for kind, content in _xls_records(stream_of(data, ("Workbook", "Book"))):
        if kind in _XLS_CELLS and len(content) >= 4:
            extent.add(*struct.unpack_from("<HH", content))
        elif kind == _XLS_MULRK and len(content) >= 6:
            extent.add(*struct.unpack_from("<HH", content))
            extent.add(*struct.unpack("<HH", content[:2] + content[-2:]))
        elif kind == _XLS_DIMENSIONS:
            _check_dimensions(content)
        elif kind == _XLS_START:
            extent = _Extent()
        elif kind == _XLS_PASSWORD:
            raise encrypted()


def check_xlsb(archive: Archive, main: str) -> None:
    """Raise CatalogueError if a sheet of an .xlsb workbook reaches too far, or a part is too large."""
    sheets = {one.target.lower() for one in relationships(archive, main).values() if one.kind == "worksheet"}
    for name in archive.names():
        if name in sheets or name.endswith(".bin"):
            data = archive.read(name, _XLSB_PART)
            if name in sheets:
                _check_xlsb_sheet(data)


def _check_xlsb_sheet(data: bytes) -> None:
    extent, row = _Extent(), 0
    for kind, start in _xlsb_records(data):
        if kind == _XLSB_END:
            return
        if kind == _XLSB_ROW:
            row = int.from_bytes(data[start : start + 4], "little")
        elif kind in _XLSB_CELLS:
            extent.add(row, int.from_bytes(data[start : start + 4], "little"))


def _check_dimensions(content: bytes) -> None:
    """Raise CatalogueError if a sheet says that it is too large: calamine reserves memory for that."""
    if len(content) == 14:  # BIFF 8; before, rows had two bytes
        first, last, left, right = struct.unpack_from("<IIHH", content)
    elif len(content) >= 8:
        first, last, left, right = struct.unpack_from("<HHHH", content)
    else:
        return
    if last > first and right > left and (last - first) * (right - left) > 2 * MAX_CELLS:
        raise too_many_cells(last)


def _xls_records(data: bytes) -> Iterator[tuple[int, bytes]]:
    position, end = 0, len(data) - 3
    while position < end:
        kind, length = struct.unpack_from("<HH", data, position)
        yield kind, data[position + 4 : position + 4 + length]
        position += 4 + length


def _xlsb_records(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the type of each record and where its content starts (MS-XLSB, 2.1.4)."""
    position, end = 0, len(data)
    try:
        while position < end:
            kind = data[position]
            position += 1
            if kind & 0x80:
                kind = (kind & 0x7F) | data[position] << 7
                position += 1
            length = shift = 0
            while True:
                byte = data[position]
                position += 1
                length |= (byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 or shift == 28:
                    break
            yield kind, position
            position += length
    except IndexError as error:
        raise corrupt("the end of a sheet is missing") from error
