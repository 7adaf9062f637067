"""The header of a catalogue: detect the delimiter and find the required columns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalight.domain.catalogue.dialect import Record, records, unreadable
from catalight.domain.catalogue.urls import shown
from catalight.domain.errors import CatalogueError, Problem

SERIAL, PRODUCT, IMAGES = "Serial Number", "Product Name", "Input Image Urls"
MAX_COLUMNS = 16_384  # Excel's limit
DELIMITERS = (",", ";", "\t")
MAX_HEADER_CELLS_SHOWN = 20

# Normalised names. The variants on the right count only if no column has the exact name on the left.
_NAMES = {
    SERIAL: ("serialnumber", {"serialno", "serial", "sno", "srno", "slno", "s/n", "sn", "no", "#"}),
    PRODUCT: ("productname", {"product", "name", "producttitle", "item", "itemname"}),
    IMAGES: ("inputimageurls", {"inputimageurl", "imageurls", "imageurl", "inputimages", "images"}),
}
_IGNORED = re.compile(r"[\s._-]+")


@dataclass(frozen=True, slots=True)
class Header:
    """A header that has each required column once.

    `images` is the index of the column with the image URLs. `rows` yields the records after the header.
    """

    delimiter: str
    record: Record
    images: int
    rows: Iterator[Record]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """The header as read with one delimiter, and the indexes of each required column."""

    delimiter: str
    record: Record
    rows: Iterator[Record]
    columns: dict[str, list[int]]

    @property
    def rank(self) -> tuple[int, int]:
        return sum(map(bool, self.columns.values())), len(self.record.cells)


def read_header(lines: Sequence[str]) -> Header:
    """Read the header, which is the first line that is not blank.

    Raises CatalogueError if it cannot be read or has too many cells, with one problem for each required
    column that is missing or ambiguous.
    """
    candidates = [_read(lines, delimiter) for delimiter in DELIMITERS]
    best = max(candidates, key=lambda candidate: candidate.rank)
    broken = next((candidate.record for candidate in candidates if candidate.record.error), None)
    if broken and len(best.record.cells) < 2:  # no delimiter gives two cells
        raise CatalogueError((unreadable(broken, lines),), 1)
    problems = tuple(_problems(best))
    if problems:
        raise CatalogueError(problems, len(problems))
    return Header(best.delimiter, best.record, best.columns[IMAGES][0], best.rows)


def _read(lines: Sequence[str], delimiter: str) -> _Candidate:
    rows = records(lines, delimiter)
    named = (row for row in rows if row.error or any(map(str.strip, row.cells)))
    record = next(named, Record(1, 1, []))
    return _Candidate(delimiter, record, rows, _columns(record.cells))


def _columns(cells: list[str]) -> dict[str, list[int]]:
    names = [_IGNORED.sub("", cell).casefold() for cell in cells]
    return {
        column: [index for index, name in enumerate(names) if name == exact]
        or [index for index, name in enumerate(names) if name in variants]
        for column, (exact, variants) in _NAMES.items()
    }


def _problems(candidate: _Candidate) -> Iterator[Problem]:
    line, cells = candidate.record.line, candidate.record.cells
    if len(cells) > MAX_COLUMNS:
        message = (
            f"The header has {len(cells):,} cells; at most {MAX_COLUMNS:,} are allowed. "
            "Delete the columns that are not used."
        )
        yield Problem("too_many_columns", message, line=line)
    for column, indexes in candidate.columns.items():
        if not indexes:
            found = _listed(cells)
            message = (
                f'The header has no column "{column}"; it has {found}. '
                "Add this column, or rename the column that holds these values."
            )
            yield Problem("missing_column", message, line=line, column=column, found=shown(found))
        elif len(indexes) > 1:
            found = _listed([cells[index] for index in indexes])
            message = f'More than one column could be "{column}": {found}. Rename all of them but one.'
            yield Problem("duplicate_column", message, line=line, column=column, found=shown(found))


def _listed(cells: list[str]) -> str:
    listed = ", ".join(f'"{shown(cell)}"' for cell in cells[:MAX_HEADER_CELLS_SHOWN])
    more = len(cells) - MAX_HEADER_CELLS_SHOWN
    return f"{listed} and {more:,} more" if more > 0 else listed or "only empty cells"
