"""Accept a JSON object in the place of a form that has no file: each member is a field."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.body_limit import replay
from functions.api.problem_answers import problem

MAX_BYTES = 65_536
MAX_FIELDS = 60
MAX_FIELD_BYTES = 16_384


class JsonForm:
    """ASGI middleware that passes JSON objects on as URL-encoded forms, which are then checked as any other.

    It is inside BodyLimit, which has read the body and limited its size.
    """

    def __init__(self, app: ASGIApp, paths: Sequence[str]) -> None:
        self._app = app
        self._paths = frozenset(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Turn the body into a form if it is JSON; answer 422 if it cannot be turned."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] in self._paths:
            kind, _ = parse_options_header(Headers(scope=scope).get("content-type"))
            if kind == b"application/json":
                try:
                    form = urlencode(list(_fields(await Request(scope, receive).body()))).encode("ascii")
                except (ValueError, RecursionError) as error:
                    detail = (
                        "The JSON is nested too deep." if isinstance(error, RecursionError) else str(error)
                    )
                    errors = [{"field": "body", "message": detail}]
                    answer = problem(422, "invalid-request", "Invalid request", detail, errors=errors)
                    await answer(scope, receive, send)
                    return
                scope = dict(scope, headers=list(scope["headers"]))
                headers = MutableHeaders(scope=scope)
                headers["content-type"] = "application/x-www-form-urlencoded"
                headers["content-length"] = str(len(form))
                receive = replay(form, receive)
        await self._app(scope, receive, send)


def _fields(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the names and values of an object. Raise ValueError with what is wrong with it."""
    if len(body) > MAX_BYTES:
        raise ValueError(f"The body has more than {MAX_BYTES} bytes.")
    try:
        pairs = json.loads(body, object_pairs_hook=_Pairs)
    except ValueError:
        raise ValueError("The body is not JSON in UTF-8.") from None
    if not isinstance(pairs, _Pairs):
        raise ValueError("The body must be a JSON object, with a member for each field.")  # noqa: TRY004
    if len(pairs) > MAX_FIELDS:
        raise ValueError(f"The object has more than {MAX_FIELDS} members.")
    for name, value in pairs:
        if value is None:
            continue
        text = _text(value)
        try:
            size = len(name.encode()) + len(text.encode())
        except UnicodeEncodeError:
            raise ValueError("The object contains half a surrogate pair.") from None
        if size > MAX_FIELD_BYTES:
            raise ValueError(f"A member of the object has more than {MAX_FIELD_BYTES} bytes.")
        yield name, text


class _Pairs(list[tuple[str, Any]]):
    """An object as its pairs: a name that stands in it twice is refused later, as in a form."""


def _text(value: Any) -> str:
    """Return the value of the form's field. Lists and objects are JSON there too, as in `columns`."""
    return value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, _Pairs):
        return {name: _plain(inner) for name, inner in value}
    return list(map(_plain, value)) if isinstance(value, list) else value
