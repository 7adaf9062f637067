"""The page at `/`, whose files are in `page/`, with a policy that allows only what it needs."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from catalight.domain.job.advice import ADVICE
from functions.api.static_files import StaticFiles

HERE = Path(__file__).parent
INDEX, ADVICE_MODULE = "index.html", "advice.js"
ISOLATION = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
CLOSED = ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")

router = APIRouter(include_in_schema=False)


def _read() -> Mapping[str, bytes]:
    """Return the files of the page by name, and the module with the advice on each error code."""
    found = {path.name: path.read_bytes() for path in sorted((HERE / "page").iterdir())}
    found[ADVICE_MODULE] = f"export default {json.dumps(ADVICE, indent=1)};\n".encode()
    return found


FILES = StaticFiles(_read)


def bucket_hosts(env: Mapping[str, str]) -> str:
    """Return the addresses of the bucket, to which the API redirects.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    bucket, region = env.get("BUCKET", ""), env.get("AWS_REGION", "")
    local = env.get("AWS_ENDPOINT_URL", "")
    return local or f"https://{bucket}.s3.{region}.amazonaws.com https://{bucket}.s3.amazonaws.com"


def policy(env: Mapping[str, str]) -> str:
    """Return the policy of the page at `/`.

    Images come from any host, as the user's catalogue names them. Large files go to the bucket.
    """
    return "; ".join(
        (
            *CLOSED,
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' https: http: blob: data:",
            f"connect-src 'self' {bucket_hosts(env)}",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def welcome() -> HTMLResponse:
    """Return the page at `/`."""
    text = FILES.files[INDEX].decode().replace("VERSION", FILES.version)
    return HTMLResponse(text, headers={"Content-Security-Policy": policy(os.environ), **ISOLATION})


@router.get("/page/{version}/{name}")
def page_file(request: Request, version: str, name: str) -> Response:
    """Return a file of the page."""
    return FILES.answer(request, version, name)
