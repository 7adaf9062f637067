"""The HTTP API: each route translates a request into one use case call and the result into a response."""

import os
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp

from catalight.domain import api_keys
from catalight.domain.errors import ImageNotFoundError
from catalight.domain.job.job import ENDED
from functions.api import (
    big_uploads,
    columns,
    docs,
    downloads,
    edge,
    jobs,
    keeping,
    pages,
    previews,
    problems,
    uploads,
)
from functions.api.body_limit import BodyLimit
from functions.api.callers import Own
from functions.api.documented import (
    EVERYWHERE,
    HEADERS_ONLY,
    corrected,
    documented_header,
    documented_problems,
    without_authentication,
)
from functions.api.edge import IsHead
from functions.api.fields import ONLY_KNOWN, ONLY_KNOWN_OF_ALL
from functions.api.form_charset import FormCharset
from functions.api.json_form import JsonForm
from functions.api.models import Health, Status, Welcome
from functions.api.services import Built, ImageLinks

DESCRIPTION = """
Send the CSV or Excel file of your supplier or shop. Catalight downloads and compresses every image in the
background and returns the table with the new URLs added.

    curl -X POST {this URL}/upload -F file=@products.csv
    curl -X POST '{this URL}/upload?dry_run=true' -F file=@products.csv    (what would become of it)
"""

UPLOADS, JOBS, RESULTS, PREVIEWS, SERVICE = "Send a file", "Jobs", "Results", "Previews", "Service"
GROUPS = (UPLOADS, JOBS, RESULTS, PREVIEWS, SERVICE, HEADERS_ONLY)  # in /docs, in this order

SMALL = 200  # images; the job ends within seconds, if its hosts are quick


class Api(FastAPI):
    """FastAPI inside the middleware of `edge`, which also sees the responses to unexpected errors."""

    def build_middleware_stack(self) -> ASGIApp:
        return edge.around(super().build_middleware_stack(), os.environ)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = corrected(super().openapi())
            if not api_keys.keys_required(os.environ):
                without_authentication(self.openapi_schema)
        return self.openapi_schema


app = Api(
    title="Catalight",
    version="1",
    description=DESCRIPTION,
    openapi_tags=[{"name": name} for name in GROUPS],
    docs_url=None,
    redoc_url=None,
    responses=EVERYWHERE,
    generate_unique_id_function=lambda route: route.name,
    form_limits={"max_files": 10, "max_fields": 60, "max_part_size": 16_384},
)
app.add_middleware(JsonForm, paths=("/uploads",))
app.add_middleware(FormCharset)
app.add_middleware(BodyLimit)
app.include_router(uploads.router, tags=[UPLOADS])
app.include_router(big_uploads.router, tags=[UPLOADS])
app.include_router(columns.router, tags=[UPLOADS])
app.include_router(jobs.router, tags=[JOBS])
app.include_router(keeping.router, tags=[JOBS])
app.include_router(downloads.router, tags=[RESULTS])
app.include_router(pages.router)
app.include_router(docs.router)
app.include_router(previews.router, tags=[PREVIEWS])
problems.install(app)


@app.get("/", tags=[SERVICE], response_model=Welcome, responses={200: {"content": {"text/html": {}}}})
def welcome(request: Request, response: Response) -> Response | Welcome:
    """Return what this service does and where its documentation is; a browser gets a page to try it."""
    if "text/html" in request.headers.get("accept", ""):
        page = pages.welcome()
        page.headers["Vary"] = "Accept"
        return page
    response.headers["Vary"] = "Accept"
    return Welcome(
        message="Catalight compresses the images in a product catalogue. POST a CSV to /upload.", docs="/docs"
    )


OF_A_JOB = documented_problems(401, 404, 410) | {
    200: documented_header("Retry-After", "Seconds to wait before the next request, while the job runs")
}


@app.get("/jobs/{request_id}", tags=[JOBS], responses=OF_A_JOB, dependencies=[ONLY_KNOWN])
def job(job: Own, response: Response) -> Status:
    """Return a job, as lists of jobs have it; the same as its status."""
    return status(job, response)


@app.get("/status/{request_id}", tags=[JOBS], responses=OF_A_JOB, dependencies=[ONLY_KNOWN])
def status(job: Own, response: Response) -> Status:
    """Return the state and progress of a job."""
    if job.state not in ENDED:
        response.headers["Retry-After"] = "1" if job.images <= SMALL else "2"
    return Status.of(job)


@app.get(
    "/images/{token}/{name}",
    tags=[RESULTS],
    status_code=307,
    response_class=RedirectResponse,
    responses=documented_problems(ImageNotFoundError) | {307: {"description": "To the image"}},
)
def image(token: str, name: str, link_image: ImageLinks, head: IsHead) -> RedirectResponse:
    """Redirect to one output image; the link works as long as the image is kept."""
    url = link_image(token, name, head=head)
    # A presigned URL is for one method, so a cache must not serve the response to a HEAD for a GET.
    return RedirectResponse(url, 307, headers={} if head else {"Cache-Control": "max-age=600"})


@app.get("/healthz", tags=[SERVICE], responses=documented_problems(), dependencies=[ONLY_KNOWN_OF_ALL])
def healthz(built: Built) -> Health:
    """Check that the service is up and reaches its database."""
    built.ping()
    return Health(status="ok")


@app.get("/docs", name="docs", include_in_schema=False)
def documentation() -> Response:
    """Return the interactive documentation of the API."""
    return docs.page()
