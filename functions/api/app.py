"""The HTTP API: each route translates a request into one use case call and the result into a response."""

import os
from typing import Annotated, Any

from fastapi import FastAPI, File, Form, Header, Request, Response, UploadFile
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp

from catalight.domain import api_keys
from catalight.domain.catalogue import catalogue, urls
from catalight.domain.errors import OptionError
from catalight.domain.image.options import COLOUR, MAX_SIDE, WHITE, Options, Target
from catalight.domain.job import request_headers, webhook
from catalight.domain.job.job import ENDED
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.jobs.submit import Submission
from functions.api import edge, jobs, pages, problems, rate_limits
from functions.api.body_limit import BodyLimit
from functions.api.callers import Calling, Own
from functions.api.documented import (
    EVERYWHERE,
    corrected,
    documented_header,
    documented_links,
    documented_part,
    documented_problems,
    without_authentication,
)
from functions.api.edge import IsHead
from functions.api.fields import ONLY_KNOWN
from functions.api.form_charset import FormCharset
from functions.api.models import Accepted, Download, Health, Links, Note, Status, Welcome, shown
from functions.api.services import Built, ImageLinks

DESCRIPTION = """
Send a CSV with the columns `Serial Number`, `Product Name` and `Input Image Urls`; Catalight downloads and
compresses every image in the background and returns the CSV with the new URLs added.

    curl -X POST {this address}/upload -F file=@products.csv
"""

RUNNING_RETRY_AFTER = "2"
MAX_FILE_NAME = 200  # characters; the name becomes part of a presigned URL
MAX_KEY = 255
URL_SCHEMA: dict[str, Any] = {"format": "uri", "maxLength": urls.MAX_URL_CHARACTERS}
WEBHOOK = "URL to call when the job has ended: http or https, without a password"
FORMAT = "`keep`: the format of each source (BMP and TIFF become PNG); `auto`: the one with the smallest file"
BACKGROUND = "Colour behind the transparent parts of an image that becomes a JPEG; empty: white"
USER_AGENT = "Sent before Catalight's own User-Agent when images are downloaded, for hosts that refuse others"
REFERER = f"URL sent as Referer when images are downloaded; `{request_headers.ORIGIN}`: the image's own host"
KEY = "Any text, new for each submission; a submission sent again with the same key is accepted only once"


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
    docs_url=None,
    redoc_url=None,
    responses=EVERYWHERE,
    generate_unique_id_function=lambda route: route.name,
    form_limits={"max_files": 10, "max_fields": 60, "max_part_size": 16_384},
)
app.add_middleware(FormCharset)
app.add_middleware(BodyLimit)
app.include_router(jobs.router)
problems.install(app)


@app.get("/", response_model=Welcome, responses={200: {"content": {"text/html": {}}}})
def welcome(request: Request, response: Response) -> Response | Welcome:
    """Return what this service does and where its documentation is; a browser gets a page to try it."""
    if "text/html" in request.headers.get("accept", ""):
        page = pages.WELCOME.answer()
        page.headers["Vary"] = "Accept"
        return page
    response.headers["Vary"] = "Accept"
    return Welcome(
        message="Catalight compresses the images in a product catalogue. POST a CSV to /upload.", docs="/docs"
    )


