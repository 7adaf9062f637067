"""The API as uvicorn serves it on one machine: with a line in its log, and an id, for each request.

API_APP names the application (MODULE:NAME); with STORAGE_URL, links to that storage lead through the API, and
with LINK_HEADERS, image links are served as by CloudFront.
On AWS, API Gateway logs and gives the id (`apigw-requestid`).
"""

import json
import os
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.importer import import_from_string

from catalight.adapters.logging import hops, logs

HEADER = "X-Request-Id"
ID = hops.REQUEST_ID  # a job's id is called request_id
HIDDEN = "…"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_METHOD = re.compile(r"[A-Z]{1,10}")


class RequestLog:
    """ASGI middleware that gives each request an id, and logs its method, path, status and time.

    Of a path it logs the words of the application's routes and the ids of jobs. The rest may be a stranger's
    text, or the key of an image, which opens it. Neither addresses nor query strings are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._words = set(_words(app))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, begun, status = uuid4().hex, time.perf_counter(), 0
        trace = f"1-{int(time.time()):08x}-{uuid4().hex[:24]}"  # as X-Ray names traces
        logs.logger().thread_safe_append_keys(**{ID: request_id, hops.TRACE_ID: trace})

        async def identified(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message).setdefault(HEADER, request_id)
            await send(message)

        try:
            await self._app(scope, receive, identified)
        finally:
            method = scope["method"] if _METHOD.fullmatch(scope["method"]) else HIDDEN
            milliseconds = round((time.perf_counter() - begun) * 1000)
            request = {
                "method": method,
                "path": self._shown(scope["path"]),
                "status": status,
                "ms": milliseconds,
            }
            print(json.dumps({"request": request, ID: request_id}), flush=True)

    def _shown(self, path: str) -> str:
        words = path.split("/")[:6]
        return "/".join(word if word in self._words or _UUID.fullmatch(word) else HIDDEN for word in words)


def _words(routes_of: Any) -> Iterator[str]:
    """Yield the words of the paths of an application or a router, with those of the routers in it."""
    for route in getattr(routes_of, "routes", []):
        yield from getattr(route, "path", "").split("/")
        yield from _words(getattr(route, "original_router", None))  # FastAPI's, of an included router


def app() -> ASGIApp:
    """Return the application that API_APP names, with its log."""
    application: ASGIApp = import_from_string(os.environ["API_APP"])
    if endpoint_url := os.environ.get("STORAGE_URL"):
        from local.runner.storage import Storage

        application = Storage(application, endpoint_url)
    if headers := os.environ.get("LINK_HEADERS"):
        from local.runner.edge import Edge

        application = Edge(
            application, os.environ["AWS_ENDPOINT_URL"], os.environ["BUCKET"], json.loads(headers)
        )
    return RequestLog(application)
