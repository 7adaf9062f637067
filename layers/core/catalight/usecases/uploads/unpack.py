"""Unpack a gzip file into a copy in the store, in steps: a stream cannot be taken up in the middle."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO

from catalight.domain.errors import CatalogueError
from catalight.domain.job.upload import Spool
from catalight.usecases.ports import SecondsLeft, Uploads
from catalight.usecases.uploads.file_at import FileAt, refusal

GZIP = b"\x1f\x8b"
MAX_UNPACKED = 20_000_000_000  # bytes
MAX_MEMBERS = 1_000_000
READ = 4_000_000  # bytes
_PIECE = 4_096  # small, because the rest of a piece is copied at the end of each member
_CHUNK = 1 << 20  # bytes that are unpacked at once
_WITH_HEADER = 31  # zlib: gzip only, with the largest window
PART = 16 << 20  # bytes; 10,000 parts hold more than MAX_UNPACKED
MIN_SECONDS_LEFT = 60.0  # more than a part, or a piece of rows, takes
TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class Unpack:
    """Writes the unpacked copy. Every call makes the same parts; those that are stored are passed over."""

    uploads: Uploads
    part: int = PART

    def __call__(
        self,
        file: FileAt,
        key: str,
        spool: Spool | None,
        record: Callable[[Spool], None],
        seconds_left: SecondsLeft,
    ) -> bool:
        """Store the copy under a key, and `record` each progress. Return False if time was short.

        Raise CatalogueError if the file is damaged or unpacks to too much.
        """
        if spool is None:
            spool = Spool(self.uploads.begin(key, TEXT))
            record(spool)
        passed, buffer = 0, BytesIO()
        for chunk in unpacked(file):
            passed += len(chunk)
            if passed <= spool.size:
                continue
            buffer.write(chunk[max(0, len(chunk) - (passed - spool.size - buffer.tell())) :])
            if buffer.tell() >= self.part:
                spool, buffer = self._stored(key, spool, buffer), BytesIO()
                record(spool)
                if seconds_left() < MIN_SECONDS_LEFT:
                    return False
        if buffer.tell() or not spool.parts:
            spool = self._stored(key, spool, buffer)
        self.uploads.complete(key, spool.upload, spool.parts)
        record(replace(spool, complete=True))
        return True

    def _stored(self, key: str, spool: Spool, buffer: BytesIO) -> Spool:
        size = buffer.tell()
        buffer.seek(0)
        etag = self.uploads.put_part(key, spool.upload, len(spool.parts) + 1, buffer)
        return replace(spool, parts=(*spool.parts, etag), size=spool.size + size)


def unpacked(file: FileAt) -> Iterator[bytes]:
    """Yield the content of all members of a gzip file."""
    total = members = 0
    unpacker = None  # of a member that has begun
    for piece in _pieces(file):
        rest = piece
        while rest:
            if unpacker is None:
                if not rest.startswith(GZIP[:1]):
                    return  # what follows the last member is not read
                unpacker, members = zlib.decompressobj(_WITH_HEADER), members + 1
                if members > MAX_MEMBERS:
                    raise _corrupt(f"it has more than {MAX_MEMBERS:,} parts")
            for chunk in _chunks(unpacker, rest):
                total += len(chunk)
                if total > MAX_UNPACKED:
                    message = f"It unpacks to more than {MAX_UNPACKED:,} bytes. Split it into several files."
                    raise refusal("gzip_too_large", message)
                yield chunk
            rest = unpacker.unused_data
            if unpacker.eof:
                unpacker = None
    if unpacker is not None:
        raise _corrupt("its end is missing")


def _chunks(unpacker: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Yield what some data of a member unpacks to."""
    chunk = b"more"
    while chunk and not unpacker.eof:
        try:
            chunk = unpacker.decompress(data, _CHUNK)
        except zlib.error as error:
            raise _corrupt("its data or a checksum is wrong") from error
        data = unpacker.unconsumed_tail
        if chunk:
            yield chunk


def _pieces(file: FileAt) -> Iterator[bytes]:
    for start in range(0, file.size, READ):
        data = file.read(start, READ)
        yield from (data[at : at + _PIECE] for at in range(0, len(data), _PIECE))


def _corrupt(why: str) -> CatalogueError:
    return refusal("corrupt_gzip", f"The gzip file is damaged: {why}. Pack it again and send the new file.")
