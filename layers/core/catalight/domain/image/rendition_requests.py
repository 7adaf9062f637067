"""Requests for renditions: read the form field `renditions`."""

import json
import re
from dataclasses import asdict, fields
from enum import StrEnum
from typing import Any

from catalight.domain.errors import OptionError
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.presets import PRESETS
from catalight.domain.image.rendition import AUTO, MAX_RENDITIONS, NAME, Fit, Rendition

FIELD = "renditions"
FORM = '[{"name": "large", "max_width": 2000}, {"preset": "thumbnail", "format": "webp"}, "amazon-main"]'
MAX_SHOWN_CHARACTERS = 80
_PRESET = "preset"
_DEFAULTS = {field.name: field.default for field in fields(Rendition)}
_CHOICES: dict[str, type[StrEnum]] = {"format": Target, "fit": Fit, "look": Look}
_TYPES: dict[str, type] = {"name": str, "background": str, "trim": bool}  # all others are numbers
_IN_WORDS = {str: "a text", bool: "true or false", int: "a whole number"}


def read_renditions(text: str) -> tuple[Rendition, ...]:
    """Read the field `renditions`; an empty text requests none. Raise OptionError if it is wrong.

    The error's field is a path such as `renditions.large.quality`; a rendition without a usable name has its
    number, from 1.
    """
    if not text.strip():
        return ()
    try:
        listed = json.loads(text, object_pairs_hook=_without_repetition)
    except (ValueError, RecursionError):
        raise _wrong(text, "it is not JSON, or names a key twice") from None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_RENDITIONS:
        raise _wrong(text, f"it is not a list of 1 to {MAX_RENDITIONS} renditions")
    renditions = tuple(_rendition(number, item) for number, item in enumerate(listed, 1))
    taken = set[str]()
    for number, rendition in enumerate(renditions, 1):
        if rendition.name.casefold() in taken:
            allowed = "a name that no other rendition has, whatever the case of its letters"
            raise OptionError(f"{FIELD}.{number}.name", rendition.name, allowed)
        taken.add(rendition.name.casefold())
    return renditions


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _rendition(number: int, item: object) -> Rendition:
    request = {_PRESET: item} if isinstance(item, str) else item
    if not isinstance(request, dict):
        raise OptionError(f"{FIELD}.{number}", _shown(item), "an object, or the name of a preset")
    name = request.get("name", request.get(_PRESET))
    label = name if isinstance(name, str) and re.fullmatch(NAME, name) else number
    try:
        return _requested(request)
    except OptionError as error:
        path = f"{FIELD}.{label}.{error.field}"
        raise OptionError(path.rstrip("."), _shown(error.found), error.allowed) from None


def _requested(request: dict[str, Any]) -> Rendition:
    """Return the rendition of an object. Raise OptionError with the name of its field."""
    values: dict[str, Any] = {}
    if _PRESET in request:
        name = request[_PRESET]
        if not isinstance(name, str) or name not in PRESETS:
            raise OptionError(_PRESET, _shown(name), ", ".join(PRESETS))
        rendition = PRESETS[name].rendition
        values = {
            **asdict(rendition),
            "format": rendition.format,
            "fit": rendition.fit,
            "look": rendition.look,
        }
    for field, value in request.items():
        if field == _PRESET:
            continue
        if field not in _DEFAULTS:
            raise OptionError("", field, ", ".join((_PRESET, *_DEFAULTS)))
        values[field] = _value(field, value)
    if not values.get("name"):
        raise OptionError("name", "", "1 to 40 letters, digits, - and _: each rendition has a name")
    return Rendition(**values)


def _value(field: str, value: object) -> object:
    """Return the value of a field; null means its default. Raise OptionError if it is of another type."""
    if value is None:
        return _DEFAULTS[field]
    if field in _CHOICES:
        known = {choice.value: choice for choice in _CHOICES[field]}
        if not isinstance(value, str) or value not in known:
            raise OptionError(field, _shown(value), ", ".join(known))
        return known[value]
    if field == "quality" and value == AUTO:
        return AUTO
    wanted = _TYPES.get(field, int)
    if type(value) is not wanted:
        raise OptionError(field, _shown(value), _IN_WORDS[wanted])
    return value


def _shown(value: object) -> str:
    """Return a value as a message may show it: shortened, and without what UTF-8 cannot hold."""
    text = value if isinstance(value, str) else json.dumps(value)
    text = text.encode(errors="ignore").decode()
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[: MAX_SHOWN_CHARACTERS - 1] + "…"


def _wrong(text: str, reason: str) -> OptionError:
    return OptionError(FIELD, _shown(text), f"a JSON list such as {FORM} (this one: {reason})")
