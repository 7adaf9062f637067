"""A workbook's zip archive: its parts by name, unpacked in pieces and within limits."""

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import BinaryIO

from catalight.adapters.tables.limits import SMALL, Limits
from catalight.adapters.tables.problems import (
    MAX_ENTRIES,
    MAX_RATIO,
    RATIO_COUNTS_FROM,
    corrupt,
    encrypted,
    too_large,
)

_PIECE = 65_536
_SCANNED = 4_000_000  # bytes at once
_DIRECTORY_ENTRY = b"PK\x01\x02"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # all that OPC and ODF allow
_ENCRYPTED = 0x1
_ADVICE = "Delete the sheets and columns that are not used, or save it as CSV."


class Archive:
    """The parts of a workbook. Raises CatalogueError if the archive is damaged, encrypted or too large.

    Names are compared without case, as OPC demands (ECMA-376 part 2, 6.3.5), and `\\` is read as `/`.
    """

    def __init__(self, source: bytes | BinaryIO, limits: Limits = SMALL) -> None:
        """Open an archive in memory, or in a file that can be read from any place."""
        self.limits = limits
        file = BytesIO(source) if isinstance(source, bytes) else source
        if _entries(file) > MAX_ENTRIES:  # before zipfile makes an object of each
            raise too_large(f"more than {MAX_ENTRIES:,} files in it", _ADVICE)
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise corrupt("it is no complete zip archive") from error
        self._parts = {_key(info.filename): info for info in self._zip.infolist()}
        self._unpacked = 0

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._parts

    def names(self) -> list[str]:
        """Return the names of all parts, in lower case."""
        return list(self._parts)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a part, in pieces of at most 64 KiB."""
        info = self._parts.get(_key(name))
        if info is None:
            raise corrupt("a part of it is missing")
        if info.flag_bits & _ENCRYPTED:
            raise encrypted()
        if info.compress_type not in _METHODS:
            raise corrupt("it is compressed in an unknown way")
        size = 0
        try:
            with self._zip.open(info) as part:
                while piece := part.read(_PIECE):
                    size += len(piece)
                    self._count(len(piece), size, info.compress_size)
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise corrupt("a part of it cannot be unpacked") from error

    def read(self, name: str, limit: int) -> bytes:
        """Return the bytes of a part that has at most `limit`; nothing if there is no such part."""
        found = bytearray()
        if name in self:
            for piece in self.pieces(name):
                found += piece
                if len(found) > limit:
                    raise too_large(f"a part of more than {limit:,} bytes that should be small", _ADVICE)
        return bytes(found)

    def _count(self, more: int, size: int, packed: int) -> None:
        self._unpacked += more
        if self._unpacked > self.limits.unpacked:
            raise too_large(f"more than {self.limits.unpacked:,} bytes when it is unpacked", _ADVICE)
        if size > RATIO_COUNTS_FROM and size > MAX_RATIO * packed:
            raise too_large(f"a part that unpacks to more than {MAX_RATIO} times its size", _ADVICE)


def resolved(base: str, target: str) -> str:
    """Return the name of the part that a relationship of the part `base` points to."""
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), target)).lstrip("/")


def _entries(file: BinaryIO) -> int:
    """Return how often the file has the mark of an entry; by chance also elsewhere."""
    file.seek(0)
    found, rest = 0, b""
    while piece := file.read(_SCANNED):
        piece = rest + piece
        found += piece.count(_DIRECTORY_ENTRY)
        rest = piece[1 - len(_DIRECTORY_ENTRY) :]
    file.seek(0)
    return found


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
