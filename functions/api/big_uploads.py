"""The routes below /uploads: files of up to 5 GB, which the client sends straight to S3."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field

from catalight.domain import texts
from catalight.domain.catalogue import column_requests
from catalight.domain.errors import IdempotencyError, JobNotFoundError, NotUnderstoodError, OptionError
from catalight.domain.job import upload
from catalight.domain.job.job import Job
from catalight.domain.job.upload import BigUpload, SaidOfFile, UploadState
from catalight.usecases.uploads.begin_upload import Announced
from functions.api import rate_limits, sent_file
from functions.api.callers import Calling, Own
from functions.api.documented import documented_header, documented_links, documented_problems
from functions.api.fields import ONLY_KNOWN
from functions.api.models import REQUEST_ID, Links, Note, ShownState, UploadProgress, shown
from functions.api.sent_file import ENCODING_SCHEMA, MAX_FILE_NAME, MAX_HEADER_ROW, MAX_SHEET
from functions.api.services import Built
from functions.api.terms import FormTerms
from functions.api.understood import DryRun

MEDIA_TYPE = "application/octet-stream"
MEDIA_TYPES = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")
MEDIA_TYPE_SCHEMA: dict[str, Any] = {"pattern": f"^{MEDIA_TYPES.pattern}$"}
NAME = "Name of the file; the result is named after it"
SIZE = "Bytes of the file, at most 5 GB; the form takes no more"
CONTENT_TYPE = "The Content-Type that the form is sent with"
CONFIRM = "Stop once the file is understood, and go on with `POST /uploads/{id}/confirm`"

router = APIRouter(prefix="/uploads", dependencies=[ONLY_KNOWN])


class UploadForm(BaseModel):
    """A form for one file: send its fields in this order, then the file in the field `file`, to `url`."""

    url: str = Field(examples=["https://bucket.s3.amazonaws.com/"])
    fields: dict[str, str] = Field(examples=[{"key": f"uploads/{REQUEST_ID}", "policy": "eyJ…"}])


class UploadBegun(BaseModel):
    """The job that waits for its file."""

    request_id: str = Field(examples=[REQUEST_ID])
    state: UploadState
    upload: UploadForm | None = Field(description="Works for an hour; null once the file was seen")
    status_url: str = Field(examples=[f"https://api.example/status/{REQUEST_ID}"])
    links: Links


class UploadStatus(BaseModel):
    """What a big upload was understood as, and how far it is read."""

    request_id: str = Field(examples=[REQUEST_ID])
    status: ShownState = Field(examples=["PENDING"])
    file_name: str = Field(examples=["products.csv"])
    upload: UploadProgress
    rows: int = Field(description="Rows that are stored so far", examples=[250_000])
    images: int = Field(examples=[500_000])
    understood: DryRun | None = Field(
        description="As of a dry run; of a long file, `rows` and the other counts are of its first rows"
    )
    links: Links

    @classmethod
    def of(cls, job: Job, big: BigUpload) -> "UploadStatus":
        """Return the status of an upload."""
        return cls(
            request_id=job.id,
            status=shown(job.state),
            file_name=job.file_name,
            upload=UploadProgress.of(big),
            rows=job.rows,
            images=job.images,
            understood=_understood(big),
            links=Links.of(job.id),
        )


def _understood(big: BigUpload) -> DryRun | None:
    if big.overview is None:
        return None
    problems = list(map(Note.of, big.problems))
    return DryRun(
        **big.overview,
        accepted=not problems,
        warnings=list(map(Note.of, big.warnings)),
        warnings_total=big.warnings_total,
        problems=problems,
        problems_total=big.problems_total,
    )


def _announced(
    size: Annotated[int, Form(ge=1, le=upload.MAX_BYTES, description=SIZE)],
    upload_name: Annotated[str, Form(max_length=MAX_FILE_NAME, description=NAME)] = sent_file.DEFAULT_NAME,
    content_type: Annotated[
        str, Form(description=CONTENT_TYPE, json_schema_extra=MEDIA_TYPE_SCHEMA)
    ] = MEDIA_TYPE,
    confirm: Annotated[bool, Form(description=CONFIRM)] = False,
    columns: Annotated[str, Form(description=sent_file.COLUMNS)] = "",
    header_row: Annotated[int | None, Form(ge=1, le=MAX_HEADER_ROW, description=sent_file.HEADER_ROW)] = None,
    strict: Annotated[bool, Form(description=sent_file.STRICT)] = False,
    encoding: Annotated[str, Form(description=sent_file.ENCODING, json_schema_extra=ENCODING_SCHEMA)] = "",
    sheet: Annotated[str, Form(max_length=MAX_SHEET, description=sent_file.SHEET)] = "",
) -> tuple[str, BigUpload]:
    """Return the name of the file and what the form says of it. Raise OptionError if that is wrong."""
    if encoding:
        sent_file.check_encoding(encoding)
    if not MEDIA_TYPES.fullmatch(content_type):
        raise OptionError("content_type", texts.shown(content_type), "a media type such as text/csv")
    said = SaidOfFile(
        column_requests.read_request(columns), header_row, strict, encoding or None, sheet or None
    )
    return upload_name or sent_file.DEFAULT_NAME, BigUpload(size, content_type, said, confirm=confirm)


@router.post(
    "",
    status_code=201,
    responses=documented_problems(401, 410, 413, 415, 429, OptionError, IdempotencyError)
    | {201: documented_header("Location", "Path of the upload") | documented_links(of_upload=True)},
)
def begin_upload(
    request: Request,
    response: Response,
    calling: Calling,
    built: Built,
    announced: Annotated[tuple[str, BigUpload], Depends(_announced)],
    terms: FormTerms,
) -> UploadBegun:
    """Announce a file of up to 5 GB and get a form with which to send it straight to S3."""
    name, big = announced
    asked = terms.of_request(request, calling, built)
    begun = built.begin_upload(Announced(file_name=name, upload=big, **asked))
    response.headers["Location"] = f"/uploads/{begun.job.id}"
    response.headers.update(rate_limits.of_caller(calling.owner, calling.limits, built.admit))
    form, links = begun.form, Links.of(begun.job.id)
    return UploadBegun(
        request_id=begun.job.id,
        state=begun.job.upload.state if begun.job.upload else UploadState.FAILED,
        upload=UploadForm(url=form.url, fields=dict(form.fields)) if form else None,
        status_url=begun.job.api_base + links.status,
        links=links,
    )


@router.get("/{request_id}", responses=documented_problems(401, 404, 410))
def upload_status(job: Own) -> UploadStatus:
    """Return how far the file of an upload is read, and what it was understood as."""
    return UploadStatus.of(job, _upload_of(job))


@router.post(
    "/{request_id}/confirm",
    status_code=202,
    responses=documented_problems(401, 404, NotUnderstoodError, 410, 413),
)
def confirm_upload(job: Own, built: Built) -> UploadStatus:
    """Go on with an upload that was understood. Repeating the call is harmless."""
    _upload_of(job)
    confirmed = built.confirm_upload(job.id)
    return UploadStatus.of(confirmed, _upload_of(confirmed))


def _upload_of(job: Job) -> BigUpload:
    if job.upload is None:
        raise JobNotFoundError(job.id)
    return job.upload
