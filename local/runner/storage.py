"""The bucket of the local AWS below the API's own address, for callers on other machines.

Only this machine reaches the local AWS (it holds secrets, and checks no signatures), but links and upload
forms lead to it. This middleware lets them lead to the host that the request came to. It signs each link that
it hands out, and passes on only what it has signed.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/storage"
SIGNATURE = "storage-signature"
ASKED = ("range", "if-match", "if-none-match", "content-type", "content-length")
ANSWERED = ("content-type", "content-length", "content-disposition", "content-range", "etag", "accept-ranges")
HEAD_OF_FORM = 65_536  # bytes: a form's fields come before its file
WITH_LINKS = ("/download/", "/uploads")  # the other answers have no such links, but texts of callers
_KEY_IN_JSON = re.compile(r'"key": ?"(uploads/[0-9a-f-]+)"')
_KEY_IN_FORM = re.compile(rb'name="key"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n')


class Storage:
    """ASGI middleware that rewrites links to `endpoint_url`, and serves what they lead to."""

    def __init__(self, app: ASGIApp, endpoint_url: str) -> None:
        self._app = app
        self.routes = getattr(app, "routes", [])
        self._endpoint_url = endpoint_url
        self._links = re.compile(re.escape(endpoint_url) + r'(/[^"\\\s]*)')
        self._secret = secrets.token_bytes(32)
        self._client = httpx.AsyncClient(timeout=60, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a signed link, or pass the request on and rewrite the links of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)  # a lifespan, which ends with the server
            await self._client.aclose()
        elif scope["path"].startswith(f"{PREFIX}/"):
            await (await self._served(Request(scope, receive)))(scope, receive, send)
        else:
            await self._app(scope, receive, self._rewriting(scope, send))

    def _rewriting(self, scope: Scope, send: Send) -> Send:
        """Return a `send` that rewrites the header Location, and the JSON of answers with links."""
        base = str(Request(scope).base_url).rstrip("/")
        start: Message = {}
        content = bytearray()

        async def rewritten(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if location := headers.get("location"):
                    headers["location"] = self._with_links(location, base)
                is_json = "json" in headers.get("content-type", "")
                if is_json and scope["path"].startswith(WITH_LINKS):
                    start = message
                    return
            if not start:
                await send(message)
                return
            content.extend(message.get("body", b""))
            if not message.get("more_body"):
                body = self._with_links(content.decode(), base).encode()
                if body != content:
                    MutableHeaders(scope=start)["content-length"] = str(len(body))
                await send(start)
                await send({"type": "http.response.body", "body": body})

        return rewritten

    def _with_links(self, text: str, base: str) -> str:
        """Return a text with its links to the storage rewritten and signed; a form's link is for its key."""
        found = _KEY_IN_JSON.search(text)

        def rewritten(link: re.Match[str]) -> str:
            target = link[1]
            key = "" if "?" in target or not found else found[1]
            sign = "&" if "?" in target else "?"
            return f"{base}{PREFIX}{target}{sign}{SIGNATURE}={self._signature(target, key)}"

        return self._links.sub(rewritten, text)

    def _signature(self, target: str, key: str) -> str:
        return hmac.new(self._secret, f"{target} {key}".encode(), hashlib.sha256).hexdigest()

    async def _served(self, request: Request) -> Response:
        target = request.scope["raw_path"].decode().removeprefix(PREFIX)
        query, _, signature = request.url.query.rpartition(f"{SIGNATURE}=")
        target += f"?{query.rstrip('&')}" if query else ""
        body: AsyncIterator[bytes] = request.stream()
        key = ""
        if request.method == "POST":
            head = await _head(body)
            if found := _KEY_IN_FORM.search(head):
                key = found[1].decode("utf-8", "replace")
            body = _all(head, body)
        if not hmac.compare_digest(self._signature(target, key), signature):
            return PlainTextResponse("This link was not made by this system.", 403)
        headers = {name: value for name, value in request.headers.items() if name in ASKED}
        sent: dict[str, Any] = {"content": body} if request.method == "POST" else {}
        url = f"{self._endpoint_url}{target}"
        asked = self._client.build_request(request.method, url, headers=headers, **sent)
        answer = await self._client.send(asked, stream=True)
        shown = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
        return StreamingResponse(streamed(answer), answer.status_code, shown)


async def streamed(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body of an answer as it comes, then close it."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


async def _head(body: AsyncIterator[bytes]) -> bytes:
    """Return the beginning of a form: all its fields, or at most HEAD_OF_FORM bytes and a chunk."""
    head = b""
    async for chunk in body:
        head += chunk
        if b'name="file"' in head or len(head) > HEAD_OF_FORM:
            break
    return head


async def _all(head: bytes, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in body:
        yield chunk
