"""The records of a ZIP without compression: APPNOTE.TXT 4.5.1 of PKWARE (sections 4.3.7 to 4.3.16, 4.5.3).

Sizes and CRC-32 stand before each file, and names are UTF-8, so every program reads it. ZIP64 is used only
where a number does not fit otherwise, because some old programs lack it.
"""

import struct
from dataclasses import dataclass
from datetime import datetime

FULL_16, FULL_32 = 0xFFFF, 0xFFFFFFFF  # in the place of a number that stands in a ZIP64 record
MADE_BY = 3 << 8 | 45  # Unix, version 4.5
PLAIN, ZIP64 = 20, 45  # versions needed to read: 2.0 and 4.5
UTF8 = 1 << 11  # general purpose bit 11
FILE_MODE = 0o100644 << 16  # a regular file that all may read


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a ZIP. `size` and `offset` are bytes; `offset` is where its local header begins."""

    name: str
    size: int
    crc: int
    offset: int
    time: datetime

    def local_header(self) -> bytes:
        """Return what stands before the file's own bytes (4.3.7)."""
        large = self.size >= FULL_32
        extra = _zip64(self.size, self.size) if large else b""
        size = FULL_32 if large else self.size
        name = self.name.encode()
        fixed = struct.pack(
            "<4s5H3L2H",
            *(b"PK\x03\x04", ZIP64 if large else PLAIN, UTF8, 0, *_dos(self.time)),
            *(self.crc, size, size, len(name), len(extra)),
        )
        return fixed + name + extra

    def directory_header(self) -> bytes:
        """Return the file's record in the central directory (4.3.12)."""
        large, far = self.size >= FULL_32, self.offset >= FULL_32
        extra = _zip64(*([self.size] * 2 if large else []), *([self.offset] if far else []))
        size, offset = FULL_32 if large else self.size, FULL_32 if far else self.offset
        name = self.name.encode()
        fixed = struct.pack(
            "<4s6H3L5H2L",
            *(b"PK\x01\x02", MADE_BY, ZIP64 if extra else PLAIN, UTF8, 0, *_dos(self.time)),
            *(self.crc, size, size, len(name), len(extra), 0, 0, 0, FILE_MODE, offset),
        )
        return fixed + name + extra


def end(entries: int, directory_at: int, directory_size: int) -> bytes:
    """Return what stands after the central directory (4.3.14 to 4.3.16); the last two are bytes."""
    plain = struct.pack(
        "<4s4H2LH",
        *(b"PK\x05\x06", 0, 0, *[min(entries, FULL_16)] * 2),
        *(min(directory_size, FULL_32), min(directory_at, FULL_32), 0),
    )
    if entries < FULL_16 and directory_size < FULL_32 and directory_at < FULL_32:
        return plain
    record = struct.pack(
        "<4sQ2H2L4Q",
        *(b"PK\x06\x06", 44, MADE_BY, ZIP64, 0, 0),  # 44: the bytes that follow the size itself
        *(entries, entries, directory_size, directory_at),
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, directory_at + directory_size, 1)
    return record + locator + plain


def _zip64(*numbers: int) -> bytes:
    """Return the extra field for numbers of 8 bytes (4.5.3), or nothing if there are none."""
    return struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""


def _dos(time: datetime) -> tuple[int, int]:
    """Return a time from 1980 on, and its date, as MS-DOS stores them (4.4.6), in steps of two seconds."""
    clock = time.hour << 11 | time.minute << 5 | time.second // 2
    return clock, (time.year - 1980) << 9 | time.month << 5 | time.day
