"""Say why a file has no usable header: what it is instead, or which columns are missing or ambiguous."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from catalight.domain.catalogue.classic_names import IMAGES, PRODUCT, REQUIRED, SERIAL
from catalight.domain.catalogue.dialect import DELIMITERS, delimiter_name
from catalight.domain.catalogue.file_types import TEXT_EXAMINED, text_file
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.lines import after_lines
from catalight.domain.catalogue.records import Record
from catalight.domain.catalogue.required_columns import MAX_COLUMNS, Candidate, read_candidate
from catalight.domain.catalogue.urls import holds_url
from catalight.domain.errors import Problem
from catalight.domain.texts import shown

MAX_LINES_TRIED = 20
MAX_HEADER_CELLS_SHOWN = 20
MAX_ROWS_EXAMINED = 20
MAX_CHARACTERS_EXAMINED = 200
MAX_HIDDEN_HEADER = 5_000  # characters
MAX_DELIMITERS_TRIED = 20
_OTHER_DELIMITER = re.compile(r"[^\w\s\"'.#/-]|[\x01-\x08\x1c-\x1f]")
_NO_HEADER = (
    f"The file has no header: none of its first {MAX_LINES_TRIED} lines names a column of images. "
    f"Write this line above the products: {','.join(REQUIRED)}"
)
_QUOTED_LINES = (
    "Each line of the file is in double quotes as a whole, so it is read as one cell. Remove the quotes "
    "around the lines, and write the quotes inside them once instead of twice."
)


def no_header(
    tried: Sequence[Candidate], rows_after: Callable[[Candidate], Sequence[Sequence[str]]]
) -> tuple[Problem, ...]:
    """Return why none of the lines that were tried is a header with a column of images.

    `tried` has one candidate for each line and delimiter, in the order of the lines. `rows_after` returns the
    cells of the first records after a candidate.
    """
    if not tried:
        tried = [Candidate(",", Record(1, 1, []), {column: [] for column in REQUIRED})]
    best = max(tried, key=lambda one: (one.found, one.filled))
    if not best.found:
        best = next((one for one in tried if one.filled > 1 or one.record.problem), tried[0])
    same_line = [one for one in tried if one.record.line == best.record.line]
    best = max(same_line, key=lambda one: (one.found, one.width))
    cells = best.record.cells
    if not best.found and (len(cells) == 1 or any(map(holds_url, cells))):
        found = shown(bare(best.delimiter.join(cells)))
        return (Problem("no_header", _NO_HEADER, line=best.record.line, found=found),)
    return tuple(_no_images(best, rows_after(best)))


def not_a_table(text: str, tried: Sequence[Candidate]) -> Problem | None:
    """Return the problem of a file that is no table as it stands: another format, or broken or odd quotes."""
    problem = text_file(_first_lines(text)) or _hidden_header(tried)
    if problem:
        return problem
    first = [one for one in tried if one.record.line == tried[0].record.line]
    broken = next((one.record.problem for one in first if one.record.problem), None)
    return broken if all(len(one.record.cells) < 2 for one in first) else None  # no delimiter gives two cells


def problems_of(candidate: Candidate) -> tuple[Problem, ...]:
    """Return one problem for each of serial number and product name that is ambiguous."""
    line, cells = candidate.record.line, candidate.record.cells
    problems = too_many_columns(line, candidate.width)
    for column in (SERIAL, PRODUCT):
        indexes = candidate.columns[column]
        if len(indexes) > 1:
            found = _listed([cells[index] for index in indexes])
            message = f'More than one column could be "{column}": {found}. Rename all of them but one.'
            problems.append(Problem("duplicate_column", message, line, column, shown(found)))
    return tuple(problems)


def too_many_columns(line: int, width: int) -> list[Problem]:
    """Return the problem of a header with more than MAX_COLUMNS cells, if it has."""
    if width <= MAX_COLUMNS:
        return []
    message = (
        f"The header has {width:,} cells; at most {MAX_COLUMNS:,} are allowed. "
        "Delete the columns that are not used."
    )
    return [Problem("too_many_columns", message, line=line)]


def no_such_line(number: int) -> Problem:
    """Return the problem of a requested header row that is empty or that does not exist."""
    message = f"Line {number:,} is empty, or the file has fewer lines. Check the field header_row."
    return Problem("no_header", message, line=number)


def _no_images(candidate: Candidate, rows: Sequence[Sequence[str]]) -> Iterator[Problem]:
    line, cells = candidate.record.line, candidate.record.cells
    yield from too_many_columns(line, candidate.width)
    found = _listed(cells)
    advice = _columns_with_urls(candidate, rows) or (
        "Add this column, or rename the column that holds the URLs of the images, or name it in the field "
        'columns, for example {"images": ["Photo"]}.'
    )
    message = f'The header has no column "{IMAGES}"; it has {found}. {advice}'
    yield Problem("missing_column", message, line=line, column=IMAGES, found=shown(found))


def _columns_with_urls(candidate: Candidate, rows: Sequence[Sequence[str]]) -> str | None:
    """Return what to do if columns hold URLs that do not look like those of images."""
    with_urls = {
        index
        for row in rows[:MAX_ROWS_EXAMINED]
        for index, cell in enumerate(row[:MAX_COLUMNS])
        if holds_url(cell)
    }
    cells = [cell for index, cell in enumerate(candidate.record.cells) if index in with_urls]
    if not cells:
        return None
    return (
        f"These columns hold URLs: {_listed(cells)}. Name those of the images in the field columns, for "
        f"example {json.dumps({'images': [shown(cells[0])]}, ensure_ascii=False)}."
    )


def _hidden_header(tried: Sequence[Candidate]) -> Problem | None:
    """Return the problem of a header that is in quotes as a whole, or whose delimiter is not accepted."""
    for start in range(0, len(tried), len(DELIMITERS)):
        one_line = tried[start : start + len(DELIMITERS)]
        record = one_line[0].record
        text = "".join(record.cells)[:MAX_HIDDEN_HEADER]
        if max(one.filled for one in one_line) != 1:
            continue
        if any(read_candidate(text, delimiter).found > 1 for delimiter in DELIMITERS):
            return Problem("no_header", _QUOTED_LINES, line=record.line, found=shown(text))
        others = dict.fromkeys(_OTHER_DELIMITER.findall(text[:MAX_CHARACTERS_EXAMINED]))
        for delimiter in islice(others, MAX_DELIMITERS_TRIED):
            if read_candidate(text, delimiter).found > 1:
                name = delimiter_name(delimiter)
                message = f'The delimiter of the file is {name}. Use "," or ";" or a tab or "|" or "~".'
                return Problem("no_header", message, line=record.line, found=shown(text))
    return None


def _first_lines(text: str) -> str:
    start = text[:TEXT_EXAMINED]
    return start[: after_lines(start, MAX_LINES_TRIED)]


def _listed(cells: list[str]) -> str:
    listed = ", ".join(f'"{shown(cell)}"' for cell in cells[:MAX_HEADER_CELLS_SHOWN])
    more = len(cells) - MAX_HEADER_CELLS_SHOWN
    return f"{listed} and {more:,} more" if more > 0 else listed or "only empty cells"
