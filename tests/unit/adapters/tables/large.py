"""Read workbooks as large ones are read, whatever their size."""

from io import BytesIO

from catalight.adapters.tables.large.workbook import Files, plain_rows
from catalight.adapters.tables.limits import LARGE, Limits
from catalight.domain.catalogue.files import HeaderTest, Options, Table, first_filled_row
from catalight.domain.catalogue.plain_rows import END, read_row, read_trailer


def large_table(
    data: bytes,
    options: Options = Options(),  # noqa: B008
    header: HeaderTest = first_filled_row,
    limits: Limits = LARGE,
) -> Table:
    """Return the table that the plain rows of a workbook are."""
    files = Files(BytesIO(data), BytesIO(), BytesIO())
    written = b"".join(plain_rows(files, options, header, limits))
    position = int(written[-END:])
    trailer = read_trailer(written[position:])
    rows = [read_row(line) for line in written[:position].splitlines()]
    assert trailer.rows == len(rows)
    width = max((max(len(row.cells), 1 + max(row.links, default=-1)) for row in rows), default=0)
    assert trailer.width == width
    table = trailer.table
    return Table(table.format, table.sheet, table.sheets, rows, table.header, warnings=table.warnings)
