"""Reading what a later release may have stored or sent: it may have fields that this release does not know.

Both releases run while one takes over from the other, and the later one may be rolled back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any


def restored[T](kind: Callable[..., T], document: Mapping[str, Any], /, **read: Any) -> T:
    """Return an instance of a dataclass from its stored fields, with those of `read` in their place.

    Fields that the dataclass does not have are left out.
    """
    known = _names(kind)
    if not document.keys() <= known:
        document = {name: document[name] for name in document.keys() & known}
    return kind(**{**document, **read}) if read else kind(**document)


def restored_list[T](kind: Callable[..., T], values: Sequence[Any]) -> T:
    """Return an instance of a dataclass whose fields are stored as a list; later ones are left out."""
    return kind(*values[: len(_names(kind))])


@cache
def _names(kind: Any) -> frozenset[str]:
    return frozenset(field.name for field in fields(kind))
