"""What a file is read into: the text of a CSV file, or the rows of a sheet; and how it is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from catalight.domain.errors import Problem

UTF8 = "utf-8"


class Format(StrEnum):
    """The file formats of tables."""

    CSV = "csv"
    XLSX = "xlsx"
    XLSM = "xlsm"
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a catalogue is written. Its result is written the same way.

    `delimiter` is `,`, `;`, tab, `|` or `~`. `newline` is `"\r\n"` or `"\n"`. `bom` is true if the input had
    a byte order mark or was UTF-16.
    """

    delimiter: str
    newline: str = "\r\n"
    bom: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller says about a file: its encoding, and the sheet by its name or its number from 1."""

    encoding: str | None = None
    sheet: str | None = None


class Row(NamedTuple):
    """A row of a sheet that has a text or a link.

    `line` is the row's number, from 1. `cells` ends with the last cell that has a text. `links` are the URLs
    of cells by column index, from 0; a cell with a link may have no text.
    """

    line: int
    cells: list[str]
    links: dict[int, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, as its list names it."""

    name: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class TextFile:
    """A CSV file, decoded but not split into cells, without its byte order mark.

    `marked` is whether it had one or was UTF-16. `encoding` is the one that it was in. `warnings` are about
    how it was read.
    """

    text: str
    marked: bool = False
    encoding: str = UTF8
    gzipped: bool = False
    warnings: tuple[Problem, ...] = ()
    format: Format = Format.CSV

    @property
    def characters(self) -> int:
        """The length of the text."""
        return len(self.text)

    @property
    def bom(self) -> bool:
        """Whether its result begins with a byte order mark.

        What was not UTF-8 comes from a program that would read a result without one in its own encoding.
        """
        return self.marked or self.encoding != UTF8


@dataclass(frozen=True, slots=True)
class Table:
    """The sheet of a workbook that was chosen. `header` is the index of its header in `rows`, if it has one.

    `sheets` are all sheets with cells, in the workbook's order.
    """

    format: Format
    sheet: str
    sheets: tuple[Sheet, ...]
    rows: list[Row]
    header: int | None
    gzipped: bool = False
    warnings: tuple[Problem, ...] = ()

    @property
    def characters(self) -> int:
        """The number of characters in all cells."""
        return sum(len(cell) for row in self.rows for cell in row.cells)

    @property
    def bom(self) -> bool:
        """Whether its result begins with a byte order mark, without which Excel does not read UTF-8."""
        return True


HeaderTest = Callable[[Sequence[Sequence[str]]], int | None]
"""Return the index of the header in the first rows of a sheet, or None."""

HEADER_ROWS = 50  # as many rows without empty ones are shown to the test


def first_filled_row(rows: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the first row that has at least two texts."""
    return next((index for index, cells in enumerate(rows) if sum(map(bool, cells)) > 1), None)
