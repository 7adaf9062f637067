"""The routes /preview: look at one image before a catalogue is sent."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Form, Header, Request, Response
from pydantic import BaseModel, Field

from catalight.domain.job import links
from catalight.domain.job.job import Job
from catalight.domain.job.row import Image, ImageState
from catalight.usecases.jobs.preview import Preview, submission
from functions.api.callers import Calling
from functions.api.documented import documented_header, documented_problems
from functions.api.fields import ONLY_KNOWN
from functions.api.renditions import Renditions
from functions.api.services import Built
from functions.api.terms import KEY, MAX_KEY, URL_SCHEMA

PREVIEW_ID = "0b7e6c1e-5a0f-4f0c-9f5e-3f1f0a6d2b11"
RETRY_AFTER = "1"
URL = "URL of the image: http or https"

router = APIRouter(prefix="/preview")


class PreviewLinks(BaseModel):
    """Paths of the preview, relative to the API's URL."""

    self: str = Field(examples=[f"/preview/{PREVIEW_ID}"])


class BegunPreview(BaseModel):
    """A preview that is being made."""

    preview_id: str = Field(examples=[PREVIEW_ID])
    status_url: str = Field(examples=[f"/preview/{PREVIEW_ID}"])
    links: PreviewLinks


class PreviewError(BaseModel):
    """Why a preview has failed."""

    code: str = Field(examples=["not_found"])
    detail: str | None = Field(examples=["The host answered 404."])


class PreviewImage(BaseModel):
    """One image of a preview. `type` is the media type of what `url` has."""

    url: str = Field(examples=["https://…/images/x3oF…/shoe.jpg"])
    bytes: int = Field(examples=[48_200], description="Of the original: those of the source")
    width: int = Field(examples=[1600], description="Pixels")
    height: int = Field(examples=[1200])
    type: str = Field(examples=["image/jpeg"])
    quality: int | None = Field(None, description="What `quality=auto` chose")

    @classmethod
    def of(cls, image: Image, job: Job, size: int) -> Self | None:
        """Return the image; None if it is not done."""
        if image.link is None or image.format is None:
            return None
        return cls(
            url=links.image_url(job.link_base, image.link),
            bytes=size,
            width=image.width,
            height=image.height,
            type=image.format.media_type,
            quality=image.chosen.quality if image.chosen else None,
        )


class PreviewStatus(BaseModel):
    """A preview: the image as a job would make it, and its original as browsers can show it."""

    preview_id: str = Field(examples=[PREVIEW_ID])
    state: ImageState
    original: PreviewImage | None
    image: PreviewImage | None
    error: PreviewError | None


@router.post(
    "",
    name="begin_preview",
    status_code=202,
    responses=documented_problems(401, 410, 413, 415, 429)
    | {202: documented_header("Location", "Path of the preview")},
    dependencies=[ONLY_KNOWN],
)
def begin_preview(
    request: Request,
    response: Response,
    calling: Calling,
    built: Built,
    renditions: Renditions,
    url: Annotated[str, Form(description=URL, json_schema_extra=URL_SCHEMA)],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=MAX_KEY, description=KEY)] = None,
) -> BegunPreview:
    """Make one image as a job with these options would; of several renditions, the first."""
    base = built.api_base or str(request.base_url).rstrip("/")
    terms = {"owner": calling.owner, "limits": calling.limits, "idempotency_key": idempotency_key}
    bases = {"api_base": base, "link_base": built.link_base or base}
    job = built.accept.submit(submission(url, renditions[0], **terms, **bases))
    path = f"/preview/{job.id}"
    response.headers.update({"Location": path, "Retry-After": RETRY_AFTER})
    return BegunPreview(preview_id=job.id, status_url=path, links=PreviewLinks(self=path))


def _own_preview(preview_id: str, calling: Calling, built: Built) -> Job:
    return built.own_job(calling.owner, preview_id, preview=True)


@router.get(
    "/{preview_id}",
    name="preview",
    responses=documented_problems(401, 404, 410)
    | {200: documented_header("Retry-After", "Seconds to wait before the next request, while it is PENDING")},
    dependencies=[ONLY_KNOWN],
)
def preview(job: Annotated[Job, Depends(_own_preview)], built: Built, response: Response) -> PreviewStatus:
    """Return the state of a preview, and its two images once they are done. It is deleted within a day."""
    rows = built.rows.read(job.id, [0])
    seen = Preview.of(rows[0]) if rows else None  # none: the request that stores it is still at it
    state = seen.state if seen else ImageState.PENDING
    if state is ImageState.PENDING:
        response.headers["Retry-After"] = RETRY_AFTER
    failed = seen.failed if seen else None
    return PreviewStatus(
        preview_id=job.id,
        state=state,
        original=PreviewImage.of(seen.original, job, seen.source_bytes) if seen else None,
        image=PreviewImage.of(seen.image, job, seen.image.bytes_out) if seen else None,
        error=PreviewError(code=str(failed.error), detail=failed.detail) if failed else None,
    )
