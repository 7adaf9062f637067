"""Find the short rows that lose something: a URL, or a part that an unquoted line break cut off.

Spreadsheet programs leave out empty cells at the end of a row, so most short rows are sound.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from catalight.domain.catalogue.dialect import DELIMITERS, delimiter_name
from catalight.domain.catalogue.header import Header
from catalight.domain.catalogue.urls import holds_url
from catalight.domain.errors import Problem
from catalight.domain.stored import restored
from catalight.domain.texts import shown

_DIGIT = re.compile(r"\d")

type Describe = Callable[[], Problem]


@dataclass(frozen=True, slots=True)
class _Part:
    """A row that may be a part of a broken one. `text` is what a problem shows of it.

    `is_numbered` is whether the serial number has a digit, `has_image` whether the image column has a URL,
    `is_filled` whether the first and the last cell are.
    """

    line: int
    size: int
    is_numbered: bool
    text: str
    loses_url: bool
    has_image: bool = True
    is_filled: bool = False


class ShortRows:
    """Examines the short rows of a catalogue in their order, and the rows that follow one of them."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._width = len(header.record.cells)
        self._last_required = header.columns.last_required
        self._first: _Part | None = None  # of the parts of one row, if line breaks have broken it
        self._joined = 0  # the cells of that row, once its parts are put together again
        self._loses_url = False  # any of its parts
        self._unreported: list[_Part] = []  # its short parts that have no problem yet

    @property
    def is_open(self) -> bool:
        """Whether the last row may continue on the next line."""
        return self._first is not None

    @property
    def state(self) -> dict[str, Any]:
        """What is known of the last rows, as plain values."""
        return {
            "first": self._first and asdict(self._first),
            "joined": self._joined,
            "loses_url": self._loses_url,
            "unreported": list(map(asdict, self._unreported)),
        }

    def go_on(self, state: Mapping[str, Any]) -> None:
        """Go on after the rows that this was known of."""
        self._first = state["first"] and restored(_Part, state["first"])
        self._joined, self._loses_url = state["joined"], state["loses_url"]
        self._unreported = [restored(_Part, part) for part in state["unreported"]]

    def examine(self, line: int, cells: Sequence[str], line_before: int) -> list[Describe]:
        """Return what describes the problems of a row, and of the rows before that it seems to continue.

        `line_before` is the line of the last complete row, or 0.
        """
        part = self._part(line, cells)
        if len(cells) == 1 and part.loses_url and cells[0].count(self._header.delimiter) >= self._width - 1:
            self._first = None
            return [partial(self._problem, part, "The row is in double quotes as a whole. Remove them.")]
        delimiter = self._other_delimiter(cells) if part.loses_url else None
        if delimiter:
            self._first = None
            used, wanted = delimiter_name(delimiter), delimiter_name(self._header.delimiter)
            advice = f"It is delimited by {used}, not by {wanted} as the header is."
            return [partial(self._problem, part, advice)]
        if self._first is None and line_before:
            self._begin(_Part(line_before, self._width, is_numbered=False, text="", loses_url=False))
        if self._first and self._continues(self._first, part):
            self._joined += part.size - 1
            self._loses_url = self._loses_url or part.loses_url
            self._unreported += [part] if part.size < self._width else []
        else:
            self._begin(part)
        problems = self._report(part)
        if part.size >= self._width:
            self._first = None
        return problems

    def _part(self, line: int, cells: Sequence[str]) -> _Part:
        header = self._header
        url = next(filter(holds_url, cells), None)
        serial = header.columns.serial
        is_numbered = serial is not None and serial < len(cells) and _DIGIT.search(cells[serial]) is not None
        text = header.delimiter.join(cells) if url is None else url
        has_image = any(index < len(cells) and holds_url(cells[index]) for index in header.columns.images)
        loses_url = url is not None and (
            len(cells) <= self._last_required
            or (header.columns.all_needed and len(cells) < self._width and not has_image)
        )
        return _Part(line, len(cells), is_numbered, text, loses_url, has_image, bool(cells[0] and cells[-1]))

    def _begin(self, part: _Part) -> None:
        self._first, self._joined, self._loses_url = part, part.size, part.loses_url
        self._unreported = [part] if part.size < self._width else []

    def _continues(self, first: _Part, part: _Part) -> bool:
        """Return whether the row is more likely the rest of the one before than a row of its own."""
        if self._joined + part.size - 1 > self._width:
            return False
        lacks_rest = first.loses_url or first.is_numbered
        begins_row = part.is_numbered or not part.text.strip(self._header.delimiter)
        # A sound row may also be followed by a section of the catalogue, which has empty cells.
        rest_is_likely = part.is_filled or not first.has_image
        return part.loses_url or (lacks_rest and not begins_row and rest_is_likely)

    def _report(self, last: _Part) -> list[Describe]:
        if self._first and self._first is not last and self._is_whole(self._first):
            lines = f"lines {self._first.line:,} to {last.line:,}"
            advice = (
                f"A line break seems to have broken the row on {lines}. Put double quotes around its cell."
            )
            broken, self._unreported = self._unreported, []
            return [partial(self._problem, part, advice) for part in broken]
        if last.loses_url:
            name = shown(self._header.record.cells[self._header.columns.images[0]])
            advice = f'Only URLs in the column "{name}" are fetched. Check that no cell before it is missing.'
            if last.has_image:
                advice = "Check that no cell is missing."
            self._unreported.pop()
            return [partial(self._problem, last, advice)]
        return []

    def _is_whole(self, first: _Part) -> bool:
        """Return whether the parts together make one row."""
        if self._loses_url:
            return self._joined > self._last_required
        return self._joined == self._width and first.size < self._width

    def _other_delimiter(self, cells: Sequence[str]) -> str | None:
        """Return another delimiter than the header's, if it gives the row as many cells as the header has."""
        header = self._header
        line = header.delimiter.join(cells)
        for delimiter in DELIMITERS:
            pieces = line.split(delimiter) if delimiter != header.delimiter else []
            if len(pieces) >= self._width and holds_url(pieces[header.columns.images[0]]):
                serial = header.columns.serial
                return None if serial is not None and holds_url(pieces[serial]) else delimiter
        return None

    def _problem(self, part: _Part, advice: str) -> Problem:
        cells = "1 cell" if part.size == 1 else f"{part.size:,} cells"
        message = f"The row has {cells}, but the header has {self._width:,}. {advice}"
        return Problem("short_row", message, line=part.line, found=shown(part.text))
