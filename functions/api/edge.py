"""Middleware around the application: allowed hosts, cross-site requests, CORS, HEAD and security headers."""

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
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
ALLOWED_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key")
EXPOSED_HEADERS = ("Location", "Retry-After", "RateLimit", "RateLimit-Policy")
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    # Responses are for the caller only; those that anyone may cache set their own Cache-Control.
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
A_YEAR = "max-age=31536000"


def around(app: ASGIApp, env: Mapping[str, str]) -> ASGIApp:
    """Wrap `app` in the middleware, which also handles its error responses."""
    origins = _split(env.get("CORS_ORIGINS", ""))
    if not api_keys.keys_required(env) and "*" not in origins:
        app = SameSiteOnly(app, origins)
    app = Hosts(Head(app), _split(env.get("ALLOWED_HOSTS", "")))
    if origins:
        app = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=ALLOWED_HEADERS,
            expose_headers=EXPOSED_HEADERS,
        )
    return SecurityHeaders(app)


def _split(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(",") if entry.strip()]


class Hosts:
    """ASGI middleware that answers 400 if the Host header is invalid, or not in a non-empty `allowed`."""

    def __init__(self, app: ASGIApp, allowed: list[str]) -> None:
        self._app = app
        self._allowed = {name.lower() for name in allowed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check the host first, because links are built from it."""
        if scope["type"] == "http" and not self._knows(scope):
            detail = "The Host header is invalid, or not a host that this service answers to."
            await bad_request(detail)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        named = [HOST.fullmatch(host) for host in Headers(scope=scope).getlist("host")]
        if len(named) != 1 or not named[0] or scope["scheme"] not in ("http", "https"):
            return False
        return not self._allowed or named[0]["name"].lower() in self._allowed


class SameSiteOnly:
    """ASGI middleware that rejects requests from pages of other sites, except those of `origins`.

    A page of another site has no API key. Without keys, any page that a user visits could send requests on
    the user's behalf (CSRF); browsers mark such requests with Sec-Fetch-Site (W3C Fetch Metadata).
    """

    def __init__(self, app: ASGIApp, origins: list[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on requests with safe methods, and those that come from no page or from the API's own."""
        is_unsafe = scope["type"] == "http" and scope["method"] not in SAFE_METHODS
        if is_unsafe and self._is_cross_site(Headers(scope=scope)):
            await other_site()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_cross_site(self, headers: Headers) -> bool:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin in self._origins:
            return False
        if site is not None:
            return site not in ("none", "same-origin")
        # Older browsers send only Origin; clients that are not browsers send neither header.
        return origin is not None and origin.partition("://")[2] != headers.get("host")


class Head:
    """ASGI middleware that answers HEAD like GET, without the content (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass HEAD to the application as GET; routes that need the difference use `IsHead`."""
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
        methods = headers.get("allow", "").split(", ")
        if "GET" in methods and "HEAD" not in methods:
            headers["Allow"] = ", ".join(sorted([*methods, "HEAD"]))
    await send(message)


def _is_head(request: Request) -> bool:
    return HEAD in request.scope


IsHead = Annotated[bool, Depends(_is_head)]
"""Whether the request is a HEAD, for routes that redirect: a presigned URL is valid for one method."""


class SecurityHeaders:
    """ASGI middleware that adds security headers for browsers, unless a response sets its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add the headers to every response, errors included."""

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = A_YEAR
            await send(message)

        await self._app(scope, receive, secured)
