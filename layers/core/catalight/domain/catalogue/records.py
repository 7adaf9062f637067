"""Records: the rows of a file as cells, with the lines that they stand on. Here they are read from CSV."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from catalight.domain.catalogue.invisible import INVISIBLE, bare
from catalight.domain.catalogue.lines import line_ends
from catalight.domain.errors import Problem
from catalight.domain.texts import shown

_SPACE = f" \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000{INVISIBLE}"


NO_LINKS: Mapping[int, str] = MappingProxyType({})


class Record(NamedTuple):
    """The lines that a record begins and ends on (from 1), and its cells, or the problem that hides them.

    `links` are the URLs that lie behind cells of a workbook, by the cell's index.
    """

    line: int
    end: int
    cells: list[str]
    problem: Problem | None = None
    links: Mapping[int, str] = NO_LINKS


def first_record(text: str, delimiter: str, line: int = 1) -> Record:
    """Read the CSV record that `text` begins with. `line` is the number of its first line."""
    reader = csv.reader(_with_bare_quotes(text, delimiter), delimiter=delimiter, strict=True)
    try:
        cells = next(reader, list[str]())
    except csv.Error as error:
        return _broken(error, line, line + reader.line_num - 1, _Lines(text).text(1))
    return Record(line, line + reader.line_num - 1, cells)


def records(text: str, delimiter: str, line: int = 1) -> Iterator[Record]:
    """Yield the CSV records of `text`, without blank lines. `line` is the number of its first line."""
    return (record for record in _read(text, delimiter, line) if not _is_blank(record))


class Piece(NamedTuple):
    """The first records of a text, and how many lines they take, with the blank ones."""

    records: list[Record]
    lines: int


def complete_records(text: str, delimiter: str, line: int, margin: int, most: int) -> Piece:
    """Return the records that end before the last `margin` characters of a text that goes on after them.

    They are the same whatever follows, if the margin is longer than a cell may be. `most` bounds the records
    and blank lines. `line` is the number of the first line, at which a record begins.
    """
    whole = line_ends(text[:-margin]) if margin else None
    found, lines = list[Record](), 0
    for record in islice(_read(text, delimiter, line), most):
        taken = record.end - line + 1
        if whole is not None and taken > whole:
            break
        lines = taken
        if not _is_blank(record):
            found.append(record)
    return Piece(found, lines)


def _is_blank(record: Record) -> bool:
    cells = record.cells
    return not (record.problem or len(cells) > 1 or (cells and bare(cells[0])))


def _read(text: str, delimiter: str, line: int) -> Iterator[Record]:
    """Yield the records of `text`, and one for each blank line."""
    lines = _Lines(text)
    reader = csv.reader(_with_bare_quotes(text, delimiter), delimiter=delimiter, strict=True)
    before = end = line - 1
    while True:
        try:
            for cells in reader:
                begin, end = end + 1, before + reader.line_num
                yield Record(begin, end, cells)
        except csv.Error as error:  # the reader can continue: it starts a new record on the next line
            begin, end = end + 1, before + reader.line_num
            yield _broken(error, begin, end, lines.text(begin - before))
        else:
            return


def _broken(error: csv.Error, line: int, end: int, text: str) -> Record:
    found = shown(text.rstrip("\r\n"))
    if "limit" in str(error):  # csv.Error has no code, only a text
        limit = csv.field_size_limit()
        message = (
            f"A cell of the row that begins on line {line} has more than {limit:,} characters. "
            "Shorten it, or add its closing quote if that is missing."
        )
        return Record(line, end, [], Problem("cell_too_long", message, line=line, found=found))
    message = (
        f"The row that begins on line {line} has a quote that is not closed, or that is closed in the "
        f"middle of a cell (seen on line {end}). Put quotes around the whole cell, and double each "
        "quote inside it."
    )
    return Record(line, end, [], Problem("broken_quote", message, line=line, found=found))


def _with_bare_quotes(text: str, delimiter: str) -> io.StringIO:
    """Return the lines of `text` without the spaces between the quotes of a cell and its delimiters.

    RFC 4180 makes these spaces a part of the cell, so its quotes would be no quotes.
    """
    space, ends = f"[{_SPACE.replace(delimiter, '')}]", f"[{re.escape(delimiter)}\\r\\n]"
    if '"' in text and re.search(rf'"{space}|{space}"', text):
        quoted = r'("[^"]*+(?:""[^"]*+)*+")'
        cell = rf"(?:(?<={ends})|\A){space}*+{quoted}{space}*+(?={ends}|\Z)"
        text = re.sub(cell, r"\1", text)
    return io.StringIO(text, newline="")


class _Lines:
    """The physical lines of a text, looked up in ascending order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: io.StringIO | None = None  # nearly every file is read without a look
        self._passed = 0

    def text(self, number: int) -> str:
        """Return the line with this number, from 1."""
        if self._lines is None:
            self._lines = io.StringIO(self._text, newline="")
        skipped, self._passed = number - self._passed - 1, number
        return next(islice(self._lines, skipped, None))
