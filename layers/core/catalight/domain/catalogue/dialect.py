"""Decode a file and read its CSV records: encodings, files that are not CSV, broken quotes."""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from catalight.domain.catalogue.urls import shown
from catalight.domain.errors import CatalogueError, Problem

_SAVE_AS = 'Open it in your spreadsheet program and save it as "CSV UTF-8".'
_SEND_CSV = "Send the CSV file that lists the image URLs."
_OTHER_FILE_TYPES = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another zip archive", _SAVE_AS),
    (b"PK\x05\x06", "an empty zip archive", _SEND_CSV),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)", _SAVE_AS),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and send the CSV file in it."),
    (b"%PDF-", "a PDF document", _SEND_CSV),
    (b"\x89PNG\r\n", "a PNG image", _SEND_CSV),
    (b"\xff\xd8\xff", "a JPEG image", _SEND_CSV),
    (b"GIF87a", "a GIF image", _SEND_CSV),
    (b"GIF89a", "a GIF image", _SEND_CSV),
    (b"RIFF", "a WebP image or another media file", _SEND_CSV),
)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Dialect:
    r"""How a catalogue is written. Its result is written the same way.

    `delimiter` is `,`, `;` or tab. `newline` is `"\r\n"` or `"\n"`. `bom` is true if the input had a byte
    order mark or was UTF-16.
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
    for magic, kind, advice in _OTHER_FILE_TYPES:
        if data.startswith(magic):
            _refuse("not_a_csv", f"The file is not CSV but {kind}. {advice}")
    encoding, bom_length = _encoding(data)
    try:
        text = data[bom_length:].decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(data, encoding, bom_length, error) from error
    if not text.strip():
        _refuse("empty_file", "The file is empty. Export the catalogue again and send the new file.")
    return text, bom_length > 0 or encoding != "utf-8"


def records(lines: Sequence[str], delimiter: str) -> Iterator[Record]:
    """Yield the CSV records of physical lines. A record that cannot be read has an error instead of cells."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # the reader can continue: it starts a new record on the next line
            yield Record(line, reader.line_num, [], error)
        else:
            yield Record(line, reader.line_num, cells)


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


def _undecodable(data: bytes, encoding: str, bom_length: int, error: UnicodeDecodeError) -> CatalogueError:
    position = bom_length + error.start
    line = len(_LINE_END.findall(data[bom_length:position].decode(encoding))) + 1
    found = f"0x{data[position]:02X}"
    message = (
        f"Line {line} is not valid {encoding.upper()}: byte {position + 1:,} of the file is {found}. "
        'Save the file as "CSV UTF-8" in your spreadsheet program.'
    )
    return CatalogueError((Problem("undecodable", message, line=line, found=found),), 1)


def _refuse(code: str, message: str) -> None:
    raise CatalogueError((Problem(code, message),), 1)
