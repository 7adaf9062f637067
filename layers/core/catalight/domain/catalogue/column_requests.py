"""Requests for columns: read the form field `columns`, and say what to remember of one."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from catalight.domain.catalogue.column_names import MAX_NAME_CHARACTERS
from catalight.domain.catalogue.columns import MAX_IMAGE_COLUMNS
from catalight.domain.catalogue.header_choice import key
from catalight.domain.catalogue.invisible import bare
from catalight.domain.catalogue.requested import Remembered, Request, from_document
from catalight.domain.errors import OptionError
from catalight.domain.texts import shown

FIELD = "columns"
FORM = '{"images": ["Image 1", "Image 2"], "serial": "SKU", "name": "Title"}'
MAX_HEADER_SHOWN = 10  # names
_KEYS = frozenset(("images", "serial", "name"))


def remember(cells: Sequence[str], columns: Request, now: datetime) -> Remembered:
    """Return what to remember of a request for these columns of a header."""
    return Remembered(key(cells), columns, tuple(map(shown, cells[:MAX_HEADER_SHOWN])), now, now)


def read_request(text: str) -> Request | None:
    """Read the field `columns`; an empty text requests nothing. Raise OptionError if it is wrong."""
    if not bare(text):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        raise _wrong(text, "it is not JSON, or names a key twice") from None
    if reason := _fault(value):
        raise _wrong(text, reason)
    return from_document(value)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _fault(value: object) -> str | None:
    """Return why a value is no request, as the end of a sentence."""
    if not isinstance(value, dict) or not value:
        return "it is not an object that names a column"
    if unknown := value.keys() - _KEYS:
        return f'"{shown(_printable(min(unknown)))}" is not one of images, serial and name'
    names = value.get("images", [""])
    if not isinstance(names, list) or not names:
        return "images is not a list of names"
    if len(names) > MAX_IMAGE_COLUMNS:
        return f"images has {len(names):,} names; at most {MAX_IMAGE_COLUMNS} are allowed"
    named = [*value.get("images", ()), *(value[name] for name in ("serial", "name") if name in value)]
    return (
        None
        if all(map(_is_name, named))
        else f"a name is not a text of 1 to {MAX_NAME_CHARACTERS} characters"
    )


def _is_name(name: object) -> bool:
    return (
        isinstance(name, str)
        and len(name) <= MAX_NAME_CHARACTERS
        and bare(name) != ""
        and _printable(name) == name
    )


def _printable(text: str) -> str:
    """Return `text` without surrogates, which JSON can escape and UTF-8 cannot hold."""
    return text.encode(errors="ignore").decode()


def _wrong(text: str, reason: str) -> OptionError:
    return OptionError(FIELD, shown(text), f"a JSON object such as {FORM} (this one: {reason})")
