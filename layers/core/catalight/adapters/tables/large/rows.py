"""The rows of a large sheet: written to a scratch file, and completed with their links when all are read."""

import json
from array import array
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO, NamedTuple

from catalight.adapters.tables.formulas import evaluate
from catalight.adapters.tables.large.scratch import ScratchRows
from catalight.adapters.tables.limits import LARGE, Limits
from catalight.adapters.tables.problems import (
    corrupt,
    too_large,
    too_many_cells,
    too_many_characters,
    too_many_columns,
)
from catalight.adapters.tables.sheet_rows import MAX_LINKS, Area, Formula, SheetRows, row_of
from catalight.domain.catalogue.plain_rows import to_line

_OF_ROW = -1  # the order of links that the row itself has; the others follow


class _Link(NamedTuple):
    order: int
    area: Area
    url: str


class LargeRows(SheetRows):
    """Takes the place of SheetRows for one sheet, and gives the same rows; the list `rows` stays empty.

    A row is written with its formulas. What does not belong to a row with texts stays in memory, and is
    limited to `MAX_LINKS`.
    """

    def __init__(self, file: BinaryIO, limits: Limits = LARGE) -> None:
        super().__init__()
        self._limits = limits
        self._scratch = ScratchRows(file)
        self._last = 0
        self._links: dict[int, list[_Link]] = {}  # of single cells, by their row
        self._areas: list[_Link] = []
        self._with_formulas = array("I")  # the rows with texts that have formulas
        self._alone: dict[int, list[Formula]] = {}  # formulas of rows without texts
        self._kept = 0
        self.width = 0  # of the widest row, with its links
        self.number = 0  # of rows

    def add_linked(self, line: int, texts: dict[int, str], links: dict[int, str]) -> None:
        """Add a row with these texts and links, and the formulas that were found in it."""
        formulas, self.formulas = self.formulas, []
        if not texts and (not links or line <= self._last):
            self._keep(len(links) + len(formulas))
            for column, url in links.items():
                self._add_link(_OF_ROW, Area(line, column, line, column), url)
            if formulas:
                self._alone.setdefault(line, []).extend(formulas)
            return
        if line <= self._last:
            raise corrupt("its rows are not in order")
        self._last = line
        cells = self._checked(line, texts)
        self.width = max(self.width, len(cells), 1 + max(links, default=-1))
        self._scratch.add(
            line, to_line([line, cells, list(links.items()), *([formulas] if formulas else ())])
        )
        if formulas:
            self._with_formulas.append(line)

    def link(self, area: Area, url: str) -> None:
        """Link the cells of an area to a URL: all that have a text, or the only one."""
        self._keep(1)
        self._add_link(self._kept, area, url)

    def lines(self) -> Iterator[bytes]:
        """Yield the line of each row, complete; `findings`, `width` and `number` are known at the end."""
        self._scratch.flush()
        self._areas.sort(key=lambda link: link.area.first, reverse=True)
        alone = sorted({*self._links, *self._alone}, reverse=True)
        with_formulas = chain(self._with_formulas, (0,))
        next_formula = next(with_formulas)
        active: list[_Link] = []
        for line, written in self._scratch.lines():
            while alone and alone[-1] < line:
                yield from self._completed(alone.pop())
            active = self._active(active, line)
            if active or line == next_formula or (alone and alone[-1] == line):
                yield from self._completed(line, written, active)
            else:
                self.number += 1
                yield written
            next_formula = next(with_formulas) if line == next_formula else next_formula
            if alone and alone[-1] == line:
                alone.pop()
        while alone:
            yield from self._completed(alone.pop())

    def _checked(self, line: int, texts: dict[int, str]) -> list[str]:
        """Return the cells of a row. Raise CatalogueError if there are too many."""
        width = max(texts, default=-1) + 1
        if width > self._limits.columns:
            raise too_many_columns(line)
        self._cells += width
        if self._cells > self._limits.cells:
            raise too_many_cells(line, self._limits.cells)
        cells = row_of(texts, width)
        self._characters += sum(map(len, cells))
        if self._characters > self._limits.characters:
            raise too_many_characters(self._limits.characters)
        return cells

    def _keep(self, more: int) -> None:
        self._kept += more
        if self._kept > MAX_LINKS:
            raise too_large(f"more than {MAX_LINKS:,} links", "Write the URLs into cells instead.")

    def _add_link(self, order: int, area: Area, url: str) -> None:
        if area.first == area.last and area.left == area.right:
            self._links.setdefault(area.first, []).append(_Link(order, area, url))
        else:
            self._areas.append(_Link(order, area, url))

    def _active(self, active: list[_Link], line: int) -> list[_Link]:
        """Return the areas that have cells of a row, given those of the row before."""
        while self._areas and self._areas[-1].area.first <= line:
            active.append(self._areas.pop())
        if active:
            active = [link for link in active if link.area.last >= line]
            self._cells += len(active)
            if self._cells > 2 * self._limits.cells:
                raise too_large("too many overlapping links", "Remove the links of whole columns.")
        return active

    def _completed(self, line: int, written: bytes = b"", active: Sequence[_Link] = ()) -> Iterator[bytes]:
        """Yield the line of a row, unless it has neither texts nor links."""
        _, cells, own, *more = json.loads(written) if written else (line, [], [])
        links = dict(own)
        for link in sorted((*self._links.get(line, ()), *active)):
            if link.area.first != link.area.last or link.area.left != link.area.right:
                last = min(link.area.right + 1, len(cells))
                links.update({column: link.url for column in range(link.area.left, last) if cells[column]})
            else:
                links[link.area.left] = link.url
        for formula in (*(Formula(*one) for one in chain.from_iterable(more)), *self._alone.get(line, ())):
            url = evaluate(formula.text, self._scratch.text, formula.down, formula.right)
            if url:
                links[formula.column] = url
            elif url is None:
                self.not_evaluated(formula.line, formula.column, f"={formula.text}")
        if cells or links:
            self.number += 1
            self.width = max(self.width, 1 + max(links, default=-1))
            yield to_line([line, cells, list(links.items())])
