"""Read the rows of a catalogue: their cells, their images, and every problem in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any

from catalight.domain.catalogue.catalogue_row import (
    MAX_ROW_CHARACTERS,
    CatalogueRow,
    in_links,
    row_too_long,
)
from catalight.domain.catalogue.columns import Reason
from catalight.domain.catalogue.findings import MAX_PROBLEMS, Bounds, Findings
from catalight.domain.catalogue.header import Header
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.records import Record
from catalight.domain.catalogue.result_columns import result_columns_in
from catalight.domain.catalogue.short_rows import ShortRows
from catalight.domain.catalogue.sources import MAX_IMAGES_PER_ROW, Source, linked, sources
from catalight.domain.catalogue.urls import holds_url
from catalight.domain.errors import CatalogueError, Problem
from catalight.domain.texts import shown

MAX_IMAGES = 600_000  # 50,000 rows of 12: as many as one request stores in 15 s (bench/intake.py)
MAX_ODD_URLS = 100_000  # repaired; those that cannot be fetched count as two, since all repairs were tried
MAX_NAMES_SHOWN = 20
MAX_PADDING = 1_000_000
MAX_ROWS = 100_000
_COUNTERS = ("padding_left", "records", "kept", "has_usable", "found", "odd_urls", "last_line")
LARGER = "Split it into several files, or send it by POST /uploads, which takes more."


class RowReader:
    """Turns the records below a header into rows, and collects their problems.

    Rows may be shorter than the header by `max_padding` cells in all; without `bounds`, those of a request
    hold. `read` keeps the rows in `rows`. A large file is read in pieces instead, with `rows_of`, and `state`
    lets another reader go on after a piece.
    """

    def __init__(self, header: Header, max_padding: int, bounds: Bounds | None = None) -> None:
        cells = header.record.cells
        self.rows: list[CatalogueRow] = []
        self.problems = Findings()
        self.warnings = Findings()
        self._header = header
        self._width = len(cells)
        self._images = header.columns.images
        self._bounds = bounds or Bounds(MAX_ROWS, MAX_IMAGES, MAX_ODD_URLS, LARGER)
        self._padding_left = max_padding
        self._records = 0
        self._kept = 0  # rows without a problem
        self._has_usable = False  # whether any of them has an image that can be fetched
        self._found = 0  # images
        self._odd_urls = 0
        self._result_columns = result_columns_in(cells)[::-1]
        self._short_rows = ShortRows(header)
        self._last_line = 0  # of the rows so far

    def own(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Return the cells of a row or the header that are not those of an earlier result."""
        if not self._result_columns and len(cells) == self._width:
            return tuple(cells)
        own = list(cells[: self._width])
        for columns in self._result_columns:
            del own[columns]
        return tuple(own)

    def read(self, records: Iterable[Record]) -> None:
        """Read the rows, up to the bounds, and keep those that have no problem.

        Raise CatalogueError at a row with which the catalogue could fill the memory; `rows` has those before.
        Raise it for a header that is too long to be stored, too.
        """
        self.begin()
        self.rows.extend(self.rows_of(records))

    def begin(self) -> None:
        """Check the header. Raise CatalogueError if it is too long to be stored."""
        line, _, cells, *_ = self._header.record
        if (characters := sum(map(len, cells))) > MAX_ROW_CHARACTERS:
            raise CatalogueError((row_too_long(line, characters),), 1)
        if self._header.columns.reason is Reason.CONTENT:
            self.warnings.add(self._guessed)

    @property
    def is_full(self) -> bool:
        """Whether the file has too many rows, so that no more are read."""
        return self._records > self._bounds.rows

    def rows_of(self, records: Iterable[Record]) -> Iterator[CatalogueRow]:
        """Yield the rows of the next records that have no problem; raise CatalogueError as `read` does."""
        most = self._bounds.rows
        for number, record in enumerate(records, self._records + 1):
            self._records = number
            row = self._row(record)
            if row:
                self._kept += 1
                self._has_usable = self._has_usable or any(source.usable for source in row.sources)
                yield row
            if number > most:
                message = f"The file has more than {most:,} rows. {self._bounds.otherwise}"
                self.problems.add(partial(Problem, "too_many_rows", message, line=record.line))
                break

    @property
    def state(self) -> dict[str, Any]:
        """What another reader of the same file needs to go on, as plain values."""
        return {
            **{name: getattr(self, f"_{name}") for name in _COUNTERS},
            "problems": asdict(self.problems),
            "warnings": asdict(self.warnings),
            "short_rows": self._short_rows.state,
        }

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on where the reader with this state stopped."""
        for name in _COUNTERS:
            setattr(self, f"_{name}", state[name])
        self.problems = Findings.from_document(state["problems"])
        self.warnings = Findings.from_document(state["warnings"])
        self._short_rows.go_on(state["short_rows"])

    def _guessed(self) -> Problem:
        names = ", ".join(f'"{self._name(index)}"' for index in self._images[:MAX_NAMES_SHOWN])
        message = (
            f"No column is named like images; these seem to hold their URLs: {names}. "
            "Name the columns of the images in the field columns if that is not so."
        )
        return Problem("guessed_columns", message, self._header.record.line, self._name(self._images[0]))

    def _row(self, record: Record) -> CatalogueRow | None:
        """Return the row of a record, or None if it has a problem."""
        line, _, cells, problem, links = record
        if problem:
            self.problems.add(lambda: problem)
            return None
        if len(cells) < self._width or self._short_rows.is_open:
            for warning in self._short_rows.examine(line, cells, self._last_line):
                self.warnings.add(warning)
        self._last_line = line
        if len(cells) >= self._width:
            self._warn_of_misplaced_url(line, cells)
        else:
            self._pad(line, cells)
        if len(cells) > self._width and not self._extra_cells_are_empty(line, cells):
            return None
        found = self._sources(line, cells, links)
        if found is None:
            return None
        own = self.own(cells)
        characters = sum(map(len, own))
        if links:
            characters += in_links(found)
        if characters > MAX_ROW_CHARACTERS:
            self.problems.add(partial(row_too_long, line, characters))
            return None
        return CatalogueRow(line, own, found)

    def refusal(self, *, strict: bool) -> CatalogueError | None:
        """Return the error of a catalogue with a problem, or without an image that can be fetched."""
        problems, total = list(self.problems.kept), self.problems.total
        if not total and not self._has_usable:
            short_rows = [
                warning
                for warning in self.warnings.kept
                if warning.code in ("short_row", "misplaced_url") and not strict
            ]
            problems, total = [self._no_images(), *short_rows], 1 + len(short_rows)
        if strict:
            problems, total = problems + self.warnings.kept, total + self.warnings.total
        problems.sort(key=lambda problem: problem.line or 0)
        return CatalogueError(tuple(problems[:MAX_PROBLEMS]), total) if total else None

    def _no_images(self) -> Problem:
        if not self._kept:
            message = "The file has a header but no rows. Add one row for each product."
            return Problem("no_rows", message)
        names = [self._name(index) for index in self._images]
        columns = f'column "{names[0]}" has' if len(names) == 1 else f"{len(names)} image columns have"
        message = (
            f"The {columns} no URL that can be fetched. "
            "Write complete URLs, such as https://example.com/image.jpg."
        )
        if self._header.columns.reason is Reason.REMEMBERED:
            message += (
                " These columns were named in an earlier request for the same header. Name others in the "
                "field columns, or remove what is remembered (DELETE /columns/…, listed by GET /columns)."
            )
        found = self.warnings.kept[0].found if self.warnings.kept else None
        return Problem("no_usable_url", message, column=names[0], found=found)

    def _name(self, index: int) -> str:
        return shown(self._header.record.cells[index])

    def _warn_of_misplaced_url(self, line: int, cells: Sequence[str]) -> None:
        """Add a warning if a URL is where the serial number or the product name should be."""
        columns = self._header.columns
        for index in (columns.serial, columns.name):
            if index is not None and index not in columns.images and holds_url(cells[index]):
                self.warnings.add(partial(self._misplaced_url, line, index, cells[index]))
                return

    def _misplaced_url(self, line: int, index: int, cell: str) -> Problem:
        name = self._name(index)
        message = (
            f'The column "{name}" holds a URL, which is not fetched. Check the delimiters and the '
            "quotes of the row, and that no cell before it is missing."
        )
        return Problem("misplaced_url", message, line, name, shown(cell))

    def _pad(self, line: int, cells: list[str]) -> None:
        """Pad a short row in place. Raise CatalogueError if the total padding could fill the memory."""
        missing = self._width - len(cells)
        self._padding_left -= missing
        if self._padding_left < 0:
            message = (
                f"Up to this row, the rows together are over {MAX_PADDING:,} cells shorter than the header. "
                "Delete the columns that are not used."
            )
            found = f"{len(cells):,} of {self._width:,} cells"
            raise CatalogueError((Problem("short_rows", message, line=line, found=found),), 1)
        cells += [""] * missing

    def _extra_cells_are_empty(self, line: int, cells: list[str]) -> bool:
        """Return whether the cells beyond the header are empty, as spreadsheet programs leave them.

        If one is not, add a problem.
        """
        extra = next(filter(bare, islice(cells, self._width, None)), None)
        if extra is not None:
            self.problems.add(partial(self._extra_cells, line, len(cells), extra))
        return extra is None

    def _extra_cells(self, line: int, size: int, extra: str) -> Problem:
        message = (
            f"The row has {size:,} cells, but the header has {self._width:,}. "
            'Put double quotes ("…") around each cell that contains several URLs or the delimiter.'
        )
        return Problem("extra_cells", message, line=line, found=shown(extra))

    def _sources(
        self, line: int, cells: Sequence[str], links: Mapping[int, str]
    ) -> tuple[Source, ...] | None:
        """Return the sources of a row, those of its first image column first."""
        found: tuple[Source, ...] = ()
        for column, index in enumerate(self._images):
            of_cell = sources(cells[index], column)
            if index in links and not any(source.usable for source in of_cell):
                of_cell = linked(links[index], cells[index], column)
            for source in of_cell:
                if source.fault or source.notes:
                    self._examine(line, index, source)
            found += of_cell
        self._found += len(found)
        if self._found > self._bounds.images:
            raise CatalogueError((self._too_many_in_all(line),), 1)
        if len(found) > MAX_IMAGES_PER_ROW:
            self.problems.add(partial(self._too_many_images, line, len(found)))
            return None
        return found

    def _examine(self, line: int, index: int, source: Source) -> None:
        """Add a warning for a URL that cannot be fetched.

        Raise CatalogueError if there are so many such URLs, or repaired ones, that they would take too long.
        """
        self._odd_urls += 2 if source.fault else 1
        if self._odd_urls > self._bounds.odd_urls:
            raise CatalogueError((self._too_many_odd_urls(line, index, source),), 1)
        if source.fault:
            self.warnings.add(partial(self._invalid_url, line, index, source))

    def _too_many_images(self, line: int, images: int) -> Problem:
        message = (
            f"The row has {images:,} images; at most {MAX_IMAGES_PER_ROW} are allowed. "
            "Split them over several rows."
        )
        return Problem("too_many_images", message, line, self._name(self._images[0]), f"{images:,} images")

    def _too_many_in_all(self, line: int) -> Problem:
        message = (
            f"Up to this row, the file has more than {self._bounds.images:,} images, as many as one job may "
            f"have. {self._bounds.otherwise}"
        )
        return Problem("too_many_images_in_all", message, line, self._name(self._images[0]))

    def _invalid_url(self, line: int, index: int, source: Source) -> Problem:
        return Problem("invalid_url", source.message, line, self._name(index), shown(source.url))

    def _too_many_odd_urls(self, line: int, index: int, source: Source) -> Problem:
        message = (
            f"Up to this row, too many URLs had to be repaired (at most {self._bounds.odd_urls:,}) or cannot "
            "be fetched (half as many). Write complete URLs, such as https://example.com/image.jpg."
        )
        return Problem("too_many_invalid_urls", message, line, self._name(index), shown(source.url))
