"""Prints for people and for programs: results to stdout, progress and messages to stderr.

Nothing else goes to stdout with --json. Without a terminal there are no control characters, and no cell of a
table is broken into lines. Text of strangers (cells, URLs, messages) never brings control characters.
"""

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

WIDE = 100_000  # characters: no line of a table is broken if it is not shown on a terminal


class Output:
    """Where a command writes to."""

    def __init__(self, *, as_json: bool) -> None:
        """Prepare both streams."""
        self.as_json = as_json
        self.out = _console(stderr=False)
        self.err = _console(stderr=True)

    def json(self, document: Any) -> None:
        """Print the one JSON document of a command."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    def line(self, text: str = "", style: str | None = None) -> None:
        """Print a line for people to stdout."""
        self.out.print(plain(text), style=style)

    def note(self, text: str, style: str | None = None) -> None:
        """Print a message to stderr."""
        self.err.print(plain(text), style=style)

    def table(
        self, titles: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()
    ) -> None:
        """Print a table for people to stdout; the columns `right` hold numbers."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in titles:
            table.add_column(
                title, justify="right" if title in right else "left", overflow="fold", no_wrap=title == "Id"
            )
        for row in rows:
            table.add_row(*(plain(str(cell)) for cell in row))
        self.out.print(table)


def plain(text: str) -> str:
    """Return a text without control characters, which could command a terminal, and on one line."""
    return "".join(" " if unicodedata.category(sign) in _UNSHOWN else sign for sign in text)


_UNSHOWN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def number(value: int) -> str:
    """Return a whole number with its thousands separated."""
    return f"{value:,}"


def size(count: int) -> str:
    """Return a number of bytes in words."""
    value, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def percent(part: float, whole: float) -> str:
    """Return a share in percent; empty if there is no whole."""
    return f"{part / whole:.0%}" if whole else ""


def duration(seconds: float) -> str:
    """Return a time as m:ss or h:mm:ss."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def count(value: int, one: str, many: str = "") -> str:
    """Return a number with its noun, in the singular or the plural."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def lines(numbers: Sequence[int], most: int = 8) -> str:
    """Return numbers of lines as ranges: `2-5, 9, …`."""
    ranges: list[list[int]] = []
    for line in sorted(set(numbers)):
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1][1] = line
        else:
            ranges.append([line, line])
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:most]]
    return ", ".join([*shown, "…"] if len(ranges) > most else shown)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    wide = None if stream.isatty() else WIDE
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, width=wide, soft_wrap=False)
