"""Read the rows of an Office Open XML sheet from its XML (ECMA-376 part 1, 18.3.1)."""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from catalight.adapters.tables.formulas import column_index, is_image, literal_url, makes_link
from catalight.adapters.tables.numbers import general
from catalight.adapters.tables.ooxml.parts import local_name, names, relationship_id
from catalight.adapters.tables.ooxml.strings import rich_text, unescaped
from catalight.adapters.tables.ooxml.styles import Style
from catalight.adapters.tables.problems import LAST_ROW, corrupt, too_large
from catalight.adapters.tables.sheet_rows import MAX_LINKS, Formula, SheetRows
from catalight.adapters.tables.xml_stream import stream
from catalight.domain.errors import Problem

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DIGITS = "0123456789"
_CONTAINERS = names(
    *("sheetData", "hyperlinks", "mergeCells", "dataValidations", "cols"),
    *("rowBreaks", "ignoredErrors", "extLst", "ext"),
)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)?T?(\d\d:\d\d(?::\d\d)?)?(?:\.\d+)?Z?")


@dataclass(frozen=True, slots=True)
class Shared:
    """What the sheets of a workbook have in common. `images` is whether cells can hold images."""

    strings: Sequence[str]
    styles: dict[str, Style]
    since_1904: bool = False
    images: bool = False


@dataclass(slots=True)
class Hyperlink:
    """A link of an area of cells to the target of a relationship."""

    area: str
    target: str
    location: str


@dataclass(slots=True)
class SheetPart:
    """A sheet as its own part has it; links and drawings are in other parts."""

    rows: SheetRows = field(default_factory=SheetRows)
    hyperlinks: list[Hyperlink] = field(default_factory=list)
    drawings: list[str] = field(default_factory=list)


def read_sheet(pieces: Iterator[bytes], shared: Shared) -> SheetPart:
    """Return the content of a sheet."""
    part = SheetPart()
    deque(fill(part, pieces, shared), maxlen=0)
    return part


def fill(part: SheetPart, pieces: Iterator[bytes], shared: Shared) -> Iterator[None]:
    """Read the content of a sheet into `part`; yield after each row."""
    reader: _RowReader | None = None
    for element in stream(pieces, _CONTAINERS):
        name = local_name(element.tag)
        if name == "row":
            if reader is None:
                reader = _RowReader(shared, part.rows, element.tag[: -len(name)])
            reader.read(element)
            yield
        elif name == "hyperlink":
            target, area = relationship_id(element.attrib), element.get("ref")
            if target and area:
                part.hyperlinks.append(Hyperlink(area, target, element.get("location", "")))
            if len(part.hyperlinks) > MAX_LINKS:
                raise too_large(f"more than {MAX_LINKS:,} links", "Write the URLs into cells instead.")
        elif name == "drawing" and (drawing := relationship_id(element.attrib)):
            part.drawings.append(drawing)


class _RowReader:
    """Turns the rows of a sheet into texts."""

    def __init__(self, shared: Shared, rows: SheetRows, space: str) -> None:
        self._shared, self._rows = shared, rows
        self._texts_change = any(style.format.changes_texts for style in shared.styles.values())
        self._cell, self._value, self._formula, self._inline = (
            f"{space}{tag}" for tag in ("c", "v", "f", "is")
        )
        self._columns: dict[str, int] = {}
        self._shared_formulas: dict[str | None, Formula] = {}
        self._line = 0
        self._links: dict[int, str] = {}  # of the row

    def read(self, row: "Element") -> None:
        """Read one row."""
        self._line = self._number(row.get("r"), self._line + 1)
        line, texts, column = self._line, {}, -1
        self._links = {}
        for cell in row:
            if cell.tag != self._cell:
                continue
            reference = cell.get("r")
            column = column + 1 if reference is None else self._column(reference)
            if len(cell):
                text = self._text(cell, line, column)
                if text:
                    texts[column] = text
        self._rows.add_linked(line, texts, self._links)

    def _column(self, reference: str) -> int:
        letters = reference.rstrip(_DIGITS)
        column = self._columns.get(letters)
        if column is None:
            if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
                raise corrupt("a cell of it has no valid name")
            column = self._columns[letters] = column_index(letters)
        return column

    def _number(self, text: str | None, otherwise: int) -> int:
        try:
            line = otherwise if text is None else int(text)
        except ValueError as error:
            raise corrupt("a row of it has no valid number") from error
        if not 0 < line <= LAST_ROW:
            raise corrupt(f"it has a row beyond the last one, {LAST_ROW:,}")
        return line

    def _text(self, cell: "Element", line: int, column: int) -> str:
        """Return what the sheet shows of a cell."""
        value, kind = self._content(cell, line, column), cell.get("t", "n")
        if value is None:
            return ""
        if kind == "n":
            style = self._shared.styles.get(cell.get("s", ""))
            return general(value.strip()) if style is None else self._formatted(value.strip(), style, line)
        if kind == "s":
            value = self._string(value)
        elif kind == "str":
            value = unescaped(value)
        elif kind != "inlineStr":
            return self._special(value, kind, cell, line, column)
        if self._texts_change and (style := self._shared.styles.get(cell.get("s", ""))):
            return style.format.text(value) if style.format.changes_texts else value
        return value

    def _content(self, cell: "Element", line: int, column: int) -> str | None:
        """Return the value of a cell as it is written; keep its formula."""
        value = formula = None
        for child in cell:
            if child.tag == self._value:
                value = child.text
            elif child.tag == self._formula:
                formula = child
            elif child.tag == self._inline:
                value = rich_text(child)
        if formula is not None:
            self._add_formula(formula, line, column, has_value=value is not None)
        return value

    def _string(self, index: str) -> str:
        try:
            return self._shared.strings[int(index) if index[:1] != "-" else len(self._shared.strings)]
        except (ValueError, IndexError) as error:
            raise corrupt("a text that it refers to is missing") from error

    def _special(self, value: str, kind: str, cell: "Element", line: int, column: int) -> str:
        """Return the text of a boolean, an ISO date or an error."""
        if kind == "b":
            return "FALSE" if value.strip() == "0" else "TRUE"
        if kind == "d" and (iso := _ISO.fullmatch(value.strip())):
            date, time = iso.groups()
            return " ".join(filter(None, (date, None if date and time in ("00:00:00", "00:00") else time)))
        if kind == "e" and cell.get("vm"):  # what is shown is an image or another rich value
            if self._shared.images and not any(child.tag == self._formula for child in cell):
                self._rows.add_image(line, column)
            return ""
        return value

    def _formatted(self, value: str, style: Style, line: int) -> str:
        if not style.format.known:
            message = (
                f"The number format {style.code[:80]!r} is not known, so numbers are read without it. "
                "Give the cells another one if it matters."
            )
            warning = Problem("number_format", message, line=line, found=style.code[:80])
            self._rows.findings.add(warning, style.code)
        return style.format.number(value, since_1904=self._shared.since_1904)

    def _add_formula(self, element: "Element", line: int, column: int, *, has_value: bool) -> None:
        """Keep a formula that may hold a link; warn of another one if it has no value."""
        formula = Formula(line, column, element.text or "")
        if element.get("t") == "shared":
            origin = self._shared_formulas.setdefault(element.get("si"), formula)
            formula = Formula(line, column, origin.text, line - origin.line, column - origin.column)
        if is_image(formula.text):
            self._rows.add_image(line, column)
        elif url := literal_url(formula.text):
            self._links[column] = url
        elif makes_link(formula.text):
            self._rows.formulas.append(formula)
        elif not has_value:
            self._rows.not_evaluated(line, column, f"={formula.text}")
