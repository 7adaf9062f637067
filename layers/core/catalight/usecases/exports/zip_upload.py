"""A ZIP on its way into a multipart upload, with a checkpoint whenever a part ends where a file ends."""

import zlib
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime

from catalight.domain.errors import ResultError, ResultErrorCode, UploadGoneError
from catalight.domain.job import export
from catalight.domain.job.zip_format import Entry, end
from catalight.usecases.exports.fetch_ahead import AT_ONCE, fetch_ahead
from catalight.usecases.ports import ObjectReader, ObjectStore
from catalight.usecases.results.step_upload import StepUpload

TOO_LARGE = f"The ZIP would have more than {export.MAX_ZIP:,} bytes. Take the images by their links."
PIECE = "application/octet-stream"
PIECE_BYTES = 4 << 20  # more than a piece has: 8 MB of images of a kilobyte need 1 MB


@dataclass(slots=True, kw_only=True)
class ZipUpload(StepUpload):
    """What one function adds to a ZIP, from the last checkpoint on.

    The same files in the same order make the same parts and pieces, whoever uploads them.
    """

    store: ObjectStore
    reader: ObjectReader
    min_part: int
    time: datetime  # of the files
    _directory: list[bytes] = field(default_factory=list, init=False)  # what no piece has yet

    def add_file(self, name: str, size: int, crc: int, chunks: Iterable[bytes]) -> None:
        """Add a file; its chunks have `size` bytes in all, with this CRC-32. Then call `checkpoint`."""
        entry = Entry(name, size, crc, self.position.offset, self.time)
        if entry.offset + size > export.MAX_ZIP:
            raise ResultError(ResultErrorCode.TOO_LARGE, TOO_LARGE)
        self._directory.append(entry.directory_header())
        header = entry.local_header()
        for chunk in chunks:
            self._add(header, chunk)
            header = b""
        self._add(header)
        self.position = replace(self.position, entries=self.position.entries + 1)

    def checkpoint(self, *, stop: bool = False) -> None:
        """Record the position if a part has just ended; with `stop`, end the part here if S3 allows it."""
        if stop and self._buffer.tell() >= self.min_part:
            self.end_part()
        if self._parts and not self._buffer.tell():
            self.record(self._store_piece())

    def complete(self, threads: Executor) -> None:
        """Write the directory, and make the parts a file. Raise UploadGoneError if any of it is gone."""
        pieces = self.written.directories
        if self.position.directory_at is None:
            pieces = (*pieces, *self._store_piece())
            self.position = replace(self.position, directory_at=self.position.offset)
        numbers = ((number, PIECE_BYTES) for number in range(self.position.listed, len(pieces)))
        for number, piece in fetch_ahead(numbers, self._piece, threads, PIECE_BYTES * AT_ONCE):
            if piece is None or zlib.crc32(piece) != pieces[number]:
                raise UploadGoneError
            self._add(piece)
            self.position = replace(self.position, listed=number + 1)
            if self._parts and not self._buffer.tell():
                self.record(pieces[len(self.written.directories) :])
        directory_at = self.position.directory_at or 0
        self._add(end(self.position.entries, directory_at, self.position.offset - directory_at))
        if self._buffer.tell():
            self.end_part()
        self.finish()

    def _piece(self, number: int) -> bytes | None:
        return self.reader.read(self.written.directory_key(number))

    def _add(self, *data: bytes) -> None:
        for some in data:
            self.write(some)
            self.position = replace(self.position, offset=self.position.offset + len(some))
        if self.is_full:
            self.end_part()

    def _store_piece(self) -> tuple[int, ...]:
        """Store what was added to the directory since the last piece. Return its CRC-32, if there is any."""
        if not self._directory:
            return ()
        piece = b"".join(self._directory)
        self.store.put(self.written.directory_key(len(self.written.directories)), piece, PIECE)
        self._directory.clear()
        return (zlib.crc32(piece),)
