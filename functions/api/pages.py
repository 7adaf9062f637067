"""The pages for browsers, each with a Content-Security-Policy that allows only what the page needs.

Code and styles of the page at `/` are the files in `page/`. Their addresses hold a digest of all of them, so
that browsers keep them until the next deployment, and never mix two.
"""

import json
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from catalight.domain.job.advice import ADVICE

HERE = Path(__file__).parent
TYPES = {".css": "text/css", ".csv": "text/csv", ".js": "text/javascript"}
INDEX, ADVICE_MODULE = "index.html", "advice.js"
ISOLATION = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
CLOSED = ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")

router = APIRouter(include_in_schema=False)


@cache
def files() -> Mapping[str, bytes]:
    """Return the files of the page by name, and the module with the advice on each error code."""
    found = {path.name: path.read_bytes() for path in sorted((HERE / "page").iterdir())}
    found[ADVICE_MODULE] = f"export default {json.dumps(ADVICE, indent=1)};\n".encode()
    return found


@cache
def version() -> str:
    """Return a digest of all files of the page."""
    digest = sha256()
    for name, data in files().items():
        digest.update(name.encode() + b"\0" + data + b"\0")
    return digest.hexdigest()[:16]


def policy(env: Mapping[str, str]) -> str:
    """Return the policy of the page at `/`.

    Images come from any host, as the user's catalogue names them. Large files go to the bucket's own address:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    bucket, region = env.get("BUCKET", ""), env.get("AWS_REGION", "")
    local = env.get("AWS_ENDPOINT_URL", "")
    hosts = local or f"https://{bucket}.s3.{region}.amazonaws.com https://{bucket}.s3.amazonaws.com"
    return "; ".join(
        (
            *CLOSED,
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' https: http: blob: data:",
            f"connect-src 'self' {hosts}",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def welcome() -> HTMLResponse:
    """Return the page at `/`."""
    text = files()[INDEX].decode().replace("VERSION", version())
    return HTMLResponse(text, headers={"Content-Security-Policy": policy(os.environ), **ISOLATION})


@router.get("/page/{given}/{name}")
def page_file(given: str, name: str) -> Response:
    """Return a file of the page; browsers keep it for a year if it is of this version."""
    data = files().get(name)
    kind = TYPES.get(Path(name).suffix)
    if data is None or kind is None:
        raise HTTPException(404)
    kept = "public, max-age=31536000, immutable" if given == version() else "no-store"
    return Response(data, media_type=f"{kind}; charset=utf-8", headers={"Cache-Control": kept})


class Docs:
    """The API's documentation, with a third-party script that is pinned by its hash."""

    def __init__(self) -> None:
        """Read the page; its policy is computed from its text, so that it always matches."""
        self.text = (HERE / "docs.html").read_text(encoding="utf-8")
        self.policy = "; ".join(
            (
                *CLOSED,
                f"script-src {self._inline()} {self._loaded('script', 'src')}",
                # Swagger UI sets styles at run time.
                f"style-src 'unsafe-inline' {self._loaded('link rel="stylesheet"', 'href')}",
                "connect-src 'self'",
                "img-src data:",
            )
        )

    def answer(self) -> HTMLResponse:
        """Return the page with its headers."""
        return HTMLResponse(self.text, headers={"Content-Security-Policy": self.policy, **ISOLATION})

    def _inline(self) -> str:
        """Return the hashes of the scripts that the page contains."""
        found = re.findall(r"<script>(.*?)</script>", self.text, re.DOTALL)
        return " ".join(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in found)

    def _loaded(self, tag: str, attribute: str) -> str:
        """Return the URLs that these tags load, each of which the file pins with an integrity hash."""
        return " ".join(re.findall(rf'<{tag} {attribute}="([^"]+)"\s+integrity="sha384-', self.text))


DOCS = Docs()
