"""Read .xls and .xlsb workbooks with calamine: the values of the cells, without formats and links."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO

import python_calamine as calamine

from catalight.adapters.tables.choose_sheet import SheetChoice
from catalight.adapters.tables.numbers import elapsed, general
from catalight.adapters.tables.problems import corrupt, encrypted
from catalight.adapters.tables.sheet_rows import SheetRows
from catalight.domain.catalogue.files import Format, HeaderTest, Options, Sheet, Table
from catalight.domain.errors import Problem

_DAY = timedelta(days=1)
_PANIC = "PanicException"  # of Rust; its class is not exported


def read_binary(data: bytes, kind: Format, options: Options, header: HeaderTest) -> Table:
    """Return the chosen sheet. Raises CatalogueError if the workbook is damaged or encrypted."""
    try:
        return _read(data, kind, options, header)
    except calamine.PasswordError as error:
        raise encrypted() from error
    except (calamine.CalamineError, OSError, OverflowError) as error:
        raise corrupt("it cannot be read") from error
    except BaseException as error:
        if type(error).__name__ != _PANIC:  # it is no Exception
            raise
        raise corrupt("it cannot be read") from error


def _read(data: bytes, kind: Format, options: Options, header: HeaderTest) -> Table:
    choice = SheetChoice(options, header)
    with calamine.CalamineWorkbook.from_filelike(BytesIO(data)) as workbook:
        for one in workbook.sheets_metadata:
            if one.typ != calamine.SheetTypeEnum.WorkSheet:
                continue
            hidden = one.visible != calamine.SheetVisibleEnum.Visible
            if choice.wants(Sheet(one.name, hidden)):
                choice.offer(_rows(workbook.get_sheet_by_name(one.name)))
    message = (
        f"Of .{kind} files, neither number formats nor links are read: 00123 may have become 123, and a link "
        "that a cell only shows as a text is lost. Save the workbook as .xlsx if it has such cells."
    )
    return choice.table(kind, (Problem("formats_not_read", message),))


def _rows(sheet: calamine.CalamineSheet) -> SheetRows:
    rows, left = SheetRows(), sheet.start[1] if sheet.start else 0
    for line, values in enumerate(sheet.iter_rows(), 1):  # with empty rows above, without columns on the left
        rows.add(line, dict(_texts(values, left)))
    return rows


def _texts(values: Sequence[object], left: int) -> Iterator[tuple[int, str]]:
    for column, value in enumerate(values, left):
        if value != "":
            yield column, value if isinstance(value, str) else _text(value)


def _text(value: object) -> str:
    """Return a value as a text."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(" 00:00:00")
        case date() | time():
            return value.isoformat()[:10]
        case timedelta():
            return elapsed(Decimal(value / _DAY)) or ""
        case _:
            return general(repr(value))
