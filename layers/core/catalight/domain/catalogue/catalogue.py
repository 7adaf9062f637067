"""A product catalogue: parse its CSV file and report every problem in it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from catalight.domain.catalogue.dialect import Dialect, decode
from catalight.domain.catalogue.header import Header, read_header
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.records import Record
from catalight.domain.catalogue.result_columns import result_columns_in
from catalight.domain.catalogue.short_rows import ShortRows
from catalight.domain.catalogue.urls import fault, holds_url, shown, split
from catalight.domain.errors import CatalogueError, Problem

__all__ = [
    "MAX_IMAGES_PER_ROW",
    "MAX_INVALID_URLS",
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
MAX_INVALID_URLS = 200_000
MAX_PROBLEMS = 100
MAX_PADDING = 1_000_000
MAX_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Source:
    """One image URL of a cell; `fault` is why it cannot be fetched, as the end of a sentence."""

    url: str
    fault: str | None = None

    @property
    def usable(self) -> bool:
        """Whether the URL can be fetched."""
        return self.fault is None

    @property
    def message(self) -> str:
        """The fault as a sentence."""
        return f"This URL cannot be fetched: {self.fault}."


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One product, with as many cells as the header.

    `line` is the physical line that the row begins on. `sources` are in the order of the cell.
    """

    line: int
    cells: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A parsed catalogue, without the result columns of an earlier run.

    `warnings` holds the first MAX_PROBLEMS of the `warnings_total` warnings.
    """

    dialect: Dialect
    header: tuple[str, ...]
    rows: tuple[CatalogueRow, ...]
    warnings: tuple[Problem, ...]
    warnings_total: int

    @property
    def images(self) -> int:
        """The number of images, including those with an unusable URL."""
        return sum(len(row.sources) for row in self.rows)


@dataclass(slots=True)
class _Findings:
    """Problems in file order. Only the first MAX_PROBLEMS are described and kept, but all are counted."""

    kept: list[Problem] = field(default_factory=list)
    total: int = 0

    def add(self, describe: Callable[[], Problem]) -> None:
        self.total += 1
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(describe())


def parse(data: bytes, *, strict: bool = False) -> Catalogue:
    """Read a catalogue from the bytes of its CSV file.

    Raises CatalogueError, which lists every problem of the file, and no other exception, whatever the bytes
    are. An image URL that is not usable, and a short row that loses something, is a problem if `strict` is
    true, and a warning otherwise.
    """
    text, bom = decode(data)
    header = read_header(text)
    reader = _RowReader(header, max_padding=max(MAX_PADDING, len(text)))
    rows = reader.read(header.rows)
    reader.raise_if_unusable(rows, strict=strict)
    return Catalogue(
        dialect=Dialect(header.delimiter, header.newline, bom),
        header=reader.own(header.record.cells),
        rows=rows,
        warnings=tuple(sorted(reader.warnings.kept, key=lambda warning: warning.line or 0)),
        warnings_total=reader.warnings.total,
    )


class _RowReader:
    """Turns records into rows and collects their problems."""

    def __init__(self, header: Header, max_padding: int) -> None:
        cells = header.record.cells
        self.problems = _Findings()
        self.warnings = _Findings()
        self._header = header
        self._width = len(cells)
        self._image_column = header.images
        self._image_column_name = shown(cells[header.images])
        self._padding_left = max_padding
        self._invalid_urls = 0
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

    def read(self, records: Iterable[Record]) -> tuple[CatalogueRow, ...]:
        """Return the rows of the records that have no problem. After MAX_ROWS records, read no more."""
        rows = list[CatalogueRow]()
        for number, record in enumerate(records, 1):
            row = self._row(record)
            if row:
                rows.append(row)
            if number > MAX_ROWS:
                message = f"The file has more than {MAX_ROWS:,} rows. Split it into several files."
                self.problems.add(partial(Problem, "too_many_rows", message, line=record.line))
                break
        return tuple(rows)

    def _row(self, record: Record) -> CatalogueRow | None:
        """Return the row of a record, or None if it has a problem."""
        line, _, cells, problem = record
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
        sources = self._sources(line, cells[self._image_column])
        return None if sources is None else CatalogueRow(line, self.own(cells), sources)

    def raise_if_unusable(self, rows: Sequence[CatalogueRow], *, strict: bool) -> None:
        """Raise CatalogueError if the file has any problem, or no image that can be fetched."""
        problems, total = list(self.problems.kept), self.problems.total
        if not total and not any(source.usable for row in rows for source in row.sources):
            short_rows = [
                warning
                for warning in self.warnings.kept
                if warning.code in ("short_row", "misplaced_url") and not strict
            ]
            problems, total = [self._no_images(rows), *short_rows], 1 + len(short_rows)
        if strict:
            problems, total = problems + self.warnings.kept, total + self.warnings.total
        if total:
            problems.sort(key=lambda problem: problem.line or 0)
            raise CatalogueError(tuple(problems[:MAX_PROBLEMS]), total)

    def _no_images(self, rows: Sequence[CatalogueRow]) -> Problem:
        if not rows:
            message = "The file has a header but no rows. Add one row for each product."
            return Problem("no_rows", message)
        message = (
            f'The column "{self._image_column_name}" has no URL that can be fetched. '
            "Write complete URLs, such as https://example.com/image.jpg."
        )
        found = self.warnings.kept[0].found if self.warnings.kept else None
        return Problem("no_usable_url", message, column=self._image_column_name, found=found)

    def _warn_of_misplaced_url(self, line: int, cells: Sequence[str]) -> None:
        """Add a warning if a URL is where the serial number or the product name should be."""
        for index in (self._header.serial, self._header.product):
            if index != self._image_column and holds_url(cells[index]):
                self.warnings.add(partial(self._misplaced_url, line, index, cells[index]))
                return

    def _misplaced_url(self, line: int, index: int, cell: str) -> Problem:
        name = shown(self._header.record.cells[index])
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

    def _sources(self, line: int, cell: str) -> tuple[Source, ...] | None:
        urls = split(cell)
        if len(urls) > MAX_IMAGES_PER_ROW:
            self.problems.add(partial(self._too_many_images, line, len(urls)))
            return None
        sources = tuple([Source(url, fault(url)) for url in urls])
        for source in sources:
            if source.fault:
                self._invalid_urls += 1
                if self._invalid_urls > MAX_INVALID_URLS:
                    raise CatalogueError((self._too_many_invalid_urls(line, source),), 1)
                self.warnings.add(partial(self._invalid_url, line, source))
        return sources

    def _too_many_images(self, line: int, images: int) -> Problem:
        message = (
            f"The row has {images:,} images; at most {MAX_IMAGES_PER_ROW} are allowed. "
            "Split them over several rows."
        )
        return Problem("too_many_images", message, line, self._image_column_name, f"{images:,} images")

    def _invalid_url(self, line: int, source: Source) -> Problem:
        return Problem("invalid_url", source.message, line, self._image_column_name, shown(source.url))

    def _too_many_invalid_urls(self, line: int, source: Source) -> Problem:
        """Return why the file is not read on: so many sources could fill the memory."""
        message = (
            f"Up to this row, over {MAX_INVALID_URLS:,} URLs cannot be fetched. "
            "Write complete URLs, such as https://example.com/image.jpg."
        )
        name = self._image_column_name
        return Problem("too_many_invalid_urls", message, line, name, shown(source.url))
