"""The images that lie over the cells of an Office Open XML sheet (ECMA-376 part 1, 20.5)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalight.adapters.tables.ooxml.parts import local_name
from catalight.adapters.tables.xml_stream import stream

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def anchors(pieces: Iterator[bytes]) -> Iterator[tuple[int | None, int]]:
    """Yield the row, from 1, and the column, from 0, of the top left corner of each image.

    The row is None if the image is not anchored to a cell.
    """
    for anchor in stream(pieces, ()):
        parts = {local_name(element.tag): element for element in anchor.iter()}
        if "pic" in parts:
            start = parts.get("from")
            yield (None, 0) if start is None else (_number(start, "row") + 1, _number(start, "col"))


def _number(start: "Element", name: str) -> int:
    text = next((child.text for child in start if local_name(child.tag) == name), None) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
