"""How a catalogue file is written: its encoding, its delimiter, its line ends."""

import codecs
import re

from catalight.domain.catalogue.file_types import TEXT_EXAMINED, binary_file, text_file
from catalight.domain.catalogue.files import TextFile
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.lines import line_ends
from catalight.domain.errors import CatalogueError, Problem

DELIMITERS = (",", ";", "\t", "|", "~")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_REPEATED_BOM = re.compile(r"(?:\ufeff|\u00ef\u00bb\u00bf)++")  # the second form: one that was encoded twice


def decode(data: bytes) -> TextFile:
    """Return the text of a file.

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
    return TextFile(text, bom_length > 0 or encoding != "utf-8", encoding)


def delimiter_name(delimiter: str) -> str:
    """Return a delimiter as a message may name it."""
    if delimiter == "\t":
        return "a tab"
    return f'"{delimiter}"' if delimiter.isprintable() else f"U+{ord(delimiter):04X}"


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


def _undecodable(data: bytes, encoding: str, bom_length: int, error: UnicodeDecodeError) -> Problem:
    position = bom_length + error.start
    line = line_ends(data[bom_length:position].decode(encoding)) + 1
    found = f"0x{data[position]:02X}"
    message = (
        f"Line {line} is not valid {encoding.upper()}: byte {position + 1:,} of the file is {found}. "
        'Save the file as "CSV UTF-8" in your spreadsheet program.'
    )
    return Problem("undecodable", message, line=line, found=found)
