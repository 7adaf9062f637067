"""Choose the header among the first records of a file, and the columns in it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from catalight.domain.catalogue import columns
from catalight.domain.catalogue.classic_names import IMAGES, PRODUCT, REQUIRED, SERIAL
from catalight.domain.catalogue.columns import Columns, Reason
from catalight.domain.catalogue.header_problems import problems_of, too_many_columns
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.catalogue.required_columns import MAX_COLUMNS, Candidate
from catalight.domain.catalogue.result_columns import own_columns, result_columns_in
from catalight.domain.catalogue.urls import holds_url
from catalight.domain.errors import CatalogueError, Problem

type Choice = tuple[Candidate, Columns]
type RowsAfter = Callable[[Candidate], Sequence[Sequence[str]]]


def key(cells: Sequence[str]) -> str:
    """Return what identifies a header: SHA-256 of its cells, without those of an earlier result."""
    return hashlib.sha256(json.dumps(own_columns(cells)).encode()).hexdigest()


def classic(candidates: Sequence[Candidate], wanted: Wanted) -> Choice | None:
    """Choose the candidate with the three classic columns, or None. `candidates` are those of one line.

    Raise CatalogueError if the serial number or the product name is ambiguous.
    """
    complete = [candidate for candidate in candidates if candidate.found == len(REQUIRED)]
    if not complete:
        return None
    best = max(complete, key=lambda candidate: candidate.width)
    if known := _remembered(best, wanted):
        return best, known
    _raise(problems_of(best))
    indexes = best.columns
    return best, Columns(tuple(indexes[IMAGES]), indexes[SERIAL][0], indexes[PRODUCT][0], Reason.CLASSIC)


def by_name(tried: Sequence[Candidate], wanted: Wanted) -> Choice | None:
    """Choose among candidates without the classic columns, or with columns that the request names.

    `tried` has the candidates of each line in turn. Raise CatalogueError if no line has the columns that the
    request names.
    """
    read = [candidate for candidate in tried if candidate.record.cells]
    chosen = _requested(read, wanted.columns) if wanted.columns else _known(read, wanted) or _named(read)
    if chosen:
        _raise(tuple(too_many_columns(chosen[0].record.line, chosen[0].width)))
    return chosen


def by_content(tried: Sequence[Candidate], rows_after: RowsAfter) -> Choice | None:
    """Choose the last of the fullest records above the first URL, if the cells below hold URLs of images."""
    with_url = (one.record.line for one in tried if any(map(holds_url, one.record.cells)))
    first_url = next(with_url, None)
    above = [one for one in tried if one.filled and (first_url is None or one.record.line < first_url)]
    if not above:
        return None
    fullest = max(one.filled for one in above)
    line = [one for one in above if one.filled == fullest][-1].record.line
    best = next(one for one in above if one.record.line == line and one.filled == fullest)
    cells = best.record.cells
    if best.width > MAX_COLUMNS:
        return None
    results = {index for found in result_columns_in(cells) for index in range(found.start, found.stop)}
    chosen = columns.by_content(cells, rows_after(best), results)
    return (best, chosen) if chosen else None


def _requested(tried: Sequence[Candidate], request: Request) -> Choice | None:
    refusals: list[tuple[int, int, tuple[Problem, ...]]] = []
    choices: list[Choice] = []
    for candidate in tried:
        cells = candidate.record.cells
        found = columns.requested(cells, request, columns.named(cells))
        if isinstance(found, Columns):
            choices.append((candidate, found))
        else:
            refusals.append((-len(found), candidate.filled, found))
    if choices:
        return max(choices, key=_filled)
    if refusals:
        _raise(max(refusals, key=lambda refusal: refusal[:2])[2])
    return None


def _known(tried: Sequence[Candidate], wanted: Wanted) -> Choice | None:
    choices = [(candidate, found) for candidate in tried if (found := _remembered(candidate, wanted))]
    return max(choices, key=_filled, default=None)


def _remembered(candidate: Candidate, wanted: Wanted) -> Columns | None:
    cells = candidate.record.cells
    request = wanted.remembered.get(key(cells)) if wanted.remembered else None
    found = request and columns.requested(cells, request, columns.named(cells))
    return replace(found, reason=Reason.REMEMBERED) if isinstance(found, Columns) else None


def _named(tried: Sequence[Candidate]) -> Choice | None:
    """Choose the header of a known program, or else the one that fills the most cells."""
    choices = [(candidate, found) for candidate in tried if (found := columns.named(candidate.record.cells))]
    return max(choices, key=lambda choice: (choice[1].reason is Reason.LAYOUT, _filled(choice)), default=None)


def _filled(choice: Choice) -> int:
    return choice[0].filled


def _raise(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise CatalogueError(problems, len(problems))
