"""A product catalogue: what its CSV holds, and everything that is wrong with it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from catalight.domain.catalogue.dialect import Dialect, Record, decode, unreadable
from catalight.domain.catalogue.header import Header, read_header
from catalight.domain.catalogue.result_columns import own_columns
from catalight.domain.catalogue.urls import fault, shown, split
from catalight.domain.errors import CatalogueError, Problem

__all__ = [
    "MAX_IMAGES_PER_ROW",
    "MAX_PADDING",
    "MAX_PROBLEMS",
    "MAX_ROWS",
    "Catalogue",
    "CatalogueRow",
    "Dialect",
    "Source",
    "parse",
]

MAX_IMAGES_PER_ROW = 100
MAX_PROBLEMS = 100
MAX_PADDING = 1_000_000
MAX_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Source:
    """One image of a cell; `usable` says whether its URL can be fetched at all."""

    url: str
    usable: bool


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One product: the line it begins on, cells as many as the header's, images as in its cell."""

    line: int
    cells: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A catalogue without the columns of an earlier run; `warnings` are the first of `warnings_total`."""

    dialect: Dialect
    header: tuple[str, ...]
    rows: tuple[CatalogueRow, ...]
    warnings: tuple[Problem, ...]
    warnings_total: int

    @property
    def images(self) -> int:
        """The number of images, those with an unusable URL among them."""
        return sum(len(row.sources) for row in self.rows)


@dataclass(slots=True)
class _Findings:
    """Problems in the order of the file: the first MAX_PROBLEMS are kept, all are counted."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, problem: Problem) -> None:
        self.total += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(problem)


def parse(data: bytes, *, strict: bool = False) -> Catalogue:
    """Read a catalogue from the bytes of its CSV file.

    Raises CatalogueError with every problem of the file, and nothing else whatever the bytes. With `strict`
    a source that is not usable is a problem, else it is a warning.
    """
    text, bom = decode(data)
    lines = list(io.StringIO(text, newline=""))
    header = read_header(lines)
    reader = _RowReader(header, lines, max_padding=max(MAX_PADDING, len(text)))
    rows = tuple(islice((row for record in header.rows if (row := reader.read(record))), MAX_ROWS + 1))
    reader.refuse(rows, strict=strict)
    ends_header = lines[header.record.end - 1]
    newline = "\n" if ends_header.endswith("\n") and not ends_header.endswith("\r\n") else "\r\n"
    return Catalogue(
        dialect=Dialect(header.delimiter, newline, bom),
        header=tuple(header.record.cells[: reader.own]),
        rows=rows,
        warnings=tuple(reader.invalid.kept),
        warnings_total=reader.invalid.total,
    )


class _RowReader:
    """Turns records into rows and gathers what is wrong with them."""

    def __init__(self, header: Header, lines: Sequence[str], max_padding: int) -> None:
        cells = header.record.cells
        self.own = own_columns(cells)
        self.problems = _Findings()
        self.invalid = _Findings()
        self._lines = lines
        self._width = len(cells)
        self._images = header.images
        self._column = shown(cells[header.images])
        self._padding_left = max_padding

    def read(self, record: Record) -> CatalogueRow | None:
        """The row of a record; None for a blank line, and where there is a problem."""
        line, _, cells, error = record
        if error:
            self.problems.add(unreadable(record, self._lines))
            return None
        if len(cells) < 2 and not "".join(cells).strip():
            return None
        if len(cells) < self._width:
            self._pad(line, cells)
        elif len(cells) > self._width and not self._has_room(line, cells):
            return None
        sources = self._sources(line, cells[self._images])
        return None if sources is None else CatalogueRow(line, tuple(cells[: self.own]), sources)

    def refuse(self, rows: Sequence[CatalogueRow], *, strict: bool) -> None:
        """Raise CatalogueError where the file as a whole cannot be used."""
        if len(rows) > MAX_ROWS:
            message = f"The file has more than {MAX_ROWS:,} rows. Split it into several files."
            self.problems.add(Problem("too_many_rows", message, line=rows[-1].line))
        problems, total = list(self.problems.kept), self.problems.total
        if not total and not any(source.usable for row in rows for source in row.sources):
            problems, total = [self._nothing_to_do(rows)], 1
        if strict:
            problems, total = problems + self.invalid.kept, total + self.invalid.total
        if total:
            problems.sort(key=lambda problem: problem.line or 0)
            raise CatalogueError(tuple(problems[:MAX_PROBLEMS]), total)

    def _nothing_to_do(self, rows: Sequence[CatalogueRow]) -> Problem:
        if not rows:
            message = "There is no row below the header. Add a line for each product."
            return Problem("no_rows", message)
        message = (
            f'No cell of the column "{self._column}" holds a URL that can be fetched. '
            "Write each one whole, such as https://example.com/picture.jpg."
        )
        found = self.invalid.kept[0].found if self.invalid.kept else None
        return Problem("no_usable_url", message, column=self._column, found=found)

    def _pad(self, line: int, cells: list[str]) -> None:
        """Fill up a short row in place; a wide header over very many short rows would fill the memory."""
        missing = self._width - len(cells)
        self._padding_left -= missing
        if self._padding_left < 0:
            message = (
                f"Up to this row, the rows have over {MAX_PADDING:,} cells fewer than the header asks for. "
                "Remove the columns that are not used."
            )
            found = f"{len(cells):,} of {self._width:,} cells"
            raise CatalogueError((Problem("short_rows", message, line=line, found=found),), 1)
        cells += [""] * missing

    def _has_room(self, line: int, cells: list[str]) -> bool:
        """Whether the cells beyond the header are empty, as spreadsheet programs leave them."""
        extra = next((cell for cell in cells[self._width :] if cell.strip()), None)
        if extra is None:
            return True
        message = (
            f"The row has {len(cells):,} cells, the header {self._width:,}. "
            'A cell with several URLs, or with the delimiter in it, must stand in double quotes: "…".'
        )
        self.problems.add(Problem("extra_cells", message, line=line, found=shown(extra)))
        return False

    def _sources(self, line: int, cell: str) -> tuple[Source, ...] | None:
        urls = split(cell)
        if len(urls) > MAX_IMAGES_PER_ROW:
            message = (
                f"The row has {len(urls):,} images; at most {MAX_IMAGES_PER_ROW} are allowed. "
                "Spread them over several rows."
            )
            found = f"{len(urls):,} images"
            self.problems.add(Problem("too_many_images", message, line, self._column, found))
            return None
        sources = []
        for url in urls:
            reason = fault(url)
            if reason:
                message = f"This is not a URL that can be fetched: {reason}."
                self.invalid.add(Problem("invalid_url", message, line, self._column, shown(url)))
            sources.append(Source(url, reason is None))
        return tuple(sources)
