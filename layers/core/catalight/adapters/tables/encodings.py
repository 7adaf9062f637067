"""Decode a CSV file: UTF-8 and UTF-16 as the domain does, else the encoding that was named or guessed."""

import re
from dataclasses import replace
from itertools import islice

from catalight.adapters.tables.guess import guesses
from catalight.adapters.tables.problems import refusal
from catalight.domain.catalogue.dialect import decode
from catalight.domain.catalogue.encodings import ENCODINGS
from catalight.domain.catalogue.files import TextFile
from catalight.domain.errors import CatalogueError, OptionError, Problem
from catalight.domain.texts import shown

_NAMES = {codec: name for name, codec in reversed(ENCODINGS.items())} | {"gb18030": "gb18030", "big5": "big5"}
_IGNORED = re.compile(r"[\s_-]+")
_KNOWN = {_IGNORED.sub("", name): name for name in ENCODINGS} | {
    **{f"cp{number}": f"windows-{number}" for number in range(1250, 1259)},
    "latin1": "iso-8859-1",
    "sjis": "shift_jis",
    "windows31j": "shift_jis",
    "ascii": "us-ascii",
}

_UTF8_OR_NOT = re.compile(
    rb"([\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})|[\x80-\xff]"
)
_EXAMINED = 100_000  # characters beyond ASCII
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_CELL_END = re.compile(r'[,;\t|~\r\n"]')
_CELL = 80
_LINE_END = re.compile(r"\r\n|\r|\n")
_MISREAD_BOM = "ï»¿"
_SAVE_AS = 'Save the file as "CSV UTF-8" in your spreadsheet program'


def read_text(data: bytes, encoding: str | None = None) -> TextFile:
    """Return the text of a file.

    Raises CatalogueError if it is empty, is not CSV, or cannot be decoded, and OptionError if `encoding` is
    none of ENCODINGS.
    """
    if encoding is not None:
        return _decoded(data, codec_of(encoding))
    try:
        return decode(data)
    except CatalogueError as error:
        if error.problems[0].code != "undecodable" or not _is_other_encoding(data):
            raise
        return _guessed(data, error)


def codec_of(encoding: str) -> str:
    """Return Python's codec for the name of an encoding; raise OptionError if it has no known name."""
    name = _KNOWN.get(_IGNORED.sub("", encoding.lower()))
    if name is None:
        raise OptionError("encoding", shown(encoding), ", ".join(ENCODINGS))
    return ENCODINGS[name]


def _guessed(data: bytes, undecodable: CatalogueError) -> TextFile:
    for codec in guesses(data):
        try:
            file = _decoded(data, codec)
        except CatalogueError:  # a byte beyond the sample; the next guess may know it
            continue
        return replace(file, warnings=(_warning(file.text, file.encoding),))
    raise undecodable


def _decoded(data: bytes, codec: str) -> TextFile:
    """Return a text in a known encoding, cleaned and checked in the same way as UTF-8."""
    name = _NAMES[codec]
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        position = error.start
        line = len(_LINE_END.findall(data[:position].decode(codec, errors="replace"))) + 1
        found = f"0x{data[position]:02X}" if position < len(data) else None
        message = (
            f"Line {line} is not valid {name}: byte {position + 1:,} of the file is {found}. "
            f"{_SAVE_AS}, or send another encoding."
        )
        raise refusal("undecodable", message, line, found) from error
    text = text.removeprefix(_MISREAD_BOM)
    try:
        file = decode(text.encode())
    except UnicodeEncodeError as error:  # half of a surrogate pair
        raise refusal("undecodable", f"The file is not valid {name}. {_SAVE_AS}.") from error
    return replace(file, marked=file.marked or codec.startswith("utf-16"), encoding=name)


def _is_other_encoding(data: bytes) -> bool:
    """Return whether a file that is not valid UTF-8 is not UTF-8 with some broken bytes either.

    In another encoding, hardly any two or three bytes are a character of UTF-8 by chance. So if more are than
    are not, the file was UTF-8 and was damaged or pasted together; to read it as Windows-1252 would spoil
    each of its valid characters.
    """
    if b"\0" in data:
        return False  # it is no text
    found = list(islice(_UTF8_OR_NOT.finditer(data), _EXAMINED))
    valid = sum(match.group(1) is not None for match in found)
    return valid <= len(found) - valid


def _warning(text: str, name: str) -> Problem:
    """Return the warning that names the encoding and the first cell that depends on it."""
    first = _BEYOND_ASCII.search(text)
    position = first.start() if first else 0
    begin = position - len(_CELL_END.split(text[max(position - _CELL, 0) : position])[-1])
    end = _CELL_END.search(text, position)
    cell = shown(text[begin : end.start() if end else begin + _CELL].strip()[:_CELL])
    line = len(_LINE_END.findall(text, 0, position)) + 1
    message = (
        f'The file is not UTF-8. It was read as {name}, which was guessed. Check whether "{cell}" is right; '
        f"if it is not, send the right encoding, or save the file as UTF-8."
    )
    return Problem("encoding_guessed", message, line=line, found=cell)
