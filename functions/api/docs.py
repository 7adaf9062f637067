"""The documentation of the API at `/docs`: Swagger UI, of which nothing is loaded from elsewhere.

The package `fastapi-swagger` is installed for its files alone, which are those of npm's `swagger-ui-dist`. It
is not imported, because every cold start would take longer.
"""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from functions.api.pages import CLOSED, ISOLATION, bucket_hosts
from functions.api.static_files import StaticFiles

HERE = Path(__file__).parent / "swagger_page"
PACKAGE = "fastapi_swagger"
SWAGGER_UI = ("swagger-ui-bundle.js", "swagger-ui.css")
INDEX = "index.html"

router = APIRouter(include_in_schema=False)


def _read() -> Mapping[str, bytes]:
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(PACKAGE)
    resources = Path(found.origin).parent / "resources"
    paths = [*(resources / name for name in SWAGGER_UI), *sorted(HERE.iterdir())]
    return {path.name: path.read_bytes() for path in paths}


FILES = StaticFiles(_read)


def policy(env: Mapping[str, str]) -> str:
    """Return the policy of the page. Downloads that are tried out lead to the bucket."""
    return "; ".join(
        (
            *CLOSED,
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' blob: data:",
            f"connect-src 'self' {bucket_hosts(env)}",
        )
    )


def page() -> HTMLResponse:
    """Return the page at `/docs`."""
    text = FILES.files[INDEX].decode().replace("VERSION", FILES.version)
    return HTMLResponse(text, headers={"Content-Security-Policy": policy(os.environ), **ISOLATION})


@router.get("/docs/{version}/{name}")
def docs_file(request: Request, version: str, name: str) -> Response:
    """Return a file of the page."""
    return FILES.answer(request, version, name)