@app.post(
    "/upload",
    status_code=202,
    responses=documented_problems(401, 410, 413, 415, 429)
    | {202: documented_header("Location", "Path of the job's status") | documented_links()},
    openapi_extra=documented_part("file", "text/csv"),
    dependencies=[ONLY_KNOWN],
)
def upload(
    request: Request,
    response: Response,
    calling: Calling,
    built: Built,
    file: Annotated[UploadFile, File(description="The catalogue: CSV, at most 4.5 MB")],
    webhook_url: Annotated[str | None, Form(description=WEBHOOK, json_schema_extra=URL_SCHEMA)] = None,
    quality: Annotated[int, Form(ge=1, le=100)] = 50,
    format: Annotated[Target, Form(description=FORMAT)] = Target.JPEG,  # noqa: A002 (the field's name)
    max_width: Annotated[int | None, Form(ge=1, le=MAX_SIDE, description="Pixels")] = None,
    max_height: Annotated[int | None, Form(ge=1, le=MAX_SIDE, description="Pixels")] = None,
    background: Annotated[str, Form(pattern=f"{COLOUR}|^$", description=BACKGROUND)] = WHITE,
    strict: Annotated[
        bool, Form(description="Reject the file for problems that are otherwise warnings")
    ] = False,
    user_agent: Annotated[str, Form(max_length=request_headers.MAX_CHARACTERS, description=USER_AGENT)] = "",
    referer: Annotated[str, Form(max_length=request_headers.MAX_CHARACTERS, description=REFERER)] = "",
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=MAX_KEY, description=KEY)] = None,
) -> Accepted:
    """Accept a catalogue; its images are downloaded and compressed in the background."""
    options = Options(quality, format, max_width, max_height, background)
    if webhook_url:
        _check_webhook(webhook_url, built.egress)
    headers = RequestHeaders(user_agent, referer)
    _check_allowed(headers, built.egress)
    data = file.file.read()
    if calling.limits:
        built.throttle(calling.owner, len(data))
    parsed = catalogue.parse(data, strict=strict)
    base = built.api_base or str(request.base_url).rstrip("/")
    name = (file.filename or "catalogue.csv")[-MAX_FILE_NAME:]
    submission = Submission(
        owner=calling.owner,
        limits=calling.limits,
        catalogue=parsed,
        file_name=name,
        options=options,
        webhook_url=webhook_url,
        api_base=base,
        link_base=built.link_base or base,
        idempotency_key=idempotency_key,
        request_headers=headers,
        file_bytes=len(data),
    )
    job = built.submit(submission)
    links = Links.of(job.id)
    response.headers["Location"] = links.status
    if calling.limits:
        left = built.admit.allowance(calling.owner, calling.limits)
        response.headers.update(rate_limits.of_allowance(left))
    return Accepted(
        request_id=job.id,
        status=shown(job.state),
        rows=job.rows,
        images=job.images,
        duplicates=job.duplicates,
        warnings=[Note.of(warning) for warning in parsed.warnings],
        warnings_total=parsed.warnings_total,
        links=links,
    )


def _check_webhook(url: str, egress: EgressPolicy) -> None:
    """Raise OptionError if the webhook cannot be called."""
    if fault := webhook.fault(url, egress):
        wanted = "an http or https URL" if egress.allows_http_webhooks else "an https URL"
        found = urls.shown(url).partition("?")[0]  # a webhook's query is usually a secret
        raise OptionError("webhook_url", found, f"{wanted} (this one: {fault})")


def _check_allowed(headers: RequestHeaders, egress: EgressPolicy) -> None:
    """Raise OptionError if the job sets headers and the deployment does not allow that."""
    sent = headers.to_document()
    if sent and not egress.request_headers:
        field, value = next(iter(sent.items()))
        raise OptionError(field, value, "nothing: this deployment uses its own headers")


@app.get(
    "/status/{request_id}",
    responses=documented_problems(401, 404, 410)
    | {200: documented_header("Retry-After", "Seconds to wait before the next request, while the job runs")},
)
def status(job: Own, response: Response) -> Status:
    """Return the state and progress of a job."""
    if job.state not in ENDED:
        response.headers["Retry-After"] = RUNNING_RETRY_AFTER
    return Status.of(job)


@app.get(
    "/download/{request_id}",
    response_model=Download,
    responses=documented_problems(401, 404, 409, 410) | {307: {"description": "To the result CSV"}},
    dependencies=[ONLY_KNOWN],
)
def download(job: Own, built: Built, head: IsHead, *, redirect: bool = True) -> Response | Download:
    """Redirect to the result CSV; with `redirect=false`, return its presigned URL as JSON."""
    link = built.link_result(job.id, head=head and redirect)
    if redirect:
        return RedirectResponse(link.url, 307)
    return Download(url=link.url, expires_at=link.expires_at)


@app.get(
    "/images/{token}/{name}",
    status_code=307,
    response_class=RedirectResponse,
    responses=documented_problems(404) | {307: {"description": "To the image"}},
)
def image(token: str, name: str, link_image: ImageLinks, head: IsHead) -> RedirectResponse:
    """Redirect to one output image; the link works as long as the image is kept."""
    url = link_image(token, name, head=head)
    # A presigned URL is for one method, so a cache must not serve the response to a HEAD for a GET.
    return RedirectResponse(url, 307, headers={} if head else {"Cache-Control": "max-age=600"})


@app.get("/healthz", responses=documented_problems())
def healthz(built: Built) -> Health:
    """Check that the service is up and reaches its database."""
    built.ping()
    return Health(status="ok")


@app.get("/docs", include_in_schema=False)
def docs() -> Response:
    """Return the interactive documentation of the API."""
    return pages.DOCS.answer()
