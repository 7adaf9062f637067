"""Decode a file and read its CSV records: encodings, files that are not CSV, broken quotes."""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalight.domain.catalogue.file_types import TEXT_EXAMINED, binary_file, text_file
from catalight.domain.catalogue.invisible import INVISIBLE, bare
from catalight.domain.catalogue.urls import shown
from catalight.domain.errors import CatalogueError, Problem

DELIMITERS = (",", ";", "\t", "|", "~")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_REPEATED_BOM = re.compile(r"(?:\ufeff|\u00ef\u00bb\u00bf)+")  # the second form: one that was encoded twice
_LINE_END = re.compile(r"\r\n|\r|\n")
_SPACE = f" \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000{INVISIBLE}"


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a catalogue is written. Its result is written the same way.

    `delimiter` is `,`, `;`, tab, `|` or `~`. `newline` is `"\r\n"` or `"\n"`. `bom` is true if the input had
    a byte order mark or was UTF-16.
    """

    delimiter: str
    newline: str = "\r\n"
    bom: bool = False


class Record(NamedTuple):
    """One CSV record: the physical lines it begins and ends on (from 1), and its cells or its error."""

    line: int
    end: int
    cells: list[str]
    error: csv.Error | None = None


def decode(data: bytes) -> tuple[str, bool]:
    """Return the text of a file without its byte order mark, and whether it had one or was UTF-16.

    Raises CatalogueError if the file is empty, is not CSV, or cannot be decoded.
    """
    if problem := binary_file(data):
        raise CatalogueError((problem,), 1)
    encoding, bom_length = _encoding(data)
    try:
        text = data[bom_length:].decode(encoding)
    except UnicodeDecodeError as error:
        start = data[bom_length:][: 2 * TEXT_EXAMINED].decode(encoding, errors="replace")
        problem = text_file(start) or _undecodable(data, encoding, bom_length, error)
        raise CatalogueError((problem,), 1) from error
    text = _REPEATED_BOM.sub("", text, count=1) if _REPEATED_BOM.match(text) else text
    if not bare(text):
        message = "The file is empty. Export the catalogue again and send the new file."
        raise CatalogueError((Problem("empty_file", message),), 1)
    return text, bom_length > 0 or encoding != "utf-8"


def records(lines: Sequence[str], delimiter: str, first: int = 0) -> Iterator[Record]:
    """Yield the CSV records of physical lines from index `first` on.

    A record that cannot be read has an error instead of cells.
    """
    reader = csv.reader(_with_bare_quotes(lines[first:], delimiter), delimiter=delimiter, strict=True)
    while True:
        line = first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # the reader can continue: it starts a new record on the next line
            yield Record(line, first + reader.line_num, [], error)
        else:
            yield Record(line, first + reader.line_num, cells)


def delimiter_name(delimiter: str) -> str:
    """Return a delimiter as a message may name it."""
    if delimiter == "\t":
        return "a tab"
    return f'"{delimiter}"' if delimiter.isprintable() else f"U+{ord(delimiter):04X}"


def unreadable(record: Record, lines: Sequence[str]) -> Problem:
    """Return the problem of a record that has an error."""
    found = shown(lines[record.line - 1].rstrip("\r\n"))
    if "limit" in str(record.error):  # csv.Error has no code, only a text
        limit = csv.field_size_limit()
        message = (
            f"A cell of the row that begins on line {record.line} has more than {limit:,} characters. "
            "Shorten it, or add its closing quote if that is missing."
        )
        return Problem("cell_too_long", message, line=record.line, found=found)
    message = (
        f"The row that begins on line {record.line} has a quote that is not closed, or that is closed in the "
        f"middle of a cell (seen on line {record.end}). Put quotes around the whole cell, and double each "
        "quote inside it."
    )
    return Problem("broken_quote", message, line=record.line, found=found)


def _encoding(data: bytes) -> tuple[str, int]:
    """Return the codec, and the length of the byte order mark before the text."""
    for bom, codec in _BOMS:
        if data.startswith(bom):
            return codec, len(bom)
    # The header's required names are ASCII, so every other byte of UTF-16 text is NUL there.
    sample = data[:64]
    first, second, half = sample[0::2].count(0), sample[1::2].count(0), len(sample) / 4
    if second > half > first:
        return "utf-16-le", 0
    if first > half > second:
        return "utf-16-be", 0
    return "utf-8", 0


def _with_bare_quotes(lines: Sequence[str], delimiter: str) -> Sequence[str]:
    """Return the lines without the spaces between the quotes of a cell and its delimiters.

    RFC 4180 makes these spaces a part of the cell, so its quotes would be no quotes.
    """
    text = "".join(lines)
    space, ends = f"[{_SPACE.replace(delimiter, '')}]", f"[{re.escape(delimiter)}\\r\\n]"
    if '"' not in text or not re.search(rf'"{space}|{space}"', text):
        return lines
    quoted = r'("[^"]*+(?:""[^"]*+)*+")'
    cell = rf"(?:(?<={ends})|\A){space}*+{quoted}{space}*+(?={ends}|\Z)"
    return list(io.StringIO(re.sub(cell, r"\1", text), newline=""))


def _undecodable(data: bytes, encoding: str, bom_length: int, error: UnicodeDecodeError) -> Problem:
    position = bom_length + error.start
    line = len(_LINE_END.findall(data[bom_length:position].decode(encoding))) + 1
    found = f"0x{data[position]:02X}"
    message = (
        f"Line {line} is not valid {encoding.upper()}: byte {position + 1:,} of the file is {found}. "
        'Save the file as "CSV UTF-8" in your spreadsheet program.'
    )
    return Problem("undecodable", message, line=line, found=found)
