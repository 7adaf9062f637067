"""The rows of a sheet as plain lines, which can be read from any line on, and what else is known of it.

Each row is a line of JSON. A line with the rest of the table, the trailer, follows, because that is known
only when the last row was read. Its position, in digits, is the last line.
"""

import json
from dataclasses import asdict
from typing import Any, NamedTuple

from catalight.domain.catalogue.files import Format, Row, Sheet, Table
from catalight.domain.errors import Problem
from catalight.domain.stored import restored

END = 20  # bytes of the position


class Trailer(NamedTuple):
    """A table without its rows, their number, and the cells of the widest one, with its links."""

    table: Table
    width: int
    rows: int


def row_line(row: Row) -> bytes:
    """Return the line of a row."""
    return to_line([row.line, row.cells, list(row.links.items())])


def read_row(line: bytes, width: int = 0) -> Row:
    """Return the row of a line, with empty cells up to a width."""
    number, cells, links = json.loads(line)
    return Row(number, cells + [""] * (width - len(cells)), dict(links))


def trailer_lines(trailer: Trailer, position: int) -> bytes:
    """Return what follows the rows, which end at a position."""
    table = trailer.table
    document = {
        "format": table.format,
        "sheet": table.sheet,
        "sheets": [[sheet.name, sheet.hidden] for sheet in table.sheets],
        "header": table.header,
        "warnings": [asdict(warning) for warning in table.warnings],
        "width": trailer.width,
        "rows": trailer.rows,
    }
    return to_line(document) + f"{position:0{END - 1}}\n".encode()


def read_trailer(lines: bytes) -> Trailer:
    """Return what `trailer_lines` was given."""
    found = json.loads(lines[:-END])
    table = Table(
        Format(found["format"]),
        found["sheet"],
        tuple(Sheet(name, hidden) for name, hidden in found["sheets"]),
        [],
        found["header"],
        warnings=tuple(restored(Problem, warning) for warning in found["warnings"]),
    )
    return Trailer(table, found["width"], found["rows"])


def to_line(values: Any) -> bytes:
    """Return values as a line of JSON; within texts, line ends are escaped."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
