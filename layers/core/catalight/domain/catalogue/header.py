"""The header of a catalogue: find its line and its delimiter, and choose the columns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from catalight.domain.catalogue.columns import MAX_ROWS_EXAMINED, Columns
from catalight.domain.catalogue.dialect import DELIMITERS
from catalight.domain.catalogue.header_choice import by_content, by_name, classic
from catalight.domain.catalogue.header_problems import MAX_LINES_TRIED, no_header, no_such_line, not_a_table
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.lines import after_lines, filled_lines
from catalight.domain.catalogue.preamble import Preamble, text_above
from catalight.domain.catalogue.records import Record, records
from catalight.domain.catalogue.requested import NOTHING, Wanted
from catalight.domain.catalogue.required_columns import Candidate, read_candidate
from catalight.domain.errors import CatalogueError

MAX_HEADER_LINES = 50  # physical ones, because names may contain line breaks
MAX_CHARACTERS_TRIED = 2_000_000  # of all lines that were tried without success


@dataclass(frozen=True, slots=True)
class Header:
    """A header, with the columns that were chosen in it.

    `newline` is its line end. `rows` yields the records after the header, without blank lines; those of a
    text only once. `preamble` are
    the rows above it.
    """

    delimiter: str
    newline: str
    record: Record
    columns: Columns
    rows: Iterable[Record]
    preamble: Preamble = ()


def read_header(text: str, wanted: Wanted = NOTHING) -> Header:
    """Read the header: the first of the first 20 lines that names the columns. Blank lines do not count.

    Raises CatalogueError if there is none, if a column is ambiguous, or if there are too many.
    """
    tried: list[Candidate] = []
    characters = 0
    for line, start in islice(_lines(text, wanted), MAX_LINES_TRIED):
        head = _head(text, start)
        candidates = [read_candidate(head, delimiter, line, start) for delimiter in DELIMITERS]
        tried += candidates
        if wanted.columns is None and (found := classic(candidates, wanted)):
            return _header(text, *found)
        characters += len(head)
        if characters > MAX_CHARACTERS_TRIED:
            break
    if named := by_name(tried, wanted):
        return _header(text, *named)
    if tried and (problem := not_a_table(text, tried)):
        raise CatalogueError((problem,), 1)

    def rows_after(candidate: Candidate) -> Sequence[Sequence[str]]:
        return _rows_after(text, candidate)

    if found := by_content(tried, rows_after):
        return _header(text, *found)
    problems = no_header(tried, rows_after)
    raise CatalogueError(problems, len(problems))


def _lines(text: str, wanted: Wanted) -> Iterator[tuple[int, int]]:
    """Yield the number and the start of each line that may be the header."""
    if wanted.header_row is None:
        yield from filled_lines(text)
        return
    start = after_lines(text, wanted.header_row - 1)
    if not bare(text[start : after_lines(text, 1, start)]):
        raise CatalogueError((no_such_line(wanted.header_row),), 1)
    yield wanted.header_row, start


def _head(text: str, start: int) -> str:
    """Return the lines that a header from `start` on may take: one, or more if it has quotes."""
    end = after_lines(text, 1, start)
    if '"' in text[start:end]:
        end = after_lines(text, MAX_HEADER_LINES - 1, end)
    return text[start:end]


def _rows_after(text: str, candidate: Candidate) -> Sequence[Sequence[str]]:
    """Return the cells of the first records after a candidate."""
    record = candidate.record
    end = after_lines(text, record.end - record.line + 1, candidate.start)
    return [row.cells for row in islice(records(text[end:], candidate.delimiter), MAX_ROWS_EXAMINED)]


def _header(text: str, candidate: Candidate, columns: Columns) -> Header:
    rows = records(text[candidate.start :], candidate.delimiter, candidate.record.line)
    record = next(rows)
    end = after_lines(text, record.end - record.line + 1, candidate.start)
    newline = "\n" if text.endswith("\n", 0, end) and not text.endswith("\r\n", 0, end) else "\r\n"
    preamble = text_above(text[: candidate.start], candidate.delimiter)
    return Header(candidate.delimiter, newline, record, columns, rows, preamble)
