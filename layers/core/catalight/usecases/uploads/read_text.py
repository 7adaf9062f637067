"""Read the records of a text file in pieces, from any record on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from catalight.domain.catalogue.files import Options, TextFile
from catalight.domain.catalogue.lines import line_ends
from catalight.domain.catalogue.pieces_of_text import (
    bytes_of_lines,
    codec_of_pieces,
    decode_piece,
    up_to_line_end,
)
from catalight.domain.catalogue.records import Record, complete_records
from catalight.domain.catalogue.requested import NOTHING
from catalight.domain.errors import CatalogueError, Problem
from catalight.usecases.ports import ReadTable
from catalight.usecases.uploads.file_at import FileAt, refusal

PIECE = 4_000_000  # bytes
MARGIN = 300_000  # characters; more than two cells of the length that the csv module reads
MOST = 20_000  # records of a piece
MAX_RECORD = 4 * PIECE  # bytes
SAVE_AS = 'Save the file as "CSV UTF-8" in your spreadsheet program'


class Sizes(NamedTuple):
    """How large a piece is: bytes, the characters at its end that are not read yet, and records."""

    piece: int = PIECE
    margin: int = MARGIN
    most: int = MOST


SIZES = Sizes()


class Place(NamedTuple):
    """Where the next record begins: its byte, and its physical line."""

    offset: int
    line: int


@dataclass(slots=True)
class ReadText:
    """Yields the records of a text, piece by piece, and where the next piece begins.

    The records are those of the whole text, whatever the pieces are; only of a file that is refused may they
    differ after its first problem.

    A text that had only ASCII so far may turn out not to be UTF-8: then its encoding is guessed, as for a
    whole file, and `warning` says so. `codec`, `encoding` and `ascii` are known up to the last piece.
    """

    file: FileAt
    delimiter: str
    read_table: ReadTable
    place: Place
    codec: str
    ascii: bool = True
    may_guess: bool = True
    encoding: str | None = None  # if it was guessed
    warning: Problem | None = None
    sizes: Sizes = SIZES
    _data: bytes = field(default=b"", init=False)

    def go_to(self, place: Place, codec: str, *, is_ascii: bool) -> None:
        """Go on at a place, up to which the text has only ASCII if `is_ascii`."""
        self.place, self.codec, self.ascii = place, codec, is_ascii
        self.encoding, self.warning, self._data = None, None, b""

    def __iter__(self) -> Iterator[list[Record]]:
        """Yield the records of each piece, at most `most`; `place` is where the next one begins."""
        while self.place.offset < self.file.size:
            yield self._next()

    def _next(self) -> list[Record]:
        wanted = self.sizes.piece
        while True:
            self._data += self.file.read(self.place.offset + len(self._data), wanted - len(self._data))
            is_last = self.place.offset + len(self._data) >= self.file.size
            text = self._text(is_last=is_last)
            margin = 0 if is_last else self.sizes.margin
            found = complete_records(text, self.delimiter, self.place.line, margin, self.sizes.most)
            if found.lines or is_last:
                break
            if wanted >= MAX_RECORD:
                raise _too_long(self.place.line, len(text))
            wanted *= 2
        self._advance(found.lines, is_end=is_last and found.lines >= _lines(text))
        return found.records

    def _advance(self, lines: int, *, is_end: bool) -> None:
        taken = len(self._data) if is_end else bytes_of_lines(self._data, self.codec, lines)
        self.ascii = self.ascii and self._data[:taken].isascii()
        self.place = Place(self.place.offset + taken, self.place.line + lines)
        self._data = self._data[taken:]

    def _text(self, *, is_last: bool) -> str:
        try:
            return decode_piece(self._data, self.codec, is_last=is_last)
        except UnicodeDecodeError as error:
            undecodable = self._undecodable(error)
            if not (self.ascii and self.may_guess and self.codec == "utf-8"):
                raise undecodable from error
        self._guess(undecodable)
        try:
            return decode_piece(self._data, self.codec, is_last=is_last)
        except UnicodeDecodeError as error:
            raise self._undecodable(error) from error

    def _guess(self, undecodable: CatalogueError) -> None:
        """Take the encoding that the next lines seem to have."""
        try:
            found = self.read_table(up_to_line_end(self._data, "latin-1"), Options(), NOTHING)
        except CatalogueError:
            raise undecodable from None
        if not isinstance(found, TextFile):
            raise undecodable
        from_pieces = codec_of_pieces(found.encoding, b"")
        if from_pieces == "utf-8":
            raise undecodable
        self.codec, self.encoding = from_pieces, found.encoding
        self.warning = next(iter(found.warnings), None)

    def _undecodable(self, error: UnicodeDecodeError) -> CatalogueError:
        before = self._data[: error.start].decode(self.codec, errors="replace")
        line, position = self.place.line + line_ends(before), self.place.offset + error.start
        found = f"0x{self._data[error.start]:02X}"
        message = (
            f"Line {line} is not valid {self.codec.upper()}: byte {position + 1:,} of the file is {found}. "
            f"{SAVE_AS}."
        )
        return refusal("undecodable", message, line, found)


def _lines(text: str) -> int:
    """Return the number of lines, the last of which may lack its end."""
    return line_ends(text) + (not text.endswith(("\n", "\r")) if text else 0)


def _too_long(line: int, characters: int) -> CatalogueError:
    message = (
        f"The row that begins on line {line:,} has more than {characters:,} characters. Write the URLs of "
        "images in the place of their data (data:…), and check that no quote is missing."
    )
    return refusal("row_too_long", message, line, f"{characters:,} characters")
