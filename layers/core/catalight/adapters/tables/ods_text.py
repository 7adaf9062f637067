"""The text of a cell of an OpenDocument spreadsheet, and its links."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalight.adapters.tables.problems import corrupt, too_many_characters

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TABLE, TEXT = _NAMESPACE % "office", _NAMESPACE % "table", _NAMESPACE % "text"
DRAW = _NAMESPACE % "drawing"
_HREF = "{http://www.w3.org/1999/xlink}href"
_PARAGRAPH = f"{TEXT}p"
_LINK, _SPACES = f"{TEXT}a", f"{TEXT}s"
_SIGNS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
_NOT_SHOWN = (f"{OFFICE}annotation", f"{TEXT}ruby-text", f"{TEXT}note")
_MAX_DEPTH = 50
_MAX_CHARACTERS = 1_000_000  # of a cell; spreadsheet programs allow 65,535 at most
_SCHEMES = ("#", ".")  # places in the document, and files beside it


def shown_text(cell: "Element") -> str:
    """Return the paragraphs of a cell, joined by line breaks."""
    paragraphs = [part for part in cell if part.tag == _PARAGRAPH]
    if len(paragraphs) == 1 and not len(paragraphs[0]):
        return paragraphs[0].text or ""
    texts: list[str] = []
    characters = 0
    for number, part in enumerate(paragraphs):
        if number:
            texts.append("\n")
        for text in _texts(part, 0):
            characters += len(text)
            if characters > _MAX_CHARACTERS:  # the number of spaces is only written as a number
                raise too_many_characters()
            texts.append(text)
    return "".join(texts)


def links_of(cell: "Element") -> Iterator[str]:
    """Yield the URLs that parts of a cell's text are linked to."""
    for part in cell:
        if part.tag == _PARAGRAPH and len(part):
            for link in part.iter(_LINK):
                url = link.get(_HREF, "")
                if url and not url.startswith(_SCHEMES):
                    yield url


def _texts(element: "Element", depth: int) -> Iterator[str]:
    if depth > _MAX_DEPTH:
        raise corrupt("a text of it is nested too deep")
    yield element.text or ""
    for part in element:
        if part.tag == _SPACES:
            yield " " * _spaces(part)
        elif part.tag in _SIGNS:
            yield _SIGNS[part.tag]
        elif part.tag not in _NOT_SHOWN and not part.tag.startswith(DRAW):
            yield from _texts(part, depth + 1)
        yield part.tail or ""


def _spaces(element: "Element") -> int:
    text = element.get(f"{TEXT}c", "1")
    return min(int(text), _MAX_CHARACTERS + 1) if text.isascii() and text.isdigit() and len(text) < 10 else 1
