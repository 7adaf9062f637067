"""The bucket of the local AWS below the API's own address, for callers on other machines.

Only this machine reaches the local AWS (it holds secrets, and checks no signatures), but links and upload
forms lead to it. This middleware lets them lead to the host that the request came to. It signs each link that
it hands out, and passes on only what it has signed.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Field, File, MultipartDecoder, NeedData

PREFIX = "/storage"
SIGNATURE = "storage-signature"
ASKED = ("range", "if-match", "if-none-match", "content-type", "content-length")
ANSWERED = ("content-type", "content-length", "content-disposition", "content-range", "etag", "accept-ranges")
HEAD_OF_FORM = 65_536  # bytes: a form's fields come before its file
WITH_LINKS = ("/download/", "/uploads")
FROM_STRANGERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
}


class Storage:
    """ASGI middleware that rewrites links to `endpoint_url`, and serves what they lead to."""

    def __init__(self, app: ASGIApp, endpoint_url: str) -> None:
        self._app = app
        self.routes = getattr(app, "routes", [])
        self._endpoint_url = endpoint_url
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
                    headers["location"] = self._signed(location, base)
                is_json = "json" in headers.get("content-type", "")
                if is_json and scope["path"].startswith(WITH_LINKS):
                    start = message
                    return
            if not start:
                await send(message)
                return
            content.extend(message.get("body", b""))
            if not message.get("more_body"):
                body = self._with_links(bytes(content), base)
                if body != content:
                    MutableHeaders(scope=start)["content-length"] = str(len(body))
                await send(start)
                await send({"type": "http.response.body", "body": body})

        return rewritten

    def _with_links(self, content: bytes, base: str) -> bytes:
        """Return JSON with its link to the storage signed. Other texts may be a caller's, and stay."""
        answer = json.loads(content) if content else None  # none of a HEAD
        if not isinstance(answer, dict):
            return content
        if isinstance(form := answer.get("upload"), dict) and "fields" in form:
            form["url"] = self._signed(form["url"], base, form["fields"]["key"])
        elif isinstance(link := answer.get("url"), str):
            answer["url"] = self._signed(link, base)
        else:
            return content
        return json.dumps(answer).encode()

    def _signed(self, link: str, base: str, key: str = "") -> str:
        """Return a link that leads to the storage by way of the API; with a key, it is that of its form."""
        if not link.startswith(f"{self._endpoint_url}/"):
            return link
        target = link.removeprefix(self._endpoint_url)
        sign = "&" if "?" in target else "?"
        return f"{base}{PREFIX}{target}{sign}{SIGNATURE}={self._signature(target, key)}"

    def _signature(self, target: str, key: str) -> str:
        return hmac.new(self._secret, f"{target} {key}".encode(), hashlib.sha256).hexdigest()

    async def _served(self, request: Request) -> Response:
        target = request.scope["raw_path"].decode().removeprefix(PREFIX)
        query, _, signature = request.url.query.rpartition(f"{SIGNATURE}=")
        target += f"?{query.rstrip('&')}" if query else ""
        if request.method not in ("GET", "HEAD", "POST"):
            return PlainTextResponse(
                "A link can be read, and a form sent.", 405, {"allow": "GET, HEAD, POST"}
            )
        is_form, head, key = request.method == "POST", b"", ""
        body: AsyncIterator[bytes] = request.stream()
        if is_form:
            head, key = await _key_of_form(body, request.headers.get("content-type", ""))
        # Compared as bytes: of texts, compare_digest takes only ASCII.
        is_own = hmac.compare_digest(self._signature(target, key).encode(), signature.encode())
        if not is_own or is_form is not bool(key):
            return PlainTextResponse("This link was not made by this system.", 403)
        headers = {name: value for name, value in request.headers.items() if name in ASKED}
        sent: dict[str, Any] = {"content": _all(head, body)} if is_form else {}
        url = f"{self._endpoint_url}{target}"
        asked = self._client.build_request(request.method, url, headers=headers, **sent)
        answer = await self._client.send(asked, stream=True)
        shown = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
        return StreamingResponse(streamed(answer), answer.status_code, shown | FROM_STRANGERS)


async def streamed(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the body of an answer as it comes, then close it."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


async def _key_of_form(body: AsyncIterator[bytes], content_type: str) -> tuple[bytes, str]:
    """Return what was read of a form, and the first `key` in it; "" if there is none before its file."""
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data":
        return b"", ""
    decoder, head, name, value = MultipartDecoder(options.get("boundary", "").encode()), b"", "", b""
    async for chunk in body:
        head += chunk
        try:
            decoder.receive_data(chunk)
            while not isinstance(event := decoder.next_event(), NeedData):
                if isinstance(event, File):
                    return head, ""
                if isinstance(event, Field):
                    name = event.name
                elif isinstance(event, Data) and name == "key":
                    value += event.data
                    if not event.more_data:
                        return head, value.decode("utf-8", "replace")
        except ValueError:
            break
        if len(head) > HEAD_OF_FORM:
            break
    return head, ""


async def _all(head: bytes, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in body:
        yield chunk
