"""The header of a catalogue: detect the delimiter and find the required columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from catalight.domain.catalogue.dialect import DELIMITERS, Record, records
from catalight.domain.catalogue.header_problems import MAX_LINES_TRIED, no_header, problems_of
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.required_columns import (
    IMAGES,
    PRODUCT,
    REQUIRED,
    SERIAL,
    Candidate,
    read_candidate,
)
from catalight.domain.errors import CatalogueError

_EMPTY_CELLS = '"' + "".join(DELIMITERS)


@dataclass(frozen=True, slots=True)
class Header:
    """A header that has each required column once.

    `serial`, `product` and `images` are the indexes of the required columns, `last_required` is the highest
    of them. `rows` yields the records after the header.
    """

    delimiter: str
    record: Record
    serial: int
    product: int
    images: int
    last_required: int
    rows: Iterator[Record]


def read_header(lines: Sequence[str]) -> Header:
    """Read the header: the first of the first 20 lines that names the columns. Blank lines do not count.

    Raises CatalogueError if there is none, if a column is ambiguous, or if there are too many.
    """
    tried: list[Candidate] = []
    not_blank = (index for index, line in enumerate(lines) if bare(line).strip(_EMPTY_CELLS))
    for index in islice(not_blank, MAX_LINES_TRIED):
        candidates = [read_candidate(lines, delimiter, index) for delimiter in DELIMITERS]
        complete = [candidate for candidate in candidates if candidate.found == len(REQUIRED)]
        if complete:
            return _header(lines, max(complete, key=lambda candidate: len(candidate.record.cells)))
        tried += candidates
    problems = no_header(lines, tried)
    raise CatalogueError(problems, len(problems))


def _header(lines: Sequence[str], candidate: Candidate) -> Header:
    problems = problems_of(candidate, lines)
    if problems:
        raise CatalogueError(problems, len(problems))
    columns = {column: indexes[0] for column, indexes in candidate.columns.items()}
    rows = records(lines, candidate.delimiter, candidate.record.line - 1)
    record = next(rows)
    return Header(
        candidate.delimiter,
        record,
        serial=columns[SERIAL],
        product=columns[PRODUCT],
        images=columns[IMAGES],
        last_required=max(columns.values()),
        rows=rows,
    )
