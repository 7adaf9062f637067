"""How the images of a job are named: a template over the row."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, Self

from catalight.domain.catalogue.column_names import indexes
from catalight.domain.catalogue.invisible import bare
from catalight.domain.errors import OptionError
from catalight.domain.job import safe_names
from catalight.domain.stored import restored
from catalight.domain.texts import shown

FIELD = "file_name"
MAX_CHARACTERS = 200  # of a template
MAX_SEGMENTS = 5  # the folders and the name
MAX_TEXT = 60  # characters of a segment, so that its fields keep a quarter of it
MAX_TEXT_BYTES = 180
FIELDS = ("serial", "name", "n", "source", "rendition")
COLUMN = "column:"
WANTED = (
    "a template such as {column:SKU}-{n}, of text and the fields {serial}, {name}, {column:…}, {n}, {source} "
    "and {rendition}"
)
_PIECE = re.compile(r"\{([^{}]*)\}|([^{}]+)|[{}]")
_FORBIDDEN = re.compile(r'[\\:*?"<>|]')  # on at least one operating system


class Piece(NamedTuple):
    """A part of a template: a field, or text if `field` is empty."""

    field: str
    text: str


type Segments = tuple[tuple[Piece, ...], ...]


class Values(NamedTuple):
    """What the fields of a template stand for. `cells` may lack empty ones at the end."""

    cells: Sequence[str]
    number: int
    source: str
    rendition: str


@dataclass(frozen=True, slots=True)
class Naming:
    """A template for file names, and whether they may have letters beyond ASCII.

    `columns` are the indexes, in the job's header, of the cells that the template names, in its order.
    """

    template: str
    unicode: bool = False
    columns: tuple[int, ...] = ()

    @classmethod
    def read(cls, template: str, *, unicode: bool = False) -> Self:
        """Return the naming of a template, without its columns. Raise OptionError if it is wrong."""
        for pieces in _parsed(template):
            _check_text(template, pieces, unicode=unicode)
        return cls(template, unicode)

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Self:
        """Read a stored naming."""
        return restored(cls, document, columns=tuple(document["columns"]))

    def resolved(
        self, header: Sequence[str], serial: int | None, name: int | None, *, named_renditions: bool
    ) -> Self:
        """Return the naming with the columns of a header.

        Raise OptionError if a column is not known, or if the renditions have no names.
        """
        known = {"serial": serial, "name": name}
        columns = list[int]()
        for field, text in (piece for pieces in _parsed(self.template) for piece in pieces):
            if field == COLUMN:
                columns.append(self._column(header, text))
            elif field in known:
                column = known[field]
                if column is None:
                    raise _wrong(self.template, f"no column of the file is known as {{{field}}}")
                columns.append(column)
            elif field == "rendition" and not named_renditions:
                raise _wrong(self.template, "the renditions have no names")
        return replace(self, columns=tuple(columns))

    def _column(self, header: Sequence[str], name: str) -> int:
        found = indexes(header, name)
        if len(found) == 1:
            return found[0]
        count = "more than one column" if found else "no column"
        names = shown(", ".join(cell for cell in header if cell))
        raise _wrong(self.template, f'the header has {count} "{shown(name)}"; it has {names}')

    def segments(self, values: Values) -> list[str]:
        """Return the folders and the name, without an extension, for these values: all safe."""
        columns = iter(self.columns)
        return [
            _segment(pieces, tuple([self._text(piece, values, columns) for piece in pieces]))
            for pieces in _parsed(self.template)
        ]

    def _text(self, piece: Piece, values: Values, columns: Iterator[int]) -> str:
        match piece.field:
            case "":
                return _safe(piece.text, unicode=self.unicode)
            case "n":
                return str(values.number)
            case "source":
                return values.source
            case "rendition":
                text = values.rendition
            case _:
                column = next(columns)
                text = values.cells[column] if column < len(values.cells) else ""
        return _value(text[: safe_names.MAX_READ], unicode=self.unicode)


@lru_cache(maxsize=1024)  # the renditions of an image mostly have the same
def _segment(pieces: tuple[Piece, ...], texts: tuple[str, ...]) -> str:
    """Join the texts. If they are too long, the longest values lose their ends, so that others stay."""
    whole = "".join(texts)
    if not safe_names.fits(whole):
        limits = range(1, safe_names.MAX_CHARACTERS)
        # As many of these as fit are the largest of them that fits.
        limit = bisect_left(limits, 1, key=lambda limit: _is_too_long(pieces, texts, limit))
        whole = _cut(pieces, texts, limit)
    return safe_names.segment(whole)


def _is_too_long(pieces: Sequence[Piece], texts: Sequence[str], limit: int) -> bool:
    return not safe_names.fits(_cut(pieces, texts, limit))


def _cut(pieces: Sequence[Piece], texts: Sequence[str], limit: int) -> str:
    return "".join([text[:limit] if piece[0] else text for piece, text in zip(pieces, texts, strict=True)])


_safe = lru_cache(maxsize=1024)(safe_names.safe)  # the images of a row, and its neighbours, share texts


@lru_cache(maxsize=1024)
def _value(text: str, *, unicode: bool) -> str:
    """Return the value of a field as a part of a name. `text` is short, because it is kept."""
    value = safe_names.bare(safe_names.safe(text, unicode=unicode))
    return value[: safe_names.MAX_CHARACTERS] or safe_names.EMPTY


@lru_cache(maxsize=64)
def _parsed(template: str) -> Segments:
    """Return the pieces of each segment. Raise OptionError if the template is wrong."""
    if len(template) > MAX_CHARACTERS:
        raise _wrong(template, f"it has {len(template)} characters; at most {MAX_CHARACTERS} are allowed")
    segments: list[list[Piece]] = [[]]
    for found in _PIECE.finditer(template):
        field, text = found.groups()
        if field is not None:
            segments[-1].append(_field(template, field))
        elif text is None:
            raise _wrong(template, f'a "{found[0]}" has no partner')
        else:
            first, *others = _texts(template, text)
            segments[-1] += first
            segments += others
    if len(segments) > MAX_SEGMENTS:
        raise _wrong(
            template, f'"/" divides it into {len(segments)} parts; at most {MAX_SEGMENTS} are allowed'
        )
    if any(_is_empty(pieces) for pieces in segments):
        raise _wrong(template, 'a part before or after a "/" is empty or has only dots')
    return tuple(map(tuple, segments))


def _field(template: str, field: str) -> Piece:
    if field in FIELDS:
        return Piece(field, "")
    if field.startswith(COLUMN) and bare(name := field.removeprefix(COLUMN)):
        return Piece(COLUMN, name)
    raise _wrong(template, f'"{{{shown(field)}}}" is no field')


def _texts(template: str, text: str) -> list[list[Piece]]:
    if (forbidden := _FORBIDDEN.search(text)) or not text.isprintable():
        found = f"a {forbidden[0]}" if forbidden else "a character that cannot be printed"
        raise _wrong(template, f"file names must not have {found}")
    return [[Piece("", part)] if part else [] for part in text.split("/")]


def _is_empty(pieces: Sequence[Piece]) -> bool:
    return not any(piece.field or piece.text.strip(". ") for piece in pieces)


def _check_text(template: str, pieces: Sequence[Piece], *, unicode: bool) -> None:
    """Raise OptionError if a segment has so much text that its fields would be lost.

    A stored template is not checked: jobs of the time before this limit keep their names.
    """
    texts = [piece.text for piece in pieces if not piece.field]
    text = "".join(safe_names.safe(text, unicode=unicode) for text in texts)
    if len(text) > MAX_TEXT or len(text.encode()) > MAX_TEXT_BYTES:
        found = shown("".join(texts))
        raise _wrong(
            template,
            f'the text "{found}" of one part is too long; at most {MAX_TEXT} characters '
            f"({MAX_TEXT_BYTES} bytes) are allowed besides its fields",
        )


def _wrong(template: str, reason: str) -> OptionError:
    return OptionError(FIELD, shown(template), f"{WANTED} (this one: {reason})")
