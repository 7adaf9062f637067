"""The route /upload: accept a catalogue, or say what would become of it."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Depends, File, Form, Header, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from catalight.domain.catalogue import column_requests, urls
from catalight.domain.catalogue.catalogue import Understanding
from catalight.domain.catalogue.columns import Request as ColumnRequest
from catalight.domain.catalogue.encodings import ENCODINGS
from catalight.domain.errors import FeedError, OptionError
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import COLOUR, MAX_SIDE, WHITE, Rendition
from catalight.domain.job import request_headers, webhook
from catalight.domain.job.job import Job
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.result_form import RequestedResult
from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.jobs.submit import Submission
from catalight.usecases.jobs.understand import Upload
from functions.api import rate_limits
from functions.api.callers import Caller, Calling
from functions.api.documented import (
    documented_header,
    documented_links,
    documented_part,
    documented_problems,
)
from functions.api.fields import ONLY_KNOWN
from functions.api.models import Links, Note, shown
from functions.api.result_fields import Requested
from functions.api.services import Built, Services
from functions.api.understood import Accepted, DryRun, Understood

MAX_FILE_NAME = 200  # characters; the name becomes part of a presigned URL
MAX_KEY = 255
MAX_HEADER_ROW = 1_000
MAX_SHEET = 100  # characters; Excel allows 31
DEFAULT_NAME = "catalogue.csv"
URL_SCHEMA: dict[str, Any] = {"format": "uri", "maxLength": urls.MAX_URL_CHARACTERS}
FILE = (
    "The catalogue: CSV, XLSX, XLSM, XLSB, XLS or ODS, or one of these packed with gzip, at most 4.5 MB; "
    "this or `file_url`"
)
FILE_URL = (
    "URL of the catalogue, in the place of `file`; share links of Google Sheets, Dropbox … are understood"
)
COLUMNS = f"Which columns are which, as JSON: `{column_requests.FORM}`; each key may be left out"
HEADER_ROW = "Line of the header, from 1, if it is not found by itself"
SHEET = "Sheet of a workbook, by its name or its number from 1; the first visible one that has a header"
ENCODING = "Encoding of a CSV file, if it is neither UTF-8 nor UTF-16 and is guessed wrongly"
ENCODING_SCHEMA: dict[str, Any] = {"enum": ["", *ENCODINGS]}
WEBHOOK = "URL to call when the job has ended: http or https, without a password"
USER_AGENT_SCHEMA: dict[str, Any] = {
    "pattern": request_headers.USER_AGENT,
    "maxLength": request_headers.MAX_CHARACTERS,
}
REFERER_SCHEMA: dict[str, Any] = {
    "pattern": request_headers.REFERER,
    "maxLength": request_headers.MAX_CHARACTERS,
}
FORMAT = "`keep`: the format of each source (BMP and TIFF become PNG); `auto`: the one with the smallest file"
BACKGROUND = "Colour behind the transparent parts of an image that becomes a JPEG; empty: white"
STRICT = "Reject the file for problems that are otherwise warnings"
USER_AGENT = "Sent before Catalight's own User-Agent when images are downloaded, for hosts that refuse others"
REFERER = f"URL sent as Referer when images are downloaded; `{request_headers.ORIGIN}`: the image's own host"
KEY = "Any text, new for each submission; a submission sent again with the same key is accepted only once"
DRY_RUN = "Only say what would become of the file: 200, also if it would be refused; nothing is stored"
ONE_FILE = "Send the catalogue in `file`, or its URL in `file_url`, not both"

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a job does with its catalogue."""

    renditions: tuple[Rendition, ...]
    webhook_url: str | None
    request_headers: RequestHeaders


def _terms(
    built: Built,
    webhook_url: Annotated[str | None, Form(description=WEBHOOK, json_schema_extra=URL_SCHEMA)] = None,
    quality: Annotated[int, Form(ge=1, le=100)] = 50,
    format: Annotated[Target, Form(description=FORMAT)] = Target.JPEG,  # noqa: A002 (the field's name)
    max_width: Annotated[int | None, Form(ge=1, le=MAX_SIDE, description="Pixels")] = None,
    max_height: Annotated[int | None, Form(ge=1, le=MAX_SIDE, description="Pixels")] = None,
    background: Annotated[str, Form(pattern=f"{COLOUR}|^$", description=BACKGROUND)] = WHITE,
    user_agent: Annotated[str, Form(description=USER_AGENT, json_schema_extra=USER_AGENT_SCHEMA)] = "",
    referer: Annotated[str, Form(description=REFERER, json_schema_extra=REFERER_SCHEMA)] = "",
) -> Terms:
    """Return what the form says of the job. Raise OptionError if it is not allowed."""
    rendition = Rendition(quality, format, max_width, max_height, background)
    if webhook_url:
        _check_webhook(webhook_url, built.egress)
    headers = RequestHeaders(user_agent, referer)
    _check_allowed(headers, built.egress)
    return Terms((rendition,), webhook_url, headers)


