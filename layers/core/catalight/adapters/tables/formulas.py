"""Formulas that link a cell to a URL: HYPERLINK and IMAGE with literals and references to cells."""

import re
from collections.abc import Callable

MAX_FORMULA = 8_192  # Excel's limit
_MAX_DEPTH = 20

_MAKES_LINK = re.compile(r"\b(?:HYPERLINK|IMAGE)\s*\(", re.IGNORECASE)
_LITERAL = re.compile(r'=?(?:_xlfn\.)?(?:HYPERLINK|IMAGE)\("([^"]*)"[,;)]', re.IGNORECASE)
_IMAGE_IN_CELL = re.compile(r"\bDISPIMG\s*\(", re.IGNORECASE)
_LINK = re.compile(r"\s*=?\s*(?:_xlfn\.|_xlws\.)*(?:HYPERLINK|IMAGE)\s*\(", re.IGNORECASE)
_TOKEN = re.compile(
    r'\s*(?:"(?P<text>(?:[^"]|"")*)"|\[?\.?(?P<cell>\$?[A-Z]{1,3}\$?[0-9]{1,7})(?![\w.(:!])\]?'
    r"|(?P<join>(?:_xlfn\.)?CONCAT(?:ENATE)?\s*\()|(?P<number>[0-9]{1,15})|(?P<sign>[&,;()]))",
    re.IGNORECASE,
)
_CELL = re.compile(r"(\$?)([A-Z]{1,3})(\$?)([0-9]{1,7})", re.IGNORECASE)

Lookup = Callable[[int, int], str]
"""Return the text of the cell at a row, from 1, and a column, from 0."""


def makes_link(formula: str) -> bool:
    """Return whether a formula may link its cell."""
    return bool(_MAKES_LINK.search(formula))


def literal_url(formula: str) -> str | None:
    """Return the URL of a HYPERLINK or IMAGE formula if it is a text without quotes in it; this is quick."""
    match = _LITERAL.match(formula)
    return _url(match[1]) if match else None


def is_image(formula: str) -> bool:
    """Return whether a formula shows an image that lies in the workbook (WPS Office writes it)."""
    return bool(_IMAGE_IN_CELL.search(formula))


def evaluate(formula: str, lookup: Lookup, down: int = 0, right: int = 0) -> str | None:
    """Return the URL of a HYPERLINK or IMAGE formula, "" if that is empty; None if it is not understood.

    Relative references are moved by `down` rows and `right` columns.
    """
    start = _LINK.match(formula)
    if start is None or len(formula) > MAX_FORMULA:
        return None
    expression = _Expression(formula, start.end(), lookup, down, right)
    try:
        url = expression.value()
    except _UnknownError:
        return None
    return _url(url) if expression.sign() in (",", ";", ")") else None


def _url(text: str) -> str:
    """Return a link without the space around it, or "" if it leads to a place in the workbook."""
    return "" if text.lstrip().startswith("#") else text.strip()


class _UnknownError(Exception):
    """The expression has something else than literals, references and concatenation."""


class _Expression:
    def __init__(self, formula: str, position: int, lookup: Lookup, down: int, right: int) -> None:
        self._formula, self._position = formula, position
        self._lookup, self._down, self._right = lookup, down, right
        self._depth = 0

    def value(self) -> str:
        """Return the text of literals, cells and CONCATENATE, joined by `&`."""
        texts = [self._operand()]
        while self._peek() == "&":
            self.sign()
            texts.append(self._operand())
        return "".join(texts)

    def sign(self) -> str | None:
        """Return the next sign, and go on behind it."""
        token = _TOKEN.match(self._formula, self._position)
        if token is None or not token["sign"]:
            return None
        self._position = token.end()
        return token["sign"]

    def _peek(self) -> str | None:
        token = _TOKEN.match(self._formula, self._position)
        return token["sign"] if token else None

    def _operand(self) -> str:
        token = _TOKEN.match(self._formula, self._position)
        if token is None:
            raise _UnknownError
        self._position = token.end()
        if token["cell"]:
            return self._cell(token["cell"])
        if token["join"]:
            return self._joined()
        if token["sign"]:
            raise _UnknownError
        return token["number"] or token["text"].replace('""', '"')

    def _joined(self) -> str:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _UnknownError
        texts = [self.value()]
        while (sign := self.sign()) in (",", ";"):
            texts.append(self.value())
        if sign != ")":
            raise _UnknownError
        self._depth -= 1
        return "".join(texts)

    def _cell(self, text: str) -> str:
        match = _CELL.fullmatch(text)
        if match is None:
            raise _UnknownError
        fixed_column, letters, fixed_row, row = match.groups()
        line = int(row) + (0 if fixed_row else self._down)
        column = column_index(letters) + (0 if fixed_column else self._right)
        if line < 1 or column < 0:
            raise _UnknownError
        return self._lookup(line, column)


def column_index(letters: str) -> int:
    """Return the index, from 0, of a column by its letters."""
    index = 0
    for letter in letters.upper():
        index = 26 * index + ord(letter) - ord("A") + 1
    return index - 1


def address(line: int, column: int) -> str:
    """Return the name of a cell, such as B7."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{line}"
