"""The columns that Catalight appends to a catalogue."""

import re
from collections.abc import Iterator, Sequence
from itertools import count

from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.required_columns import is_image_column

OUTPUT = "Output Image Urls"
_FIRST_COLUMNS = ("Status", "Errors", "Bytes In", "Bytes Out")
_LAST_COLUMNS = (*_FIRST_COLUMNS, "Notes")
RESULT_COLUMNS = (OUTPUT, *_LAST_COLUMNS)
_OUTPUT_PREFIX = "Output "
_PREFIX = "Catalight "  # of a result column whose name the catalogue uses for a column of its own
_MAX_NAME = 200  # characters of an image column's name
_NUMBER = re.compile(r" [0-9]+\Z")


def output_of(image_column: str) -> str:
    """Return the name of the column that receives the new URLs of an image column."""
    name = bare(image_column)[:_MAX_NAME]
    return OUTPUT if is_image_column(name) else _OUTPUT_PREFIX + name


def names_beside(header: Sequence[str], outputs: Sequence[str] = (OUTPUT,)) -> tuple[str, ...]:
    """Return the names of the result columns beside the catalogue's own, each of them used only once.

    `outputs` are those that receive the new URLs.
    """
    taken = {bare(cell).casefold() for cell in header}
    names = []
    for column in (*outputs, *_LAST_COLUMNS):
        name = next(name for name in _possible_names(column) if name.casefold() not in taken)
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def result_columns_in(header: Sequence[str]) -> list[slice]:
    """Return where a header has the result columns of an earlier run, all of them together and in order."""
    spellings = [_spellings(bare(cell).casefold()) for cell in header]
    own = {spelling[0] for spelling in spellings}
    found, index = [], 0
    while index < len(spellings):
        width = _width_at(spellings, index, own)
        if width:
            found.append(slice(index, index + width))
        index += width or 1
    return found


def _width_at(spellings: Sequence[Sequence[str]], index: int, own: set[str]) -> int:
    """Return how many result columns begin at `index`: outputs of the catalogue's own, then the others."""
    outputs = index
    while outputs < len(spellings) and any(_is_output(name, own) for name in spellings[outputs]):
        outputs += 1
    for columns in (_LAST_COLUMNS, _FIRST_COLUMNS):  # the first releases had no Notes column
        following = spellings[outputs : outputs + len(columns)]
        names = [name.casefold() for name in columns]
        if outputs > index and [n for n, s in zip(names, following, strict=False) if n in s] == names:
            return outputs - index + len(columns)
    return 0


def _is_output(name: str, own: set[str]) -> bool:
    return name == OUTPUT.casefold() or (
        name.startswith(_OUTPUT_PREFIX.casefold()) and name[len(_OUTPUT_PREFIX) :] in own
    )


def _spellings(name: str) -> tuple[str, ...]:
    """Return a name in lower case, also without what `_possible_names` may have added."""
    if not name.startswith(_PREFIX.casefold()):
        return (name,)
    without = name[len(_PREFIX) :]
    return name, without, _NUMBER.sub("", without)


def _possible_names(column: str) -> Iterator[str]:
    yield column
    yield _PREFIX + column
    yield from (f"{_PREFIX}{column} {number}" for number in count(2))
