"""What CloudFront does with the image links of a deployment that has a LinkDomain, but without its cache.

It serves them from the bucket: the API and its functions have no part in that.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from local.runner import aws
from local.runner.storage import ANSWERED, streamed

PATH = "/images/"
METHODS = {"GET": "get_object", "HEAD": "head_object"}
ASKED = ("range", "if-match", "if-none-match", "if-modified-since")
LINK_SECONDS = 60


class Edge:
    """ASGI middleware that answers requests for images; `headers` is a ResponseHeadersPolicyConfig."""

    def __init__(self, app: ASGIApp, endpoint_url: str, bucket: str, headers: Mapping[str, Any]) -> None:
        self._app = app
        self.routes = getattr(app, "routes", [])
        self._s3 = aws.client("s3", endpoint_url)
        self._bucket = bucket
        self._headers = headers
        self._client = httpx.AsyncClient(timeout=60, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an image, or pass the request on."""
        if scope["type"] == "http" and scope["path"].startswith(PATH):
            await (await self._served(Request(scope, receive)))(scope, receive, send)
            return
        await self._app(scope, receive, send)
        if scope["type"] != "http":  # a lifespan, which ends with the server
            await self._client.aclose()

    async def _served(self, request: Request) -> Response:
        """Return the object whose key is the path, whatever the query, with the headers of the policy."""
        added = dict(added_headers(self._headers, request.headers.get("origin")))
        if request.method not in METHODS:
            return PlainTextResponse("This distribution allows only GET and HEAD.", 403, added)
        url = self._s3.generate_presigned_url(
            METHODS[request.method],
            Params={"Bucket": self._bucket, "Key": request.scope["path"].removeprefix("/")},
            ExpiresIn=LINK_SECONDS,
        )
        asked = {name: request.headers[name] for name in ASKED if name in request.headers}
        answer = await self._client.send(
            self._client.build_request(request.method, url, headers=asked), stream=True
        )
        if answer.status_code == 404:
            await answer.aclose()
            return PlainTextResponse("AccessDenied", 403, added)  # S3's, because it may not list the bucket
        kept = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
        return StreamingResponse(streamed(answer), answer.status_code, kept | added)


def added_headers(policy: Mapping[str, Any], origin: str | None) -> Iterator[tuple[str, str]]:
    """Yield the headers that CloudFront adds to an answer, for a page of `origin` if the request has one."""
    for item in policy["CustomHeadersConfig"]["Items"]:
        yield item["Header"], item["Value"]
    security, cors = policy["SecurityHeadersConfig"], policy["CorsConfig"]
    if "ContentTypeOptions" in security:
        yield "X-Content-Type-Options", "nosniff"
    seconds = security["StrictTransportSecurity"]["AccessControlMaxAgeSec"]
    yield "Strict-Transport-Security", f"max-age={seconds}"
    origins = cors["AccessControlAllowOrigins"]["Items"]
    if origin and ("*" in origins or origin in origins):
        yield "Access-Control-Allow-Origin", "*" if "*" in origins else origin
        yield "Access-Control-Expose-Headers", ",".join(cors["AccessControlExposeHeaders"]["Items"])
