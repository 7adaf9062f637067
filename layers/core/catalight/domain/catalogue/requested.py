"""The header and the columns that a request names, and those that are remembered for a header."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

MAX_REMEMBERED = 100  # headers of one owner; then the one that was not used for the longest time is forgotten


@dataclass(frozen=True, slots=True)
class Request:
    """The columns that a request names, as in the header. None: Catalight chooses."""

    images: tuple[str, ...] | None = None
    serial: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a file's header before it is read.

    `columns` is what the request names, and `header_row` the line of the header (from 1). `remembered` has
    what earlier requests of the same owner named, by the `key` of their headers.
    """

    columns: Request | None = None
    header_row: int | None = None
    remembered: Mapping[str, Request] = field(default_factory=dict)


NOTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Remembered:
    """The columns that an owner's request named for a header, whose `key` is the id of this.

    `header` has the header's first names, shortened.
    """

    id: str
    columns: Request
    header: tuple[str, ...]
    chosen_at: datetime
    used_at: datetime


def to_document(request: Request) -> dict[str, Any]:
    """Return what the request names, as plain values."""
    return {name: value for name, value in asdict(request).items() if value is not None}


def from_document(document: Mapping[str, Any]) -> Request:
    """Read what `to_document` returned."""
    images = document.get("images")
    return Request(tuple(images) if images else None, document.get("serial"), document.get("name"))
