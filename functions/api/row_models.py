"""The response bodies of the API about rows and their images."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from catalight.domain import texts
from catalight.domain.image.report import Source
from catalight.domain.job import links
from catalight.domain.job.job import Job
from catalight.domain.job.row import Image, ImageState, Row, RowState
from functions.api.models import Milliseconds

UNCHANGED = "Whether this is the output of an earlier job, because the source has not changed"


class SourceStatus(BaseModel):
    """The image that its host served."""

    model_config = ConfigDict(from_attributes=True)

    format: str = Field(examples=["png"])
    width: int = Field(description="Pixels, once rotated upright")
    height: int

    @classmethod
    def of(cls, source: Source) -> Self:
        """Return the status of a source."""
        return cls.model_validate(source)


QUALITY = "The quality that `quality=auto` chose; null for a number of your own, a kept source, PNG and GIF"
SCORE = "SSIMULACRA2 of the output against its source, as `quality=auto` estimates it; null if it does not"


class RenditionStatus(BaseModel):
    """State and result of one rendition of an image."""

    name: str = Field(description="Empty if the request named no renditions", examples=["thumbnail"])
    state: ImageState
    error: str | None = Field(examples=["gave_up"])
    detail: str | None
    attempts: int = Field(description="Temporary failures so far")
    not_before: datetime | None = Field(description="No further attempt is made before this time")
    output_url: str | None = Field(examples=["https://…/images/x3oF…/shoe.jpg"])
    bytes_out: int
    width: int = Field(description="Pixels of the output")
    height: int
    format: str | None = Field(description="Format of the output", examples=["jpeg"])
    milliseconds: Milliseconds | None
    kept: bool = Field(description="Whether the output is the source itself, apart from its metadata")
    small: bool = Field(description="Whether the source has a side below the rendition's `min_side`")
    quality: int | None = Field(description=QUALITY, examples=[62])
    score: float | None = Field(description=SCORE, examples=[71.3])
    unchanged: bool = Field(description=UNCHANGED)

    @classmethod
    def of(cls, image: Image, name: str, link_base: str) -> Self:
        """Return the status of a rendition with this name; `link_base` is its job's."""
        return cls(
            name=name,
            state=image.state,
            error=image.error,
            detail=image.detail,
            attempts=image.attempts,
            not_before=image.not_before,
            output_url=_output_url(image, link_base),
            bytes_out=image.bytes_out,
            width=image.width,
            height=image.height,
            format=image.format,
            milliseconds=_milliseconds(image),
            kept=image.kept,
            small=image.small,
            quality=image.chosen.quality if image.chosen else None,
            score=image.chosen.score if image.chosen else None,
            unchanged=image.unchanged,
        )


class ImageStatus(BaseModel):
    """State and result of one image. What depends on the rendition is that of the first."""

    url: str = Field(examples=["https://supplier.example/shoe.jpg"])
    state: ImageState
    error: str | None = Field(examples=["not_found"])
    detail: str | None = Field(examples=["The host answered 404."])
    attempts: int = Field(description="Temporary failures so far")
    not_before: datetime | None = Field(description="No further attempt is made before this time")
    output_url: str | None = Field(examples=["https://…/images/x3oF…/shoe.jpg"])
    bytes_in: int
    bytes_out: int
    width: int = Field(description="Pixels of the output")
    height: int
    format: str | None = Field(description="Format of the output", examples=["jpeg"])
    source: SourceStatus | None
    milliseconds: Milliseconds | None
    kept: bool = Field(description="Whether the output is the source itself, apart from its metadata")
    unchanged: bool = Field(description=UNCHANGED)
    written: str | None = Field(
        description="What the cell holds, if that is not `url`", examples=["www.supplier.example/shoe.jpg"]
    )
    notes: list[str] = Field(
        description="What was repaired to get `url` from the cell", examples=[["URL_SCHEME_ADDED"]]
    )
    renditions: list[RenditionStatus] = Field(description="All of them, in the order of the request")

    @classmethod
    def of(cls, renditions: Sequence[Image], job: Job) -> Self:
        """Return the status of an image of a job, which is in all its renditions."""
        image, link_base = renditions[0], job.link_base
        named = zip(renditions, job.renditions, strict=True)
        return cls(
            url=texts.shown(image.url),
            state=image.state,
            error=image.error,
            detail=image.detail,
            attempts=image.attempts,
            not_before=image.not_before,
            output_url=_output_url(image, link_base),
            bytes_in=image.bytes_in,
            bytes_out=image.bytes_out,
            width=image.width,
            height=image.height,
            format=image.format,
            source=SourceStatus.of(image.source) if image.source else None,
            milliseconds=_milliseconds(image),
            kept=image.kept,
            unchanged=image.unchanged,
            written=None if image.written is None else texts.shown(image.written),
            notes=list(image.notes),
            renditions=[RenditionStatus.of(one, rendition.name, link_base) for one, rendition in named],
        )


def _output_url(image: Image, link_base: str) -> str | None:
    return links.image_url(link_base, image.link) if image.link else None


def _milliseconds(image: Image) -> Milliseconds | None:
    return Milliseconds.of(image.times) if image.times else None


class RowStatus(BaseModel):
    """State of one row and its images."""

    row: int = Field(examples=[1], description="Row number from 1, the header not counted")
    state: RowState
    cells: list[str] = Field(examples=[["1", "Shoe", "https://supplier.example/shoe.jpg"]])
    images: list[ImageStatus]

    @classmethod
    def of(cls, row: Row, job: Job) -> Self:
        """Return the status of a row of a job."""
        renditions = batched(row.images, len(job.renditions), strict=True)
        return cls(
            row=row.number + 1,
            state=row.state,
            cells=list(row.padded(len(job.header))),
            images=[ImageStatus.of(of_image, job) for of_image in renditions],
        )


class RowPage(BaseModel):
    """A page of the rows of a job, in the order of its CSV."""

    rows: list[RowStatus]
    product: int | None = Field(
        None, description="Index in `cells` of the product's name, or else its serial number", examples=[1]
    )
    next: str | None = Field(description="The `cursor` of the next page; null on the last page")
