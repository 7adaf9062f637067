"""The sources of an image cell: the URLs to fetch, what was written there, and what was repaired."""

import re
from dataclasses import dataclass, replace

from catalight.domain.catalogue import share_links
from catalight.domain.catalogue.url_markup import Piece, is_suspect, pieces
from catalight.domain.catalogue.url_repair import Repair, repair
from catalight.domain.catalogue.urls import MAX_URL_CHARACTERS, encodable, fault, split

MAX_IMAGES_PER_ROW = 100

# One URL that needs no look at its parts: nearly every one, in less time than looking takes.
_SIMPLE = re.compile(
    r"https?://(?!(?i:https?)[/?])([a-zA-Z0-9][a-zA-Z0-9.-]*+)[/?](?:[\w./%=?&+:@!$*()#'-]*[\w/%=?&+#-])?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Source:
    """One image of a cell.

    `url` is what is fetched. `fault` is why it cannot be, as the end of a sentence. `written` is what the
    cell holds, or None if that is the URL itself. `notes` are the codes of the repairs. `column` counts the
    image columns of the catalogue from 0.
    """

    url: str
    fault: str | None = None
    written: str | None = None
    notes: tuple[str, ...] = ()
    column: int = 0

    @property
    def usable(self) -> bool:
        """Whether the URL can be fetched."""
        return self.fault is None

    @property
    def message(self) -> str:
        """The fault as a sentence."""
        return f"This URL cannot be fetched: {self.fault}."


def sources(cell: str, column: int = 0) -> tuple[Source, ...]:
    """Return the sources of a cell in order; if there are more than MAX_IMAGES_PER_ROW, as they are written.

    A cell whose parts can all be fetched gives these parts, except for share links, and for what no URL
    holds: see "Repairs" in docs/contract.md.
    """
    if not cell:
        return ()
    if _is_simple(cell):
        return (Source(cell.strip(), None, None, (), column),)
    listed = cell.split(",")
    if len(listed) <= MAX_IMAGES_PER_ROW and all(map(_is_simple, listed)):
        return tuple(Source(text.strip(), column=column) for text in listed)
    found = _repaired(cell)
    return tuple(replace(source, column=column) for source in found) if column else found


def linked(url: str, text: str, column: int = 0) -> tuple[Source, ...]:
    """Return the sources of a cell of a workbook whose text has no URL, but which links to one."""
    return tuple(
        replace(source, written=text or None, notes=(*source.notes, Repair.LINK))
        for source in sources(url, column)
    )


def _repaired(cell: str) -> tuple[Source, ...]:
    parts = split(cell)
    if len(parts) > MAX_IMAGES_PER_ROW:
        return tuple(map(Source, parts))
    faults = list(map(fault, parts))
    as_split = tuple([_source(Piece(part), reason) for part, reason in zip(parts, faults, strict=True)])
    if not any(faults) and not is_suspect(cell, parts):
        return as_split
    found = pieces(cell)
    if len(found) > MAX_IMAGES_PER_ROW:
        return tuple(Source(encodable(piece.text)) for piece in found)
    if found == [Piece(part) for part in parts]:
        return as_split
    mended = tuple([_source(piece, fault(piece.text)) for piece in found])
    return mended if _worth(mended) >= _worth(as_split) else as_split


def _is_simple(text: str) -> bool:
    """Return whether `text` is one URL, as it stands, that is no share link."""
    simple = _SIMPLE.fullmatch(text.strip())
    return simple is not None and len(text) <= MAX_URL_CHARACTERS and not share_links.knows(simple[1])


def _source(piece: Piece, reason: str | None) -> Source:
    url, done, reason = repair(piece.text, reason)
    if reason:
        return Source(encodable(piece.text), reason)
    direct = share_links.download(url)
    if not (direct or done or piece.notes):
        return Source(url)
    notes = {*piece.notes, *done}
    if direct:
        url = direct
        notes.add(Repair.DOWNLOAD)
    written = encodable(piece.text) if piece.text != url else None
    return Source(
        url, None, written, tuple([code.value for code in Repair if code in notes]) if notes else ()
    )


def _worth(found: tuple[Source, ...]) -> tuple[int, int]:
    usable = sum(source.usable for source in found)
    return usable, usable - len(found)
