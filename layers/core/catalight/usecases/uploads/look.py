"""Look at the beginning of a big upload: understand it as a whole file is understood."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.catalogue.files import Table, TextFile
from catalight.domain.catalogue.header import Header
from catalight.domain.catalogue.pieces_of_text import bytes_of_lines, codec_of_pieces, up_to_line_end
from catalight.domain.catalogue.records import Record
from catalight.domain.catalogue.requested import Request
from catalight.domain.catalogue.row_reader import RowReader
from catalight.domain.errors import CatalogueError, Problem
from catalight.domain.job.job import Job
from catalight.domain.job.upload import BOUNDS, BigUpload
from catalight.usecases.jobs.understand import Understand, Upload
from catalight.usecases.uploads.file_at import FileAt, refusal
from catalight.usecases.uploads.read_rows import spooled
from catalight.usecases.uploads.read_text import SIZES, Place, ReadText, Sizes
from catalight.usecases.uploads.unpack import GZIP

HEAD = 4_500_000  # bytes: as large as a file that /upload takes
TOO_LARGE = ("too_many_rows", "workbook_too_large")
MAX_WORKBOOK = 25_000_000  # bytes, which the process that reads them as a whole can take
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# ZIP, OLE and the first versions of XLS: these are read as a whole, in a process with hard limits.
WORKBOOKS = (*ZIP, b"\xd0\xcf\x11\xe0", b"\x09\x00\x04\x00", b"\x09\x02\x06\x00")


class Records(Protocol):
    """The records below the header, in pieces. `place` is where the next piece begins."""

    place: Place
    codec: str
    ascii: bool
    encoding: str | None
    warning: Problem | None

    def __iter__(self) -> Iterator[list[Record]]:
        """Yield the records of each piece."""

    def go_to(self, place: Place, codec: str, *, is_ascii: bool) -> None:
        """Go on at a place."""


@dataclass(slots=True)
class ReadTable:
    """The records of a workbook, which is in memory."""

    records: list[Record]
    place: Place
    most: int
    codec: str = ""
    ascii: bool = True
    encoding: str | None = None
    warning: Problem | None = None

    def go_to(self, place: Place, codec: str, *, is_ascii: bool) -> None:
        """Go on at a place; the rest is only for texts."""
        self.place, self.codec, self.ascii = place, codec, is_ascii

    def __iter__(self) -> Iterator[list[Record]]:
        while self.place.offset < len(self.records):
            piece = self.records[self.place.offset : self.place.offset + self.most]
            self.place = Place(self.place.offset + len(piece), piece[-1].end + 1)
            yield piece


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a file: its header, and its first rows, or all if `is_whole`."""

    upload: Upload
    understood: Understanding
    file: TextFile | Table
    header: Header
    records: Records
    is_whole: bool


