"""The physical lines of a text: they end with a line feed, a carriage return, or both."""

import re
from collections.abc import Iterator

from catalight.domain.catalogue.invisible import EDGES

_LINE_END = r"(?:\r\n|[\r\n])"
_LINE = re.compile(rf"[^\r\n]*+{_LINE_END}?+")
_EDGES = EDGES.replace("\t-\r", "\t\v\f")
_BLANK = rf'[{_EDGES}]*+[",;|~\t]*+[{_EDGES}]*+'  # white space around nothing but quotes and delimiters
_BLANK_LINES = re.compile(rf"(?:{_BLANK}{_LINE_END})*+(?:{_BLANK}\Z)?")


def line_ends(text: str) -> int:
    """Return the number of line ends in `text`."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def after_lines(text: str, number: int, start: int = 0) -> int:
    """Return where the first `number` lines from index `start` on end, or the end of the text."""
    for _ in range(number):
        start = _after(_LINE, text, start)
    return start


def filled_lines(text: str) -> Iterator[tuple[int, int]]:
    """Yield the number (from 1) and the start of each line that has a cell with more than white space."""
    number, start = 1, 0
    while start < len(text):
        filled = _after(_BLANK_LINES, text, start)
        number += line_ends(text[start:filled])
        if filled < len(text):
            yield number, filled
        number, start = number + 1, after_lines(text, 1, filled)


def _after(pattern: re.Pattern[str], text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start
