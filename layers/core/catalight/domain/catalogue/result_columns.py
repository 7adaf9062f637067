"""The columns that Catalight appends to a catalogue."""

import re
from collections.abc import Iterator, Sequence
from itertools import count

from catalight.domain.catalogue.invisible import bare

_FIRST_COLUMNS = ("Output Image Urls", "Status", "Errors", "Bytes In", "Bytes Out")
RESULT_COLUMNS = (*_FIRST_COLUMNS, "Notes")
_PREFIX = "Catalight "  # of a result column whose name the catalogue uses for a column of its own
_PREFIXED = re.compile(rf"{_PREFIX}({'|'.join(RESULT_COLUMNS)})(?: [0-9]+)?", re.IGNORECASE)


def names_beside(header: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the result columns beside the catalogue's own, each of them used only once."""
    taken = {bare(cell).casefold() for cell in header}
    return tuple(
        next(name for name in _possible_names(column) if name.casefold() not in taken)
        for column in RESULT_COLUMNS
    )


def result_columns_in(header: Sequence[str]) -> list[slice]:
    """Return where a header has the result columns of an earlier run, all of them together and in order."""
    names = [_PREFIXED.sub(r"\1", bare(cell)).casefold() for cell in header]
    found, index = [], 0
    while index < len(names):
        width = _width_at(names, index)
        if width:
            found.append(slice(index, index + width))
        index += width or 1
    return found


def _width_at(names: Sequence[str], index: int) -> int:
    for columns in (RESULT_COLUMNS, _FIRST_COLUMNS):  # the first releases had no Notes column
        if list(names[index : index + len(columns)]) == [name.casefold() for name in columns]:
            return len(columns)
    return 0


def _possible_names(column: str) -> Iterator[str]:
    yield column
    yield _PREFIX + column
    yield from (f"{_PREFIX}{column} {number}" for number in count(2))
