"""Limit request bodies to what API Gateway and Lambda allow, also if neither is in front of the API."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalight.domain.errors import UploadTooLargeError
from functions.api.problem_answers import upload_too_large

# Lambda accepts events of 6 MiB, base64 turns 3 bytes into 4, and the headers need some space:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BODY = 4_500_000


class BodyLimit:
    """ASGI middleware that answers 413 to bodies of more than `limit` bytes."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body up to the limit, then pass it to the application."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        size = int(declared[:20]) if declared.isdigit() else 0
        body = bytearray()
        more = size <= self._limit
        while more and len(body) <= self._limit:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # a form that broke off would parse like a complete one with fewer fields
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if max(size, len(body)) > self._limit:
            error = UploadTooLargeError(max(size, len(body)), self._limit)
            await upload_too_large(error)(scope, receive, send)
            return
        await self._app(scope, replay(bytes(body), receive), send)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read already."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
