"""A ZIP on its way into a multipart upload, with a checkpoint whenever a part ends where a file ends."""

import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from io import BytesIO

from catalight.domain.errors import ResultError, ResultErrorCode, UploadGoneError
from catalight.domain.job import export
from catalight.domain.job.export import Export, Position, Step
from catalight.domain.job.zip_format import Entry, end
from catalight.usecases.exports.fetch_ahead import AT_ONCE, fetch_ahead
from catalight.usecases.ports import Clock, Exports, ObjectReader, ObjectStore, Uploads

TOO_LARGE = f"The ZIP would have more than {export.MAX_ZIP:,} bytes. Take the images by their links."
PIECE = "application/octet-stream"
PIECE_BYTES = 4 << 20  # more than a piece has: 8 MB of images of a kilobyte need 1 MB


class ClaimLostError(Exception):
    """Another function has claimed the export, or it was aborted."""


@dataclass(slots=True)
class ZipUpload:
    """What one function adds to a ZIP, from the last checkpoint on.

    The same files in the same order make the same parts and pieces, whoever uploads them. A part has
    `part_size(number)` bytes or a little more.
    """

    exports: Exports
    uploads: Uploads
    store: ObjectStore
    reader: ObjectReader
    clock: Clock
    part_size: Callable[[int], int]
    min_part: int
    written: Export  # as it is recorded
    time: datetime  # of the files
    position: Position = field(init=False)
    done: int = field(init=False)
    _parts: list[str] = field(default_factory=list, init=False)  # those that are not recorded
    _directory: list[bytes] = field(default_factory=list, init=False)  # what no piece has yet
    _buffer: BytesIO = field(default_factory=BytesIO, init=False)

    def __post_init__(self) -> None:
        self.position, self.done = self.written.position, self.written.done
        if self.written.upload is None:
            upload = self.uploads.begin(self.written.key, self.written.form.format.media_type)
            if not self.exports.begin(self.written, upload):
                self.uploads.abort(self.written.key, upload)
                raise ClaimLostError
            self.written = replace(self.written, upload=upload)

    def add_file(self, name: str, size: int, crc: int, chunks: Iterable[bytes]) -> None:
        """Add a file; its chunks have `size` bytes in all, with this CRC-32. Then call `checkpoint`."""
        entry = Entry(name, size, crc, self.position.offset, self.time)
        if entry.offset + size > export.MAX_ZIP:
            raise ResultError(ResultErrorCode.TOO_LARGE, TOO_LARGE)
        self._directory.append(entry.directory_header())
        header = entry.local_header()
        for chunk in chunks:
            self._write(header, chunk)
            header = b""
        self._write(header)
        self.position = replace(self.position, entries=self.position.entries + 1)

    def checkpoint(self, *, stop: bool = False) -> None:
        """Record the position if a part has just ended; with `stop`, end the part here if S3 allows it."""
        if stop and self._buffer.tell() >= self.min_part:
            self._end_part()
        if self._parts and not self._buffer.tell():
            self._record()

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
            self._write(piece)
            self.position = replace(self.position, listed=number + 1)
            if self._parts and not self._buffer.tell():
                self._record(pieces)
        directory_at = self.position.directory_at or 0
        self._write(end(self.position.entries, directory_at, self.position.offset - directory_at))
        if self._buffer.tell():
            self._end_part()
        self.uploads.complete(self.written.key, self._upload, (*self.written.parts, *self._parts))

    def _piece(self, number: int) -> bytes | None:
        return self.reader.read(self.written.directory_key(number))

    @property
    def _upload(self) -> str:
        return self.written.upload or ""

    def _write(self, *data: bytes) -> None:
        for some in data:
            self._buffer.write(some)
            self.position = replace(self.position, offset=self.position.offset + len(some))
        if self._buffer.tell() >= self.part_size(self._number):
            self._end_part()

    @property
    def _number(self) -> int:
        return len(self.written.parts) + len(self._parts) + 1

    def _end_part(self) -> None:
        self._buffer.seek(0)
        etag = self.uploads.put_part(self.written.key, self._upload, self._number, self._buffer)
        self._parts.append(etag)
        self._buffer = BytesIO()

    def _store_piece(self) -> list[int]:
        """Store what was added to the directory since the last piece. Return its CRC-32, if there is any."""
        if not self._directory:
            return []
        piece = b"".join(self._directory)
        self.store.put(self.written.directory_key(len(self.written.directories)), piece, PIECE)
        self._directory.clear()
        return [zlib.crc32(piece)]

    def _record(self, pieces: tuple[int, ...] = ()) -> None:
        new = pieces[len(self.written.directories) :] if pieces else self._store_piece()
        step = Step(self.position, self._parts, new, self.done)
        if not self.exports.advance(self.written, step, self.clock() + export.LEASE):
            raise ClaimLostError
        self.written = self.written.with_step(step)
        self._parts = []
