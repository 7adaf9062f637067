"""Read a stream of an OLE container, in which .xls workbooks lie (MS-CFB)."""

import struct
from collections.abc import Collection, Sequence

from catalight.adapters.tables.problems import corrupt

_IN_HEADER = 109  # sectors of the allocation table whose numbers are in the header
_NO_SECTOR = 0xFFFFFFFA  # this and greater numbers
_ENTRY = 128
_ROOT = 5


def stream_of(data: bytes, names: Collection[str]) -> bytes:
    """Return the first stream with one of these names. Raises CatalogueError if the container is damaged."""
    try:
        return _Container(data).stream(names)
    except (struct.error, IndexError) as error:
        raise corrupt("its container is not complete") from error


class _Container:
    """A container: sectors, which tables chain to streams, and small sectors within one of these streams."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        shift, small_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise corrupt("its container has no valid header")
        self._size, self._small_size = 1 << shift, 1 << small_shift
        (self._directory,) = struct.unpack_from("<I", data, 48)
        self._cutoff, self._small_table = struct.unpack_from("<II", data, 56)
        self._table = self._allocation_table()

    def stream(self, names: Collection[str]) -> bytes:
        """Return a stream by its name."""
        directory = self._chain(self._directory)
        entries = [directory[place : place + _ENTRY] for place in range(0, len(directory), _ENTRY)]
        for entry in entries:
            (length,) = struct.unpack_from("<H", entry, 64)
            if entry[: max(length, 2) - 2].decode("utf-16-le", "replace") in names:
                first, size = struct.unpack_from("<II", entry, 116)
                if size >= self._cutoff:
                    return self._chain(first)[:size]
                return self._small_chain(entries, first)[:size]
        raise corrupt("its container has no workbook")

    def _allocation_table(self) -> Sequence[int]:
        """Return the number of the sector that follows each sector."""
        numbers = list(struct.unpack_from(f"<{_IN_HEADER}I", self._data, 76))
        (more,) = struct.unpack_from("<I", self._data, 68)
        for _ in range(len(self._data) // self._size):
            if more >= _NO_SECTOR:
                break
            *listed, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            numbers += listed
        used = [number for number in numbers if number < _NO_SECTOR][: len(self._data) // self._size]
        table = b"".join(map(self._sector, used))
        return memoryview(table[: len(table) // 4 * 4]).cast("I")

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        return self._data[start : start + self._size]

    def _chain(self, sector: int) -> bytes:
        """Return the sectors that begin with one, at most as many as there are."""
        sectors: list[bytes] = []
        while sector < _NO_SECTOR:
            if len(sectors) > len(self._table):
                raise corrupt("its container refers to itself")
            sectors.append(self._sector(sector))
            sector = self._table[sector]
        return b"".join(sectors)

    def _small_chain(self, entries: Sequence[bytes], sector: int) -> bytes:
        (first,) = struct.unpack_from("<I", next(one for one in entries if one[66] == _ROOT), 116)
        content, size = self._chain(first), self._small_size
        table = self._chain(self._small_table)
        found: list[bytes] = []
        while sector < _NO_SECTOR:
            if len(found) > len(content) // size:
                raise corrupt("its container refers to itself")
            found.append(content[sector * size : (sector + 1) * size])
            (sector,) = struct.unpack_from("<I", table, 4 * sector)
        return b"".join(found)
