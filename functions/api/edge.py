"""What stands around the application: the hosts that it answers to, HEAD, and what every answer carries."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalight.domain import api_keys
from functions.api.problems import bad_request, other_site

HOST = re.compile(r"(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
HEAD = "catalight.head"
METHODS = ("GET", "HEAD", "POST", "DELETE")
READING = ("GET", "HEAD", "OPTIONS")
SENT = ("Authorization", "Content-Type", "Idempotency-Key")
EXPOSED = ("Location", "Retry-After", "RateLimit", "RateLimit-Policy")
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # What answers say is for those who asked; what is for all says so itself.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
A_YEAR = "max-age=31536000"


def around(app: ASGIApp, env: Mapping[str, str]) -> ASGIApp:
    """`app` as the outside meets it, also where it fails."""
    origins = _listed(env.get("CORS_ORIGINS", ""))
    if not api_keys.asked_for(env) and "*" not in origins:
        app = OwnSite(app, origins)
    app = Hosts(Head(app), _listed(env.get("ALLOWED_HOSTS", "")))
    if origins:
        app = CORSMiddleware(
            app, allow_origins=origins, allow_methods=METHODS, allow_headers=SENT, expose_headers=EXPOSED
        )
    return SecurityHeaders(app)


def _listed(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


class Hosts:
    """ASGI middleware that answers 400 to hosts that cannot be, or that are not among `allowed` (if any)."""

    def __init__(self, app: ASGIApp, allowed: list[str]) -> None:
        self._app = app
        self._allowed = {name.lower() for name in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Links are made of the host that was asked, so it is looked at before all else."""
        if scope["type"] == "http" and not self._knows(scope):
            detail = "The Host header is not one that this service answers to."
            await bad_request(detail)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        named = [HOST.fullmatch(host) for host in Headers(scope=scope).getlist("host")]
        if len(named) != 1 or not named[0] or scope["scheme"] not in ("http", "https"):
            return False
        return not self._allowed or named[0]["name"].lower() in self._allowed


class OwnSite:
    """ASGI middleware that refuses what the pages of other sites send, but for those of `origins`.

    A key is something that no page has by itself. Without keys any page that somebody looks at could send
    catalogues in their place (CSRF); browsers tell by Sec-Fetch-Site (W3C Fetch Metadata).
    """

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let pass what only looks, and what comes from no page or from our own."""
        acts = scope["type"] == "http" and scope["method"] not in READING
        if acts and self._foreign(Headers(scope=scope)):
            await other_site()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _foreign(self, headers: Headers) -> bool:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin in self._origins:
            return False
        if site is not None:
            return site not in ("none", "same-origin")
        # Older browsers tell no more than the origin; what is no browser tells neither.
        return origin is not None and origin.partition("://")[2] != headers.get("host")


class Head:
    """ASGI middleware that answers HEAD as GET, but for the content (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell the application of a GET; `IsHead` tells the routes to which it matters."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._app({**scope, "method": "GET", HEAD: True}, receive, partial(_without_content, send))
        else:
            await self._app(scope, receive, partial(_head_allowed, send))


async def _without_content(send: Send, message: Message) -> None:
    await send({**message, "body": b""} if message["type"] == "http.response.body" else message)


async def _head_allowed(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        headers = MutableHeaders(scope=message)
        if headers.get("allow") == "GET":
            headers["Allow"] = "GET, HEAD"
    await send(message)


def _is_head(request: Request) -> bool:
    return HEAD in request.scope


IsHead = Annotated[bool, Depends(_is_head)]
"""Whether a route was asked by HEAD, for those that send the client on: a presigned URL is for one method."""


class SecurityHeaders:
    """ASGI middleware that adds what makes answers safe in a browser, where they do not say it themselves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to whatever is answered, errors too."""

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = A_YEAR
            await send(message)

        await self._app(scope, receive, secured)
