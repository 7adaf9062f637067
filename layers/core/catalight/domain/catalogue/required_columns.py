"""The columns that a catalogue must have, and which of them a record names."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalight.domain.catalogue.classic_names import REQUIRED, plain_classic
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.records import Record, first_record

MAX_COLUMNS = 16_384  # Excel's limit


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the header, read with one delimiter, and the indexes of each required column.

    `width` counts its cells; those after the first MAX_COLUMNS are left out. `filled` counts those that are
    not empty. `start` is where the record begins in the text.
    """

    delimiter: str
    record: Record
    columns: dict[str, list[int]]
    width: int = 0
    filled: int = 0
    start: int = 0

    @property
    def found(self) -> int:
        """The number of required columns that it names."""
        return sum(map(bool, self.columns.values()))


def read_candidate(text: str, delimiter: str, line: int = 1, start: int = 0) -> Candidate:
    """Read the record that `text` begins with as if it were the header.

    `line` and `start` are its place in the file.
    """
    return candidate_of(first_record(text, delimiter, line), delimiter, start)


def candidate_of(record: Record, delimiter: str = "", start: int = 0) -> Candidate:
    """Return a record as one that may be the header; a workbook has no delimiter."""
    width = len(record.cells)
    del record.cells[MAX_COLUMNS:]  # one for each delimiter is kept, so all of them could fill the memory
    cells = list(map(bare, record.cells))
    return Candidate(delimiter, record, _required_in(cells), width, sum(map(bool, cells)), start)


def names_required(cells: Sequence[str]) -> bool:
    """Return whether a header names all required columns."""
    return all(_required_in(list(map(bare, cells))).values())


def _required_in(cells: Sequence[str]) -> dict[str, list[int]]:
    names = list(map(plain_classic, cells))
    return {
        column: [index for index, name in enumerate(names) if name == exact]
        or [index for index, name in enumerate(names) if name in variants]
        for column, (exact, variants) in REQUIRED.items()
    }
