"""The texts of an Office Open XML workbook: shared strings, rich text and escapes."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalight.adapters.tables.archive import Archive
from catalight.adapters.tables.ooxml.parts import names
from catalight.adapters.tables.problems import too_large, too_many_characters
from catalight.adapters.tables.xml_stream import stream

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # ECMA-376 part 1, 22.9.2.19 (ST_Xstring)
_STRING, _TEXT, _RUN = names("si"), names("t"), names("r")


def shared_strings(archive: Archive, part: str | None) -> list[str]:
    """Return the shared strings of a workbook."""
    return list(texts(archive, part))


def texts(archive: Archive, part: str | None) -> Iterator[str]:
    """Yield the shared strings of a workbook."""
    number = characters = 0
    limits = archive.limits
    if part is None or part not in archive:
        return
    for element in stream(archive.pieces(part), (), limits.elements):
        if element.tag not in _STRING:
            continue
        text = rich_text(element)
        characters += len(text)
        number += 1
        if characters > limits.shared_characters:
            raise too_many_characters(limits.shared_characters)
        if number > limits.strings:
            raise too_large(f"more than {limits.strings:,} different texts", "Split it into several files.")
        yield text


def rich_text(element: "Element") -> str:
    """Return the text of a string with its runs, without how Japanese readers pronounce it."""
    if len(element) == 1 and element[0].tag in _TEXT:
        return unescaped(element[0].text or "")
    found = []
    for child in element:
        if child.tag in _TEXT:
            found.append(child.text or "")
        elif child.tag in _RUN:
            found += [part.text or "" for part in child if part.tag in _TEXT]
    return "".join(map(unescaped, found))


def unescaped(text: str) -> str:
    """Return a text with its `_x000D_` escapes replaced, except those that are no characters."""
    return _ESCAPE.sub(_character, text) if "_x" in text else text


def _character(escape: "re.Match[str]") -> str:
    code = int(escape[1], 16)
    return escape[0] if code == 0 or 0xD800 <= code < 0xE000 or code >= 0xFFFE else chr(code)
