"""The rows of a sheet while it is read: its limits, and the links that are only known at its end."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from catalight.adapters.tables.findings import Findings
from catalight.adapters.tables.formulas import address, evaluate
from catalight.adapters.tables.problems import (
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    corrupt,
    too_large,
    too_many_cells,
    too_many_characters,
    too_many_columns,
    too_many_rows,
)
from catalight.domain.catalogue.files import Row
from catalight.domain.errors import Problem
from catalight.domain.texts import shown

MAX_LINKS = 200_000  # hyperlinks and their targets; Excel keeps 65,530 in a sheet


def row_of(texts: Mapping[int, str], width: int) -> list[str]:
    """Return a row of `width` cells with these texts, which are in the order of their columns."""
    if width == len(texts):
        return list(texts.values())
    cells = [""] * width
    for column, text in texts.items():
        cells[column] = text
    return cells


class Formula(NamedTuple):
    """A formula that may hold a link, in the cell at `line` and `column`.

    `down` and `right` are how far that cell is from the one that the formula was written for.
    """

    line: int
    column: int
    text: str
    down: int = 0
    right: int = 0


class Area(NamedTuple):
    """The cells from a first to a last row and column, all of them included; columns count from 0."""

    first: int
    left: int
    last: int
    right: int


@dataclass(slots=True)
class SheetRows:
    """The rows of one sheet. The methods raise CatalogueError where a limit is exceeded."""

    rows: list[Row] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    formulas: list[Formula] = field(default_factory=list)
    _cells: int = 0
    _characters: int = 0

    def add(self, line: int, texts: dict[int, str]) -> None:
        """Add a row with these texts, by column index in ascending order; one without texts is left out."""
        if not texts:
            return
        width = max(texts) + 1
        if width > MAX_COLUMNS:
            raise too_many_columns(line)
        self.add_cells(line, row_of(texts, width))

    def add_cells(self, line: int, cells: list[str]) -> None:
        """Add a row with these cells, of which the last is not empty."""
        if self.rows and line <= self.rows[-1].line:
            raise corrupt("its rows are not in order")
        self._cells += len(cells)
        self._characters += sum(map(len, cells))
        if self._cells > MAX_CELLS:
            raise too_many_cells(line)
        if self._characters > MAX_CHARACTERS:
            raise too_many_characters()
        self.rows.append(Row(line, cells, {}))
        if len(self.rows) > MAX_ROWS:
            raise too_many_rows()

    def add_linked(self, line: int, texts: dict[int, str], links: dict[int, str]) -> None:
        """Add a row with these texts and links, by column index."""
        self.add(line, texts)
        if links:
            self._row(line).links.update(links)

    def add_image(self, line: int | None, column: int) -> None:
        """Warn of an image that lies in or over a cell; `line` is None if it lies over the whole sheet."""
        where = f"in or over cell {address(line, column)}" if line else "over the sheet"
        message = f"An image lies {where}. It is not read: write its URL into a cell, or link the cell to it."
        self.findings.add(Problem("embedded_picture", message, line=line))

    def link(self, area: Area, url: str) -> None:
        """Link the cells of an area to a URL: all that have a text, or the only one."""
        if area.first == area.last and area.left == area.right:
            self._row(area.first).links[area.left] = url
            return
        first = bisect_left(self.rows, area.first, key=_line)
        last = bisect_right(self.rows, area.last, key=_line)
        for row in self.rows[first:last]:
            for column in range(area.left, min(area.right + 1, len(row.cells))):
                if row.cells[column]:
                    row.links[column] = url
        self._cells += last - first
        if self._cells > 2 * MAX_CELLS:
            raise too_large("too many overlapping links", "Remove the links of whole columns.")

    def evaluate(self) -> None:
        """Turn the formulas into links, or warn, once for each column, of what cannot be evaluated."""
        for formula in self.formulas:
            url = evaluate(formula.text, self._text, formula.down, formula.right)
            if url:
                self._row(formula.line).links[formula.column] = url
            elif url is None:
                self.not_evaluated(formula.line, formula.column, f"={formula.text}")

    def not_evaluated(self, line: int, column: int, formula: str) -> None:
        """Warn of a formula whose outcome is not known."""
        message = (
            f"The formula in cell {address(line, column)} was not evaluated: only links to a URL in it "
            "or in another cell of the sheet are. Copy the column and insert it as values."
        )
        problem = Problem("formula_not_evaluated", message, line=line, found=shown(formula))
        self.findings.add(problem, ("column", column))

    def _text(self, line: int, column: int) -> str:
        index = bisect_left(self.rows, line, key=_line)
        if index < len(self.rows) and self.rows[index].line == line and column < len(self.rows[index].cells):
            return self.rows[index].cells[column]
        return ""

    def _row(self, line: int) -> Row:
        """Return a row, which is added if it has no text."""
        index = bisect_left(self.rows, line, key=_line)
        if index == len(self.rows) or self.rows[index].line != line:
            self.rows.insert(index, Row(line, [], {}))
            if len(self.rows) > MAX_ROWS:
                raise too_many_rows()
        return self.rows[index]


def _line(row: Row) -> int:
    return row.line
