"""Unpack gzip in pieces, to a limit."""

import zlib

from catalight.adapters.tables.kinds import GZIP
from catalight.adapters.tables.problems import refusal
from catalight.domain.errors import Problem

MAX_BYTES = 50_000_000
_MAX_MEMBERS = 10_000  # tools that pack in blocks make one of about each 64 kB
_PIECE = 4_096  # small, because the rest of a piece is copied at the end of each member
_WITH_HEADER = 31  # zlib: gzip only, with the largest window


def gunzip(data: bytes) -> tuple[bytes, Problem | None]:
    """Return the content of all members of a gzip file, and a warning if other data follows them.

    Raises CatalogueError if the file is damaged, holds another gzip file, or has more than MAX_BYTES in it.
    """
    content, position = bytearray(), 0
    members = 0
    while data.startswith(GZIP, position):
        members += 1
        if members > _MAX_MEMBERS:
            raise _corrupt(f"it has more than {_MAX_MEMBERS:,} parts")
        position = _member(data, position, content)
    if content.startswith(GZIP):
        message = "The file is packed with gzip twice. Pack it once, or not at all, and send it again."
        raise refusal("gzip_twice", message)
    if not data[position:].strip(b"\0"):  # tapes and some programs pad with zeros
        return bytes(content), None
    message = f"The gzip data ends before byte {position + 1:,}. The other data after it was not read."
    return bytes(content), Problem("gzip_trailing_data", message)


def _member(data: bytes, position: int, content: bytearray) -> int:
    """Add the content of the member at `position`; return where it ends."""
    unpacker = zlib.decompressobj(_WITH_HEADER)
    while position < len(data):
        piece = data[position : position + _PIECE]
        position += len(piece)
        try:
            content += unpacker.decompress(piece, MAX_BYTES + 1 - len(content))
        except zlib.error as error:
            raise _corrupt("its data or a checksum is wrong") from error
        if len(content) > MAX_BYTES or unpacker.unconsumed_tail:
            message = (
                f"The file unpacks to more than {MAX_BYTES:,} bytes, which is the limit. "
                "Split it into several files."
            )
            raise refusal("gzip_too_large", message)
        if unpacker.eof:
            return position - len(unpacker.unused_data)
    raise _corrupt("its end is missing")


def _corrupt(why: str) -> Exception:
    return refusal("corrupt_gzip", f"The gzip file is damaged: {why}. Pack it again and send the new file.")
