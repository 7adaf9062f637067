"""How large the parts of a workbook may be: of one that is read into memory, and of one that is streamed."""

from dataclasses import dataclass

from catalight.adapters.tables.problems import (
    LAST_ROW,
    MAX_CELLS,
    MAX_CHARACTERS,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_STRINGS,
    MAX_UNPACKED,
)
from catalight.adapters.tables.xml_stream import MAX_TAKEN


@dataclass(frozen=True, slots=True)
class Limits:
    """The most bytes of all parts that are read, rows with texts, and so on."""

    unpacked: int = MAX_UNPACKED
    rows: int = MAX_ROWS
    columns: int = MAX_COLUMNS
    cells: int = MAX_CELLS
    characters: int = MAX_CHARACTERS
    strings: int = MAX_STRINGS
    shared_characters: int = MAX_CHARACTERS
    elements: int = MAX_TAKEN


SMALL = Limits()
LARGE = Limits(
    unpacked=4_000_000_000,
    rows=LAST_ROW,
    cells=20_000_000,
    characters=400_000_000,
    strings=5_000_000,
    shared_characters=300_000_000,
    elements=6_000_000,
)
