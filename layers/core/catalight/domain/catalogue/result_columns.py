"""The columns that Catalight appends to a catalogue."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from catalight.domain.catalogue.classic_names import is_image_column
from catalight.domain.catalogue.invisible import bare

OUTPUT = "Output Image Urls"
_FIRST_COLUMNS = ("Status", "Errors", "Bytes In", "Bytes Out")
_LAST_COLUMNS = (*_FIRST_COLUMNS, "Notes")
RESULT_COLUMNS = (OUTPUT, *_LAST_COLUMNS)
_OUTPUT_PREFIX = "Output "
_PREFIX = "Catalight "  # of a result column whose name the catalogue uses for a column of its own
_MAX_NAME = 200  # characters of an image column's name
_NUMBER = re.compile(r" [0-9]+\Z")
_RENDITION = re.compile(r"(.+) \([a-z0-9_-]{1,40}\)\Z", re.DOTALL)


def output_of(image_column: str) -> str:
    """Return the name of the column that receives the new URLs of an image column."""
    name = bare(image_column)[:_MAX_NAME]
    return OUTPUT if not name or is_image_column(name) else _OUTPUT_PREFIX + name


def outputs_of(outputs: Sequence[str], renditions: Sequence[str]) -> tuple[str, ...]:
    """Return the columns for the new URLs of all renditions: `Output Photo`, `Output Photo (thumb)`, ….

    `outputs` are those of the first rendition, one for each image column. `renditions` are all names.
    """
    return tuple(
        f"{output} ({name or number})" if number > 1 else output
        for output in outputs
        for number, name in enumerate(renditions, 1)
    )


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
    names = [bare(cell).casefold() for cell in header]
    spellings = list(map(_spellings, names))
    sources = Counter(output_of(name).casefold() for name in names)
    found, index = [], 0
    while index < len(names):
        width = _width_at(spellings, index, sources)
        if width:
            found.append(slice(index, index + width))
        index += width or 1
    return found


def own_columns(header: Sequence[str]) -> list[str]:
    """Return a header without result columns of an earlier run, and without empty cells at its end."""
    own = list(header)
    for columns in reversed(result_columns_in(header)):
        del own[columns]
    while own and not bare(own[-1]):
        own.pop()
    return own


def _width_at(spellings: Sequence[Sequence[str]], index: int, sources: Counter[str]) -> int:
    """Return how many result columns begin at `index`: outputs of the catalogue's own, then the others.

    `sources` counts the columns that an output of this name may belong to. If there are more outputs of a
    name than that, the first is the catalogue's own column, for whose sake ours has a prefix.
    """
    outputs = index
    of_name = Counter[str]()
    last: str | None = None  # of the first rendition
    while outputs < len(spellings):
        if name := _output(spellings[outputs], sources):
            of_name[name] += 1
            last = name
        elif last is None or not _is_rendition(spellings[outputs], last):
            break
        outputs += 1
    if outputs == index or of_name[spellings[index][0]] > sources[spellings[index][0]]:
        return 0
    for columns in (_LAST_COLUMNS, _FIRST_COLUMNS):  # the first releases had no Notes column
        following = spellings[outputs : outputs + len(columns)]
        names = [name.casefold() for name in columns]
        if [n for n, s in zip(names, following, strict=False) if n in s] == names:
            return outputs - index + len(columns)
    return 0


def _output(spellings: Sequence[str], sources: Counter[str]) -> str | None:
    """Return the name of an output, as it is without a prefix; None if it is none."""
    return next((name for name in spellings if sources[name] or name == OUTPUT.casefold()), None)


def _is_rendition(spellings: Sequence[str], output: str) -> bool:
    """Return whether a column is that of a further rendition of `output`."""
    matches = map(_RENDITION.fullmatch, spellings)
    return any(match is not None and match[1] == output for match in matches)


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
