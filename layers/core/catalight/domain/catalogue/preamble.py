"""The rows above a header: titles, and Excel's `sep=;`."""

import csv
import io
from collections.abc import Iterable, Sequence

MAX_SIZE = 1_000_000  # characters, and CELL for each cell: a job's document holds them
MAX_EMPTY_ROWS = 1_000
CELL = 16

type Preamble = tuple[tuple[str, ...], ...]


def text_above(text: str, delimiter: str) -> Preamble:
    """Return the rows of the text above a CSV header, also the empty ones, or none if they are too large."""
    if not text or len(text) > MAX_SIZE:
        return ()
    try:
        return _bounded(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:  # a cell that is longer than the csv module reads
        return ()


def rows_above(rows: Sequence[tuple[int, Sequence[str]]], header_line: int) -> Preamble:
    """Return the rows of a sheet above its header, each given with its number, and empty ones between them.

    If the sheet begins with very many empty rows, all empty ones are left out.
    """
    above = [(line, cells) for line, cells in rows if line < header_line]
    if header_line - 1 - len(above) > MAX_EMPTY_ROWS:
        return _bounded(cells for _, cells in above)
    filled = dict(above)
    return _bounded(filled.get(line, ()) for line in range(1, header_line))


def _bounded(rows: Iterable[Sequence[str]]) -> Preamble:
    found = list[tuple[str, ...]]()
    size = 0
    for cells in rows:
        size += CELL * (1 + len(cells)) + sum(map(len, cells))
        if size > MAX_SIZE:
            return ()
        found.append(tuple(cells))
    return tuple(found)
