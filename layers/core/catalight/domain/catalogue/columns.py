"""Which columns of a catalogue hold the images, the serial number and the product name, and why."""

import re
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from operator import itemgetter

from catalight.domain.catalogue.column_names import indexes, numbered, plain
from catalight.domain.catalogue.column_words import PRODUCT_NAMES, SERIAL_NAMES, names_images
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.layouts import LAYOUTS
from catalight.domain.catalogue.requested import Request
from catalight.domain.catalogue.urls import holds_url
from catalight.domain.errors import Problem
from catalight.domain.texts import shown

MAX_ROWS_EXAMINED = 200
MAX_IMAGE_COLUMNS = 100
MOSTLY = 0.5  # of the filled cells that were examined
_PARENTHESES = re.compile(r"\([^()]*\)")
_IMAGE_URL = re.compile(r"\.(?:jpe?g|jfif|png|webp|avif|gif|tiff?|bmp)(?![a-z0-9])", re.IGNORECASE)


class Reason(StrEnum):
    """Why these columns were chosen."""

    CLASSIC = "classic"  # the header has the three columns that Catalight has always required
    REQUESTED = "requested"  # the request names them
    REMEMBERED = "remembered"  # an earlier request named them for the same header
    LAYOUT = "layout"  # the header is that of a known program
    NAMES = "names"  # the columns are named like images
    CONTENT = "content"  # the cells are mostly URLs of images


@dataclass(frozen=True, slots=True)
class Columns:
    """The indexes of the columns. `images` has at least one, in the order of the header.

    `program` is the one that a LAYOUT belongs to.
    """

    images: tuple[int, ...]
    serial: int | None
    name: int | None
    reason: Reason
    program: str | None = None

    @property
    def all_needed(self) -> bool:
        """Whether each row needs all three columns, as in the files that Catalight has always taken."""
        return self.reason is Reason.CLASSIC

    @property
    def last_required(self) -> int:
        """The highest index that a row needs: it may lack the further ones of several image columns."""
        if not self.all_needed:
            return min(self.images)
        return max(*self.images, self.serial or 0, self.name or 0)


def named(cells: Sequence[str]) -> Columns | None:
    """Choose by the header's names alone: a known layout, or else columns named like images."""
    names = _names(cells)
    with_numbers = {*names, *map(numbered, names)}
    matches, layout = max(((known.matches(with_numbers), known) for known in LAYOUTS), key=itemgetter(0))
    if matches:
        serial, name = _first(names, layout.serial), _first(names, layout.name)
        return Columns(layout.image_columns(names), serial, name, Reason.LAYOUT, layout.program)
    images = tuple(
        index
        for index, cell in enumerate(cells)
        if names_images(names[index]) or ("(" in cell and names_images(plain(_PARENTHESES.sub("", cell))))
    )
    return _with_identity(images, names, Reason.NAMES) if images else None


def product(cells: Sequence[str]) -> int | None:
    """Return the index of the column that names a product: that of its name, or else of its serial number."""
    columns = named(cells) or _with_identity((), _names(cells), Reason.NAMES)
    return columns.serial if columns.name is None else columns.name


def by_content(
    cells: Sequence[str], rows: Sequence[Sequence[str]], ignored: AbstractSet[int] = frozenset()
) -> Columns | None:
    """Choose the columns whose cells are mostly URLs of images, or None if there are none.

    If no URL ends like an image file, a single column of URLs counts. The `ignored` columns never do.
    """
    width = len(cells)
    examined = [row for row in islice(rows, MAX_ROWS_EXAMINED) if any(map(bare, row))]
    with_images = _columns_with(
        examined, width, lambda cell: holds_url(cell) and _IMAGE_URL.search(cell) is not None
    )
    images = tuple(index for index in with_images if index not in ignored)
    if not images:
        with_urls = [index for index in _columns_with(examined, width, holds_url) if index not in ignored]
        images = tuple(with_urls) if len(with_urls) == 1 else ()
    return _with_identity(images, _names(cells), Reason.CONTENT) if images else None


def requested(
    cells: Sequence[str], request: Request, chosen: Columns | None
) -> Columns | tuple[Problem, ...]:
    """Return the columns that a request names, and of those that it does not name, the `chosen` ones.

    Return the problems instead if the header lacks a column, or has several of its name.
    """
    found = {
        name: indexes(cells, name) for name in (*(request.images or ()), request.serial, request.name) if name
    }
    problems = [_missing(cells, name) for name, where in found.items() if not where]
    problems += [_ambiguous(name) for name in (request.serial, request.name) if name and len(found[name]) > 1]
    if problems:
        return tuple(problems)
    images = [index for name in request.images or () for index in found[name]]
    if not images and chosen is None:
        return (_no_images(cells),)
    names = _names(cells)
    identity = chosen or _with_identity(tuple(images), names, Reason.REQUESTED)
    return Columns(
        tuple(dict.fromkeys(images)) or identity.images,
        found[request.serial][0] if request.serial else identity.serial,
        found[request.name][0] if request.name else identity.name,
        Reason.REQUESTED,
    )


def _names(cells: Sequence[str]) -> list[str]:
    return [plain(cell) for cell in cells]


def _first(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the index of the first wanted name that is there."""
    places = {name: index for index, name in reversed(list(enumerate(names)))}
    return next((places[name] for name in map(plain, wanted) if name in places), None)


def _with_identity(images: tuple[int, ...], names: Sequence[str], reason: Reason) -> Columns:
    others = ["" if index in images else name for index, name in enumerate(names)]
    serial = _first(others, SERIAL_NAMES)
    name = _first(["" if index == serial else name for index, name in enumerate(others)], PRODUCT_NAMES)
    return Columns(images[:MAX_IMAGE_COLUMNS], serial, name, reason)


def _columns_with(rows: Sequence[Sequence[str]], width: int, holds: Callable[[str], bool]) -> tuple[int, ...]:
    filled, held = [0] * width, [0] * width
    for row in rows:
        for index, cell in enumerate(row[:width]):
            if cell:
                filled[index] += 1
                held[index] += holds(cell)
    return tuple(index for index in range(width) if held[index] > MOSTLY * filled[index])


def _missing(cells: Sequence[str], name: str) -> Problem:
    message = f'The header has no column "{shown(name)}", which the field columns names.'
    return Problem("missing_column", message, column=shown(name), found=shown(", ".join(cells)))


def _ambiguous(name: str) -> Problem:
    message = f'The header has more than one column "{shown(name)}". Rename all of them but one.'
    return Problem("duplicate_column", message, column=shown(name))


def _no_images(cells: Sequence[str]) -> Problem:
    message = (
        "No column is named like images, and none holds mostly URLs of images. Name the column of the image "
        'URLs in the field columns, for example {"images": ["Photo"]}.'
    )
    return Problem("missing_column", message, found=shown(", ".join(cells)))
