"""The header line of a catalogue: it tells the delimiter and where the required columns are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalight.domain.catalogue.dialect import Record, records, unreadable
from catalight.domain.catalogue.urls import shown
from catalight.domain.errors import CatalogueError, Problem

SERIAL, PRODUCT, IMAGES = "Serial Number", "Product Name", "Input Image Urls"
MAX_COLUMNS = 16_384  # as many as Excel has
DELIMITERS = (",", ";", "\t")
MAX_HEADER_CELLS_SHOWN = 20

# Normalised names; those on the right count only where the one on the left is absent.
_NAMES = {
    SERIAL: ("serialnumber", {"serialno", "serial", "sno", "srno", "slno", "s/n", "sn", "no", "#"}),
    PRODUCT: ("productname", {"product", "name", "producttitle", "item", "itemname"}),
    IMAGES: ("inputimageurls", {"inputimageurl", "imageurls", "imageurl", "inputimages", "images"}),
}
_IGNORED = re.compile(r"[\s._-]+")


@dataclass(frozen=True, slots=True)
class Header:
    """A header with every required column in it once; `images` is the index of the cell with the URLs."""

    delimiter: str
    record: Record
    images: int
    rows: Iterator[Record]


@dataclass(frozen=True, slots=True)
class _Reading:
    """The header as one delimiter reads it, and the indexes of each required column."""

    delimiter: str
    record: Record
    rows: Iterator[Record]
    columns: dict[str, list[int]]

    @property
    def rank(self) -> tuple[int, int]:
        return sum(map(bool, self.columns.values())), len(self.record.cells)


def read_header(lines: Sequence[str]) -> Header:
    """Find the header, the first line that is not blank; `rows` of the answer goes on after it.

    Raises CatalogueError where it cannot be read or has too many cells, and with a problem for each required
    column that is missing or there twice.
    """
    readings = [_read(lines, delimiter) for delimiter in DELIMITERS]
    best = max(readings, key=lambda reading: reading.rank)
    broken = next((reading.record for reading in readings if reading.record.error), None)
    if broken and len(best.record.cells) < 2:  # the other delimiters do not even see the broken cell
        raise CatalogueError((unreadable(broken, lines),), 1)
    problems = tuple(_problems(best))
    if problems:
        raise CatalogueError(problems, len(problems))
    return Header(best.delimiter, best.record, best.columns[IMAGES][0], best.rows)


def _read(lines: Sequence[str], delimiter: str) -> _Reading:
    rows = records(lines, delimiter)
    named = (row for row in rows if row.error or any(map(str.strip, row.cells)))
    record = next(named, Record(1, 1, []))
    return _Reading(delimiter, record, rows, _columns(record.cells))


def _columns(cells: list[str]) -> dict[str, list[int]]:
    names = [_IGNORED.sub("", cell).casefold() for cell in cells]
    return {
        column: [index for index, name in enumerate(names) if name == exact]
        or [index for index, name in enumerate(names) if name in variants]
        for column, (exact, variants) in _NAMES.items()
    }


def _problems(reading: _Reading) -> Iterator[Problem]:
    line, cells = reading.record.line, reading.record.cells
    if len(cells) > MAX_COLUMNS:
        message = f"The header has {len(cells):,} cells; at most {MAX_COLUMNS:,} are allowed."
        yield Problem("too_many_columns", message, line=line)
    for column, indexes in reading.columns.items():
        if not indexes:
            found = _listed(cells)
            message = f'The header has no column "{column}"; it has {found}. Add it, or rename the right one.'
            yield Problem("missing_column", message, line=line, column=column, found=shown(found))
        elif len(indexes) > 1:
            found = _listed([cells[index] for index in indexes])
            message = f'More than one column could be "{column}": {found}. Leave that name to one of them.'
            yield Problem("duplicate_column", message, line=line, column=column, found=shown(found))


def _listed(cells: list[str]) -> str:
    listed = ", ".join(f'"{shown(cell)}"' for cell in cells[:MAX_HEADER_CELLS_SHOWN])
    more = len(cells) - MAX_HEADER_CELLS_SHOWN
    return f"{listed} and {more:,} more" if more > 0 else listed or "only empty cells"