@dataclass(frozen=True, slots=True)
class Look:
    """Looks at a file. Everybody who looks with the same columns in memory sees the same.

    A workbook of more than `in_memory` bytes is not read as a whole.
    """

    understand: Understand
    head: int = HEAD
    sizes: Sizes = SIZES
    in_memory: int = MAX_WORKBOOK

    def __call__(self, file: FileAt, job: Job, big: BigUpload, remembered: Mapping[str, Request]) -> Seen:
        """Return what is seen. Raise CatalogueError if there is no header, or OptionError."""
        if big.table and big.table.complete:
            return self._spooled(file, job, big, remembered)
        start = file.read(0, self.head)
        is_workbook = start.startswith(WORKBOOKS)
        if start.startswith(GZIP):
            raise refusal("gzip_twice", "The file is packed with gzip twice. Pack it once and send it again.")
        if is_workbook:
            start = self._whole(file, start)
        is_whole = len(start) == file.size
        upload = _upload(start if is_whole else _cut(start), job, big)
        understood = self.understand.with_memory(upload, remembered)
        found, header = understood.file, understood.header
        if found is None or header is None:
            raise understood.refusal or TypeError("there is neither a header nor a problem")
        if big.spool:
            understood = replace(understood, file=replace(found, gzipped=True))
        if isinstance(found, Table):
            records: Records = ReadTable(list(header.rows), Place(0, header.record.end + 1), self.sizes.most)
        else:
            records = self._text(file, found, header, start, big)
        return Seen(upload, understood, found, header, records, is_whole)

    def _spooled(self, file: FileAt, job: Job, big: BigUpload, remembered: Mapping[str, Request]) -> Seen:
        """Return what is seen of a large workbook, of which `file` has the plain rows."""
        found = spooled(file, self.head)
        understand = replace(self.understand, read_table=lambda *_: found.table)
        upload = _upload(b"", job, big)
        understood = understand.with_memory(upload, remembered)
        if (header := understood.header) is None:
            raise understood.refusal or TypeError("there is neither a header nor a problem")
        table = replace(found.table, gzipped=big.spool is not None)
        records = found.records(header.record, self.sizes)
        return Seen(upload, replace(understood, file=table), table, header, records, found.is_whole)

    def first_rows(self, seen: Seen) -> Understanding:
        """Return what is known of the rows of the first piece, if the file is longer than what was seen."""
        if seen.is_whole:
            return seen.understood
        reader = RowReader(seen.header, BOUNDS.rows, BOUNDS)
        records = seen.records
        begin = records.place, records.codec, records.ascii
        reader.read(next(iter(records), []))
        records.go_to(*begin[:2], is_ascii=begin[2])
        problems = tuple(reader.problems.kept)
        return replace(
            seen.understood,
            rows=tuple(reader.rows),
            warnings=(*seen.file.warnings, *reader.warnings.kept),
            warnings_total=len(seen.file.warnings) + reader.warnings.total,
            refusal=CatalogueError(problems, reader.problems.total) if problems else None,
        )

    def is_large_workbook(self, file: FileAt) -> bool:
        """Return whether a file is a workbook that is not read into memory, though it may be streamed."""
        return file.size > self.in_memory and file.read(0, 4).startswith(ZIP)

    def _whole(self, file: FileAt, start: bytes) -> bytes:
        if file.size > self.in_memory:
            message = (
                f"The workbook has {file.size:,} bytes; at most {self.in_memory:,} are read. "
                "Save it as .xlsx, or as CSV (packed with gzip, if you like), and send that."
            )
            raise refusal("workbook_too_large", message)
        return start + file.read(len(start), file.size - len(start))

    def _text(self, file: FileAt, found: TextFile, header: Header, start: bytes, big: BigUpload) -> ReadText:
        codec = codec_of_pieces(found.encoding, start)
        lines = header.record.end
        before = bytes_of_lines(start, codec, lines)
        return ReadText(
            file,
            header.delimiter,
            self.understand.read_table,
            Place(before, lines + 1),
            codec,
            ascii=start[:before].isascii(),
            may_guess=big.said.encoding is None,
            sizes=self.sizes,
        )


def may_be_streamed(file: FileAt, error: CatalogueError) -> bool:
    """Return whether a file is a workbook that only was too large to be read into memory."""
    return error.problems[0].code in TOO_LARGE and file.read(0, 4).startswith(ZIP)


def _upload(data: bytes, job: Job, big: BigUpload) -> Upload:
    said = big.said
    return Upload(
        data,
        said.columns,
        said.header_row,
        None,
        said.strict,
        said.encoding,
        said.sheet,
        renditions=len(job.renditions),
        result=big.result,
        bounds=BOUNDS,
    )


def _cut(start: bytes) -> bytes:
    """Return the beginning of a file without a character or a line that it cuts off."""
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if start.startswith(mark):
            return up_to_line_end(start, codec)
    if (zeros := start[:64].count(0)) > 8:
        return up_to_line_end(start, "utf-16-le" if start[1:64:2].count(0) * 2 > zeros else "utf-16-be")
    return up_to_line_end(start, "latin-1")
