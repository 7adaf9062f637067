"""Read an OpenDocument spreadsheet (ODF 1.3 part 3, chapter 9) from its XML.

Its cells hold the text that was shown when it was saved, so no number format is applied, except that dates
and times become ISO 8601 and that an exponent is resolved.
"""

import re
from typing import TYPE_CHECKING

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.choose_sheet import SheetChoice
from catalight.adapters.tables.formulas import literal_url, makes_link
from catalight.adapters.tables.numbers import general
from catalight.adapters.tables.ods_text import DRAW, OFFICE, TABLE, links_of, shown_text
from catalight.adapters.tables.problems import (
    LAST_ROW,
    MAX_COLUMNS,
    MAX_SHEETS,
    corrupt,
    encrypted,
    too_large,
    too_many_columns,
)
from catalight.adapters.tables.sheet_rows import Formula, SheetRows
from catalight.adapters.tables.xml_stream import stream
from catalight.domain.catalogue.files import Format, HeaderTest, Options, Sheet, Table

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TABLE, _ROW = f"{TABLE}table", f"{TABLE}table-row"
_CELL, _COVERED = f"{TABLE}table-cell", f"{TABLE}covered-table-cell"
_AUTOMATIC_STYLE = f"{_STYLE}style"
_CONTAINERS = frozenset(
    {f"{OFFICE}{name}" for name in ("body", "spreadsheet", "automatic-styles")}
    | {f"{TABLE}{name}" for name in ("table", "table-row-group", "table-header-rows", "table-rows")}
)
_REPEATED_ROWS, _REPEATED_CELLS = f"{TABLE}number-rows-repeated", f"{TABLE}number-columns-repeated"
_FORMULA, _TYPE = f"{TABLE}formula", f"{OFFICE}value-type"
_NUMBERS = ("float", "percentage", "currency")
_EXPONENT = re.compile(r"[-+]?\d[\d.,]*E[-+]?\d+", re.IGNORECASE)
_DURATION = re.compile(r"-?PT(\d{1,6})H(\d{1,2})M(\d{1,2})(?:[.,]\d+)?S")
_MANIFEST = "META-INF/manifest.xml"
_MANIFEST_BYTES = 4_000_000


def read_ods(archive: Archive, options: Options, header: HeaderTest) -> Table:
    """Return the chosen sheet of a spreadsheet. Raises CatalogueError if it is damaged or encrypted."""
    if b"encryption-data" in archive.read(_MANIFEST, _MANIFEST_BYTES):
        raise encrypted()
    choice = SheetChoice(options, header)
    hidden: set[str] = set()
    reader: _TableReader | None = None
    sheets = 0
    for element in stream(archive.pieces("content.xml"), _CONTAINERS):
        if element.tag == _TABLE:
            if reader:
                choice.offer(reader.rows)
            sheets += 1
            if sheets > MAX_SHEETS:
                raise too_large(f"more than {MAX_SHEETS:,} sheets", "Delete those that are not used.")
            name = element.get(f"{TABLE}name", "")
            style = element.get(f"{TABLE}style-name")
            reader = _TableReader() if choice.wants(Sheet(name, style in hidden)) else None
        elif element.tag == _AUTOMATIC_STYLE:
            if any(part.get(f"{TABLE}display") == "false" for part in element):
                hidden.add(element.get(f"{_STYLE}name", ""))
        elif reader:
            reader.read(element)
    if reader:
        choice.offer(reader.rows)
    choice.rows().evaluate()
    return choice.table(Format.ODS)


class _TableReader:
    """Turns the rows of a sheet into texts."""

    def __init__(self) -> None:
        self.rows = SheetRows()
        self._line = 0

    def read(self, element: "Element") -> None:
        """Read a row, or another part of the sheet."""
        if element.tag == f"{TABLE}shapes":
            if next(element.iter(f"{DRAW}image"), None) is not None:
                self.rows.add_image(None, 0)
        elif element.tag == _ROW:
            self._read_row(element)

    def _read_row(self, element: "Element") -> None:
        repeated = _count(element, _REPEATED_ROWS)
        first, self._line = self._line + 1, self._line + repeated
        texts: dict[int, str] = {}
        links: dict[int, str] = {}
        column = 0
        for cell in element:
            if cell.tag not in (_CELL, _COVERED):
                continue
            span = _count(cell, _REPEATED_CELLS)
            if cell.tag == _CELL and (len(cell) or _FORMULA in cell.attrib or _TYPE in cell.attrib):
                self._read_cell(cell, first, column, span, texts, links)
            column += span
        if (texts or links) and self._line > LAST_ROW:
            raise corrupt(f"it has a row beyond the last one, {LAST_ROW:,}")
        if not texts and not links:
            return
        for line in range(first, self._line + 1):  # the rows' own limit ends this
            self.rows.add_linked(line, texts, links)

    def _read_cell(
        self,
        cell: "Element",
        line: int,
        column: int,
        span: int,
        texts: dict[int, str],
        links: dict[int, str],
    ) -> None:
        text = _shown(cell)
        link = next(links_of(cell), None)
        formula = cell.get(_FORMULA, "")
        columns = range(column, column + span)
        if (text or link) and column + span > MAX_COLUMNS:
            raise too_many_columns(line)
        if text:
            texts.update(dict.fromkeys(columns, text))
        if link:
            links.update(dict.fromkeys(columns, link))
        if url := literal_url(formula.partition(":")[2]):
            links.update(dict.fromkeys(columns, url))
        elif makes_link(formula):
            self.rows.formulas.append(Formula(line, column, formula.partition(":")[2]))
        elif formula and _TYPE not in cell.attrib and not text:
            self.rows.not_evaluated(line, column, formula.partition(":")[2])
        if any(
            next(part.iter(f"{DRAW}image"), None) is not None
            for part in cell
            if part.tag[: len(DRAW)] == DRAW
        ):
            self.rows.add_image(line, column)


def _shown(cell: "Element") -> str:
    """Return what the sheet shows of a cell."""
    kind = cell.get(_TYPE)
    if kind == "date":
        day, _, clock = cell.get(f"{OFFICE}date-value", "").partition("T")
        clock = clock.partition(".")[0].rstrip("Z")
        return f"{day} {clock}" if clock.strip("0:") else day
    if kind == "time" and (duration := _DURATION.fullmatch(cell.get(f"{OFFICE}time-value", ""))):
        hours, minutes, seconds = map(int, duration.groups())
        return f"{hours:02}:{minutes:02}:{seconds:02}"
    if kind == "boolean":
        return "FALSE" if cell.get(f"{OFFICE}boolean-value") == "false" else "TRUE"
    text = shown_text(cell)
    if kind in _NUMBERS and (not text or _EXPONENT.fullmatch(text)):
        return general(cell.get(f"{OFFICE}value", ""))
    return text or cell.get(f"{OFFICE}string-value", "")


def _count(element: "Element", name: str) -> int:
    text = element.get(name, "1")
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 10):
        raise corrupt("a row or cell of it has no valid number")
    return int(text)
