"""A row of a catalogue, and how long it may be."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalight.domain.catalogue.sources import Source
from catalight.domain.errors import Problem

MAX_ROW_CHARACTERS = 1_000_000  # with their copies in its images, up to 10 MB of MongoDB's 16 MB for a row


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One product, with as many cells as the header.

    `line` is the physical line that the row begins on. `sources` are in the order of the cell.
    """

    line: int
    cells: tuple[str, ...]
    sources: tuple[Source, ...]


def in_links(found: Sequence[Source]) -> int:
    """Return how long the URLs of a row with links are, which no cell has, and the texts that they repeat."""
    return sum(len(source.url) + len(source.written or "") for source in found)


def row_too_long(line: int, characters: int) -> Problem:
    """Return the problem of a row, or of the header, that is too long to be stored."""
    message = (
        f"The row has {characters:,} characters; at most {MAX_ROW_CHARACTERS:,} are allowed. "
        "Write the URLs of images in the place of their data (data:…), and shorten or delete long texts."
    )
    return Problem("row_too_long", message, line=line, found=f"{characters:,} characters")
