"""Refuse form fields and query parameters that do not exist: what is misspelt would be ignored silently."""

from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError

from catalight.domain.texts import MAX_SHOWN_CHARACTERS, shown
from functions.api.callers import Calling
from functions.api.problems import UNKNOWN_FIELD

MAX_REPORTED = 10
LISTS = frozenset({"state"})  # query parameters that may be sent several times


async def _refuse_unknown(request: Request) -> None:
    """Raise RequestValidationError if the route lacks a field that was sent, or one was sent twice."""
    known = dict(_known(request.scope["route"].dependant))
    sent = [(name, "query parameter") for name in request.query_params]
    repeated = [
        ("query parameter", name)
        for name in request.query_params
        if name not in LISTS and len(request.query_params.getlist(name)) > 1
    ]
    if "form field" in known.values():
        form = await request.form()  # parsed before
        sent += [(name, "form field") for name in form]
        repeated += [("form field", name) for name in form if len(form.getlist(name)) > 1]
    unknown = [(name, place) for name, place in sent if known.get(name) != place]
    errors = [(place, name, _message(name, place, known)) for name, place in unknown[:MAX_REPORTED]]
    errors += [(place, name, "The field was sent more than once; send it once") for place, name in repeated]
    if errors:
        raise RequestValidationError(
            [
                {"type": UNKNOWN_FIELD, "loc": (place, shown(name)), "msg": message}
                for place, name, message in errors[:MAX_REPORTED]
            ]
        )


def _known(route: Dependant) -> Iterator[tuple[str, str]]:
    """Yield the names of a route and its dependencies, and their places."""
    for place, fields in (
        ("form field", route.body_params),
        ("query parameter", route.query_params),
        ("header", route.header_params),
    ):
        yield from ((field.alias, place) for field in fields)
    for dependency in route.dependencies:
        yield from _known(dependency)


async def _refuse_unknown_of_callers(request: Request, _: Calling) -> None:
    """Do the same, but refuse a caller who lacks a required key before."""
    await _refuse_unknown(request)


ONLY_KNOWN = Depends(_refuse_unknown_of_callers)
"""A dependency of all routes that need a key, if the deployment requires keys."""

ONLY_KNOWN_OF_ALL = Depends(_refuse_unknown)
"""The same for routes that need none.

Pages and image links take what others append to links, such as `?utm_source=` and `?v=2`.
"""


def _message(name: str, place: str, known: Mapping[str, str]) -> str:
    plain = _plain(name[:MAX_SHOWN_CHARACTERS])
    if not known:
        return f"There is no such {place}; this path takes none"
    nearest = max(known, key=lambda other: SequenceMatcher(None, plain, _plain(other)).ratio())
    names = ", ".join(known)
    return f"There is no such {place}; the nearest is the {known[nearest]} {nearest} (known: {names})"


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")
