"""Write workbooks from rows of texts."""

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tests.unit.adapters.tables.writing import spreadsheet, text_table

Rows = Sequence[Sequence[object]]


def xlsx(
    sheets: Mapping[str, Rows],
    finish: Callable[[xlsxwriter.Workbook, dict[str, Worksheet]], None] | None = None,
) -> bytes:
    """Return an XLSX file with these sheets; texts stay texts. `finish` changes it before it is written."""
    file = BytesIO()
    options = {"in_memory": True, "strings_to_urls": False, "strings_to_formulas": False}
    with xlsxwriter.Workbook(file, options) as book:
        made = {}
        for name, rows in sheets.items():
            sheet = made[name] = book.add_worksheet(name)
            for line, cells in enumerate(rows):
                sheet.write_row(line, 0, cells)
        if finish:
            finish(book, made)
    return file.getvalue()


def ods(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """Return an OpenDocument spreadsheet with these sheets of texts."""
    return spreadsheet("".join(text_table(rows, name) for name, rows in sheets.items()))
