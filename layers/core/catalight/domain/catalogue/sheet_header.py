"""The header of a workbook's sheet: find its row, and choose the columns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from catalight.domain.catalogue.columns import MAX_ROWS_EXAMINED
from catalight.domain.catalogue.files import Row
from catalight.domain.catalogue.header import Header
from catalight.domain.catalogue.header_choice import Choice, by_content, by_name, classic
from catalight.domain.catalogue.header_problems import MAX_LINES_TRIED, no_header, no_such_line
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.preamble import rows_above
from catalight.domain.catalogue.records import NO_LINKS, Record
from catalight.domain.catalogue.requested import NOTHING, Wanted
from catalight.domain.catalogue.required_columns import Candidate, candidate_of
from catalight.domain.errors import CatalogueError

MAX_ROWS_ABOVE = 1_000  # the highest line that a request may name


def read_sheet(rows: Sequence[Row], wanted: Wanted = NOTHING) -> Header:
    """Read the header of a workbook's sheet: the first of the first 20 rows that names the columns.

    All records are as wide as the widest row. Raises CatalogueError as `read_header` does.
    """
    width = max((max(len(row.cells), 1 + max(row.links, default=-1)) for row in rows), default=0)
    records = [_sheet_record(row, width) for row in rows]
    tried, choice = _sheet_choice(records, wanted)
    if choice is None:
        problems = no_header(tried, lambda candidate: _rows_after(records, candidate))
        raise CatalogueError(problems, len(problems))
    candidate, columns = choice
    after = [record for record in records if record.line > candidate.record.line]
    preamble = rows_above([(row.line, row.cells) for row in rows[:MAX_ROWS_ABOVE]], candidate.record.line)
    return Header(",", "\r\n", candidate.record, columns, after, preamble)


def header_index(rows: Sequence[Sequence[str]], wanted: Wanted = NOTHING) -> int | None:
    """Return the index of the header in the first rows of a sheet, or None if it has none that is usable."""
    width = max(map(len, rows), default=0)
    records = [_sheet_record(Row(index, list(cells), {}), width) for index, cells in enumerate(rows)]
    try:
        _, choice = _sheet_choice(records, replace(wanted, header_row=None))
    except CatalogueError as error:
        # A header with a problem, unless it lacks what was requested: another sheet may have that.
        return None if any(one.code == "missing_column" for one in error.problems) else 0
    return choice[0].record.line if choice else None


def _sheet_choice(records: Sequence[Record], wanted: Wanted) -> tuple[list[Candidate], Choice | None]:
    tried: list[Candidate] = []
    for record in islice(_rows(records, wanted), MAX_LINES_TRIED):
        tried.append(candidate_of(record))
        if wanted.columns is None and (found := classic(tried[-1:], wanted)):
            return tried, found
    return tried, by_name(tried, wanted) or by_content(tried, lambda one: _rows_after(records, one))


def _rows_after(records: Sequence[Record], candidate: Candidate) -> list[list[str]]:
    """Return the texts of the first records after a candidate, and the URLs behind them."""
    after = (record for record in records if record.line > candidate.record.line)
    return [_with_links(record) for record in islice(after, MAX_ROWS_EXAMINED)]


def _rows(records: Sequence[Record], wanted: Wanted) -> Iterator[Record]:
    """Yield each record that may be the header."""
    if wanted.header_row is None:
        yield from (record for record in records if any(map(bare, record.cells)))
        return
    found = [record for record in records if record.line == wanted.header_row]
    if not found:
        raise CatalogueError((no_such_line(wanted.header_row),), 1)
    yield from found


def _sheet_record(row: Row, width: int) -> Record:
    cells = row.cells + [""] * (width - len(row.cells))
    return Record(row.line, row.line, cells, links=row.links or NO_LINKS)


def _with_links(record: Record) -> list[str]:
    return [record.links.get(index, cell) for index, cell in enumerate(record.cells)]
