"""Say why a file has no usable header: what it is instead, or which columns are missing or ambiguous."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from catalight.domain.catalogue.dialect import DELIMITERS, delimiter_name
from catalight.domain.catalogue.file_types import TEXT_EXAMINED, text_file
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.lines import after_lines
from catalight.domain.catalogue.records import Record, records
from catalight.domain.catalogue.required_columns import (
    IMAGES,
    MAX_COLUMNS,
    REQUIRED,
    Candidate,
    read_candidate,
)
from catalight.domain.catalogue.urls import holds_url, shown
from catalight.domain.errors import Problem

MAX_LINES_TRIED = 20
MAX_HEADER_CELLS_SHOWN = 20
MAX_ROWS_EXAMINED = 20
MAX_CHARACTERS_EXAMINED = 200
MAX_HIDDEN_HEADER = 5_000  # characters
MAX_DELIMITERS_TRIED = 20
_IMAGE_COLUMN = re.compile(r"image|img|photo|foto|picture", re.IGNORECASE)
_OTHER_DELIMITER = re.compile(r"[^\w\s\"'.#/-]|[\x01-\x08\x1c-\x1f]")
_NO_HEADER = (
    f"The file has no header: none of its first {MAX_LINES_TRIED} lines names the columns "
    f"{', '.join(f'"{column}"' for column in REQUIRED)}. "
    f"Write this line above the products: {','.join(REQUIRED)}"
)
_QUOTED_LINES = (
    "Each line of the file is in double quotes as a whole, so it is read as one cell. Remove the quotes "
    "around the lines, and write the quotes inside them once instead of twice."
)


def no_header(text: str, tried: Sequence[Candidate]) -> tuple[Problem, ...]:
    """Return why none of the lines that were tried is a header with all required columns.

    `tried` has one candidate for each line and delimiter, in the order of the lines.
    """
    if not tried:
        tried = [Candidate(",", Record(1, 1, []), {column: [] for column in REQUIRED})]
    reason = text_file(_first_lines(text)) or _hidden_header(tried)
    if reason:
        return (reason,)
    best = max(tried, key=lambda one: (one.found, one.filled))
    if not best.found:
        best = next((one for one in tried if one.filled > 1 or one.record.problem), tried[0])
    same_line = [one for one in tried if one.record.line == best.record.line]
    best = max(same_line, key=lambda one: (one.found, one.width))
    cells = best.record.cells
    broken = next((one.record.problem for one in same_line if one.record.problem), None)
    if broken and len(cells) < 2:  # no delimiter gives two cells
        return (broken,)
    if not best.found and (len(cells) == 1 or any(map(holds_url, cells))):
        found = shown(bare(text[best.start : after_lines(text, 1, best.start)]))
        return (Problem("no_header", _NO_HEADER, line=best.record.line, found=found),)
    return problems_of(best, text)


def problems_of(candidate: Candidate, text: str) -> tuple[Problem, ...]:
    """Return one problem for each required column that is missing or ambiguous, and for too many columns."""
    return tuple(_problems_of(candidate, text))


def _problems_of(candidate: Candidate, text: str) -> Iterator[Problem]:
    line, cells = candidate.record.line, candidate.record.cells
    if candidate.width > MAX_COLUMNS:
        message = (
            f"The header has {candidate.width:,} cells; at most {MAX_COLUMNS:,} are allowed. "
            "Delete the columns that are not used."
        )
        yield Problem("too_many_columns", message, line=line)
    for column, indexes in candidate.columns.items():
        if not indexes:
            found = _listed(cells)
            several = column == IMAGES and _several_image_columns(candidate, text)
            advice = several or "Add this column, or rename the column that holds these values."
            message = f'The header has no column "{column}"; it has {found}. {advice}'
            yield Problem("missing_column", message, line=line, column=column, found=shown(found))
        elif len(indexes) > 1:
            found = _listed([cells[index] for index in indexes])
            advice = "Rename all of them but one."
            if column == IMAGES:
                advice = (
                    f"Put all URLs into one of them, separated by commas, and rename the others: {advice}"
                )
            message = f'More than one column could be "{column}": {found}. {advice}'
            yield Problem("duplicate_column", message, line=line, column=column, found=shown(found))


def _several_image_columns(candidate: Candidate, text: str) -> str | None:
    """Return what to do if several columns are named like images or hold URLs."""
    record = candidate.record
    end = after_lines(text, record.end - record.line + 1, candidate.start)
    rows = records(text[end:], candidate.delimiter)
    with_urls = {
        index
        for row in islice(rows, MAX_ROWS_EXAMINED)
        for index, cell in enumerate(row.cells[:MAX_COLUMNS])
        if holds_url(cell)
    }
    cells = [
        cell for index, cell in enumerate(record.cells) if index in with_urls or _IMAGE_COLUMN.search(cell)
    ]
    if len(cells) < 2:
        return None
    return (
        f'Put all image URLs into one column "{IMAGES}", separated by commas. '
        f"These columns seem to hold them now: {_listed(cells)}."
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
