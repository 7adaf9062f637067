"""Read the rows of a sheet from their plain copy in the store, in pieces, from any row on."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import accumulate

from catalight.domain.catalogue.files import Table
from catalight.domain.catalogue.plain_rows import END, Trailer, read_row, read_trailer
from catalight.domain.catalogue.records import NO_LINKS, Record
from catalight.domain.errors import Problem
from catalight.usecases.uploads.file_at import FileAt, refusal
from catalight.usecases.uploads.read_text import MAX_RECORD, SIZES, Place, Sizes

CODEC = "rows"


@dataclass(slots=True)
class ReadRows:
    """Yields the records of plain rows, piece by piece; `place` is where the next piece begins."""

    file: FileAt
    width: int
    place: Place
    sizes: Sizes = SIZES
    codec: str = CODEC
    ascii: bool = True
    encoding: str | None = None
    warning: Problem | None = None

    def go_to(self, place: Place, codec: str, *, is_ascii: bool) -> None:
        """Go on at a place; the rest is only for texts."""
        self.place, self.codec, self.ascii = place, codec, is_ascii

    def __iter__(self) -> Iterator[list[Record]]:
        while self.place.offset < self.file.size:
            lines = self.lines()[: self.sizes.most]
            piece = [_record(line, self.width) for line in lines]
            self.place = Place(self.place.offset + sum(map(len, lines)), piece[-1].end + 1)
            yield piece

    def lines(self) -> list[bytes]:
        """Return the next whole lines."""
        wanted = self.sizes.piece
        while wanted <= MAX_RECORD:
            data = self.file.read(self.place.offset, wanted)
            if end := data.rfind(b"\n") + 1:
                return data[:end].splitlines(keepends=True)
            wanted *= 2
        message = (
            f"Row {self.place.line:,}, or the one after it, has more than {MAX_RECORD:,} bytes of texts. "
            "Write the URLs of images in the place of their data (data:…)."
        )
        raise refusal("row_too_long", message, self.place.line)


@dataclass(frozen=True, slots=True)
class Spooled:
    """The plain rows of a sheet: the first ones as a table, and where each of them ends."""

    file: FileAt  # only of the rows
    trailer: Trailer
    table: Table
    ends: list[int]

    @property
    def is_whole(self) -> bool:
        """Whether the table has all rows."""
        return len(self.table.rows) == self.trailer.rows

    def records(self, header: Record, sizes: Sizes) -> ReadRows:
        """Return the records below a header."""
        rows = zip(self.table.rows, self.ends, strict=True)
        start = next(end for row, end in rows if row.line == header.line)
        return ReadRows(self.file, self.trailer.width, Place(start, header.end + 1), sizes)


def spooled(file: FileAt, head: int) -> Spooled:
    """Read what is known of the sheet, and as many of its first rows as `head` bytes hold."""
    position = int(file.read(file.size - END, END))
    trailer = read_trailer(file.read(position, file.size - position))
    of_rows = replace(file, size=position)
    lines = ReadRows(of_rows, trailer.width, Place(0, 1), Sizes(piece=head)).lines()
    rows = [read_row(line) for line in lines]
    if rows:  # as wide as the widest row of the sheet, which need not be among them
        rows[-1] = read_row(lines[-1], trailer.width)
    return Spooled(of_rows, trailer, replace(trailer.table, rows=rows), list(accumulate(map(len, lines))))


def _record(line: bytes, width: int) -> Record:
    row = read_row(line, width)
    return Record(row.line, row.line, row.cells, links=row.links or NO_LINKS)
