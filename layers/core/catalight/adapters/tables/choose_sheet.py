"""Choose the sheet of a workbook: the one that was named, or the first visible one that has a header."""

from catalight.adapters.tables.problems import refusal
from catalight.adapters.tables.sheet_rows import SheetRows
from catalight.domain.catalogue.files import HEADER_ROWS, Format, HeaderTest, Options, Sheet, Table
from catalight.domain.errors import CatalogueError, Problem
from catalight.domain.texts import shown

_MAX_NAMED = 20


class SheetChoice:
    """Takes the sheets of a workbook in their order and keeps the best.

    A name goes before a number, without regard to case; so the sheet called "2" is not the second one.
    """

    def __init__(self, options: Options, header: HeaderTest) -> None:
        self._wanted = options.sheet
        self._test = header
        self._sheets: list[Sheet] = []
        self._chosen: tuple[Sheet, SheetRows, int | None] | None = None
        self._final = False

    def wants(self, sheet: Sheet) -> bool:
        """Add the next sheet to the list; return whether its rows are to be read."""
        self._sheets.append(sheet)
        if self._final:
            return False
        if self._wanted is None:
            return not sheet.hidden
        return self._is_named(sheet) or self._wanted.strip() == str(len(self._sheets))

    def offer(self, rows: SheetRows) -> None:
        """Take the rows of the sheet that was added last."""
        sheet = self._sheets[-1]
        header = self._test([row.cells for row in rows.rows[:HEADER_ROWS]])
        if self._wanted is not None:
            self._final = self._is_named(sheet)
        else:
            self._final = header is not None
        if self._final or self._wanted is not None or self._chosen is None or not self._chosen[1].rows:
            self._chosen = sheet, rows, header

    def rows(self) -> SheetRows:
        """Return the rows of the chosen sheet; raise CatalogueError if there is none."""
        return self._choice()[1]

    def table(self, kind: Format, more: tuple[Problem, ...] = ()) -> Table:
        """Return the chosen sheet as a table."""
        sheet, rows, header = self._choice()
        if not rows.rows:
            raise refusal("empty_file", f'The sheet "{shown(sheet.name)}" is empty. {_OTHER_SHEET}')
        warnings = (*more, *rows.findings.all())
        return Table(kind, sheet.name, tuple(self._sheets), rows.rows, header, warnings=warnings)

    def _choice(self) -> tuple[Sheet, SheetRows, int | None]:
        if self._chosen is None:
            raise self._not_found()
        return self._chosen

    def _is_named(self, sheet: Sheet) -> bool:
        return self._wanted is not None and sheet.name.strip().casefold() == self._wanted.strip().casefold()

    def _not_found(self) -> CatalogueError:
        if self._wanted is None:
            message = f"The workbook has no visible sheet with cells. {_OTHER_SHEET}"
            return refusal("no_sheet", message)
        names = ", ".join(f'"{shown(sheet.name)}"' for sheet in self._sheets[:_MAX_NAMED])
        message = (
            f'The workbook has no sheet "{shown(self._wanted)}". It has {names or "none"}. Send the name of '
            "one of them, or its number, counted from 1."
        )
        return refusal("sheet_not_found", message, found=shown(self._wanted))


_OTHER_SHEET = "Write the products into a visible sheet, or say with sheet= which one is to be read."
