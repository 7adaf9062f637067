"""Accept forms in UTF-8 only: some of Python's codecs, such as punycode, need minutes for a megabyte."""

import logging

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.problems import content_type

ACCEPTED = (b"utf-8", b"utf8")

# Its warnings quote characters of forms, which must not be logged.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


class FormCharset:
    """ASGI middleware that answers 415 to a Content-Type with another charset."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the charset of the Content-Type header, which is parsed as the form parser does."""
        if scope["type"] == "http":
            _, options = parse_options_header(Headers(scope=scope).get("content-type"))
            charset = options.get(b"charset", ACCEPTED[0])
            if charset.lower() not in ACCEPTED:
                detail = f"Send the form in UTF-8, not in {charset[:40].decode('latin-1')!r}."
                await content_type(detail)(scope, receive, send)
                return
        await self._app(scope, receive, send)