@dataclass(frozen=True, slots=True)
class SentFile:
    """The file of a form, or its URL, and what the form says of it."""

    file: UploadFile | None
    file_url: str | None
    columns: ColumnRequest | None
    header_row: int | None
    strict: bool
    encoding: str | None
    sheet: str | None

    @property
    def name(self) -> str:
        """The name of the file, shortened."""
        if self.file_url:
            name = unquote(urlsplit(self.file_url).path.rpartition("/")[2])
            return name[-MAX_FILE_NAME:] if "." in name else DEFAULT_NAME
        return ((self.file and self.file.filename) or DEFAULT_NAME)[-MAX_FILE_NAME:]

    def read(self, calling: Caller, built: Services) -> Upload:
        """Return the file. Raise LimitError if its caller sends more than is read for one key."""
        limited = calling.limits is not None
        if self.file_url:
            data = built.fetch_feed(calling.owner, self.file_url, limited=limited)
        else:
            data = self.file.file.read() if self.file else b""
            if limited:
                built.throttle(calling.owner, len(data))
        upload = Upload(
            data, self.columns, self.header_row, self.file_url, self.strict, self.encoding, self.sheet
        )
        return replace(upload, count=partial(built.throttle, calling.owner)) if limited else upload


def _sent_file(
    file: Annotated[UploadFile | None, File(description=FILE)] = None,
    file_url: Annotated[str | None, Form(description=FILE_URL, json_schema_extra=URL_SCHEMA)] = None,
    columns: Annotated[str, Form(description=COLUMNS)] = "",
    header_row: Annotated[int | None, Form(ge=1, le=MAX_HEADER_ROW, description=HEADER_ROW)] = None,
    strict: Annotated[bool, Form(description=STRICT)] = False,
    encoding: Annotated[str, Form(description=ENCODING, json_schema_extra=ENCODING_SCHEMA)] = "",
    sheet: Annotated[str, Form(max_length=MAX_SHEET, description=SHEET)] = "",
) -> SentFile:
    """Return the file of the form. Raise OptionError or RequestValidationError if a field is wrong."""
    if (file is None) == (file_url is None):
        raise RequestValidationError([{"type": "missing", "loc": ("body", "file"), "msg": ONE_FILE}])
    request = column_requests.read_request(columns)
    return SentFile(file, file_url, request, header_row, strict, encoding or None, sheet or None)


@router.post(
    "/upload",
    status_code=202,
    response_model=Accepted,
    responses=documented_problems(401, 410, 413, 415, 429)
    | {
        200: {"model": DryRun, "description": "With `dry_run=true`: what would become of the file"},
        202: documented_header("Location", "Path of the job's status") | documented_links(),
    },
    openapi_extra=documented_part("file", "text/csv"),
    dependencies=[ONLY_KNOWN],
)
def upload(
    request: Request,
    response: Response,
    calling: Calling,
    built: Built,
    sent: Annotated[SentFile, Depends(_sent_file)],
    terms: Annotated[Terms, Depends(_terms)],
    result: Requested,
    dry_run: Annotated[bool, Query(description=DRY_RUN)] = False,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=MAX_KEY, description=KEY)] = None,
) -> Accepted | JSONResponse:
    """Accept a catalogue; its images are downloaded and compressed in the background."""
    if dry_run:
        understood = _understood(sent, calling, built, result)
        return JSONResponse(DryRun.of(understood).model_dump(mode="json"))
    base = built.api_base or str(request.base_url).rstrip("/")
    submission = partial(
        Submission,
        owner=calling.owner,
        limits=calling.limits,
        file_name=sent.name,
        renditions=terms.renditions,
        webhook_url=terms.webhook_url,
        api_base=base,
        link_base=built.link_base or base,
        idempotency_key=idempotency_key,
        request_headers=terms.request_headers,
        result=result,
    )
    file = replace(sent.read(calling, built), result=result)
    job, understood = built.accept(calling.owner, idempotency_key, file, submission)
    response.headers["Location"] = Links.of(job.id).status
    if calling.limits:
        left = built.admit.allowance(calling.owner, calling.limits)
        response.headers.update(rate_limits.of_allowance(left))
    return _accepted(job, understood)


def _understood(sent: SentFile, calling: Caller, built: Services, result: RequestedResult) -> Understanding:
    """Return what is known of a file, also if it cannot be fetched."""
    try:
        return built.understand(calling.owner, replace(sent.read(calling, built), result=result))
    except FeedError as error:
        return Understanding(refusal=error)


def _accepted(job: Job, understood: Understanding) -> Accepted:
    return Accepted(
        request_id=job.id,
        status=shown(job.state),
        rows=job.rows,
        images=job.images,
        duplicates=job.duplicates,
        warnings=[Note.of(warning) for warning in understood.warnings],
        warnings_total=understood.warnings_total,
        links=Links.of(job.id),
        understood=Understood.of(understood),
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
