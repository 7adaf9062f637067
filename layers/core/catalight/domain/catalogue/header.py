"""The header of a catalogue: detect the delimiter and find the required columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from catalight.domain.catalogue.dialect import DELIMITERS
from catalight.domain.catalogue.header_problems import MAX_LINES_TRIED, no_header, problems_of
from catalight.domain.catalogue.lines import after_lines, filled_lines
from catalight.domain.catalogue.records import Record, records
from catalight.domain.catalogue.required_columns import (
    IMAGES,
    PRODUCT,
    REQUIRED,
    SERIAL,
    Candidate,
    read_candidate,
)
from catalight.domain.errors import CatalogueError

MAX_HEADER_LINES = 50  # physical ones, because names may contain line breaks
MAX_CHARACTERS_TRIED = 2_000_000  # of all lines that were tried without success


@dataclass(frozen=True, slots=True)
class Header:
    """A header that has each required column once.

    `newline` is its line end. `serial`, `product` and `images` are the indexes of the required columns,
    `last_required` is the highest of them. `rows` yields the records after the header, without blank lines.
    """

    delimiter: str
    newline: str
    record: Record
    serial: int
    product: int
    images: int
    last_required: int
    rows: Iterator[Record]


def read_header(text: str) -> Header:
    """Read the header: the first of the first 20 lines that names the columns. Blank lines do not count.

    Raises CatalogueError if there is none, if a column is ambiguous, or if there are too many.
    """
    tried: list[Candidate] = []
    characters = 0
    for line, start in islice(filled_lines(text), MAX_LINES_TRIED):
        head = _head(text, start)
        candidates = [read_candidate(head, delimiter, line, start) for delimiter in DELIMITERS]
        complete = [candidate for candidate in candidates if candidate.found == len(REQUIRED)]
        if complete:
            return _header(text, max(complete, key=lambda candidate: candidate.width))
        tried += candidates
        characters += len(head)
        if characters > MAX_CHARACTERS_TRIED:
            break
    problems = no_header(text, tried)
    raise CatalogueError(problems, len(problems))


def _head(text: str, start: int) -> str:
    """Return the lines that a header from `start` on may take: one, or more if it has quotes."""
    end = after_lines(text, 1, start)
    if '"' in text[start:end]:
        end = after_lines(text, MAX_HEADER_LINES - 1, end)
    return text[start:end]


def _header(text: str, candidate: Candidate) -> Header:
    problems = problems_of(candidate, text)
    if problems:
        raise CatalogueError(problems, len(problems))
    columns = {column: indexes[0] for column, indexes in candidate.columns.items()}
    rows = records(text[candidate.start :], candidate.delimiter, candidate.record.line)
    record = next(rows)
    end = after_lines(text, record.end - record.line + 1, candidate.start)
    return Header(
        candidate.delimiter,
        "\n" if text.endswith("\n", 0, end) and not text.endswith("\r\n", 0, end) else "\r\n",
        record,
        serial=columns[SERIAL],
        product=columns[PRODUCT],
        images=columns[IMAGES],
        last_required=max(columns.values()),
        rows=rows,
    )
