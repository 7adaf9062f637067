"""A row of a catalogue with its images, and how an image moves from pending to its end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.options import ImageFormat
from catalight.domain.image.report import Source, Times

TOO_LONG = "Its host wants to be left alone: {:,.0f} s of waiting in all; at most {:,.0f} are allowed."


class ImageState(StrEnum):
    """Where an image stands; DONE and FAILED are ends."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a row.

    `attempts` counts the failures that may pass; before `not_before` no further attempt is made.
    `waiting_since` is when it was first made to wait for its host. `link` is the path of the output below
    `/images/`; sizes are bytes, dimensions are pixels of the output. `source` and `times` are None where the
    image is not done, or was before they were kept. `kept` says that the output is the source itself but for
    its metadata. `error` and `detail` tell why it failed, or, while it is pending, why its last attempt did.
    """

    url: str
    state: ImageState = ImageState.PENDING
    attempts: int = 0
    not_before: datetime | None = None
    waiting_since: datetime | None = None
    link: str | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    width: int = 0
    height: int = 0
    source: Source | None = None
    times: Times | None = None
    kept: bool = False
    error: ImageErrorCode | None = None
    detail: str | None = None

    @property
    def ended(self) -> bool:
        """Whether the image has reached an end, well or badly."""
        return self.state is not ImageState.PENDING

    @property
    def format(self) -> ImageFormat | None:
        """The output's format, which its link ends with."""
        if self.link is None:
            return None
        return next(known for known in ImageFormat if self.link.endswith(f".{known.extension}"))

    def due(self, now: datetime) -> bool:
        """Whether an attempt may be made now."""
        return not self.ended and (self.not_before is None or self.not_before <= now)

    def done(
        self,
        link: str,
        bytes_in: int,
        bytes_out: int,
        width: int,
        height: int,
        source: Source | None = None,
        times: Times | None = None,
        *,
        kept: bool = False,
    ) -> "Image":
        """End it well."""
        return replace(
            self,
            state=ImageState.DONE,
            not_before=None,
            waiting_since=None,
            link=link,
            bytes_in=bytes_in,
            bytes_out=bytes_out,
            width=width,
            height=height,
            source=source,
            times=times,
            kept=kept,
            error=None,
            detail=None,
        )

    def failed(self, error: ImageError) -> "Image":
        """End it badly."""
        return replace(
            self,
            state=ImageState.FAILED,
            not_before=None,
            waiting_since=None,
            error=error.code,
            detail=error.detail,
        )

    def postponed(self, error: ImageError, until: datetime, now: datetime, deadline: float) -> "Image":
        """Count a failure that may pass and try again at `until`, or end it where that is too late."""
        tried = replace(self, attempts=self.attempts + 1, error=error.code, detail=error.detail)
        return tried.waiting(until, now, deadline)

    def refused(self, error: ImageError, until: datetime, now: datetime, deadline: float) -> "Image":
        """Wait for its host, which said only that there were too many requests: no attempt is lost."""
        return replace(self, error=error.code, detail=error.detail).waiting(until, now, deadline)

    def waiting(self, until: datetime, now: datetime, deadline: float) -> "Image":
        """Wait for its host until `until`; an end where that is more than `deadline` seconds in all."""
        since = self.waiting_since or now
        seconds = (until - since).total_seconds()
        if seconds <= deadline:
            return replace(self, not_before=until, waiting_since=since)
        if self.error:
            return replace(self, state=ImageState.FAILED, not_before=None, waiting_since=None)
        return self.failed(ImageError(ImageErrorCode.DEADLINE_EXCEEDED, TOO_LONG.format(seconds, deadline)))

    def held(self, until: datetime) -> "Image":
        """Wait for a service of ours, which costs neither an attempt nor time: its host has answered."""
        return replace(self, not_before=until, waiting_since=None)


class RowState(StrEnum):
    """How the images of a row stand: one is PENDING, or all are DONE, some (PARTIAL), none (FAILED)."""

    PENDING = "PENDING"
    DONE = "DONE"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    EMPTY = "EMPTY"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells as they came, its images in the order of the cell.

    `number` counts from 0 in CSV order. `range` is the row range of this run that the row belongs to, or
    None where nothing was pending when the run began. `version` grows with every write of the row.
    """

    job_id: str
    number: int
    run: int
    range: int | None
    cells: tuple[str, ...]
    images: tuple[Image, ...]
    version: int = 0

    @property
    def pending(self) -> bool:
        """Whether an image has not reached its end."""
        return any(not image.ended for image in self.images)

    @property
    def state(self) -> RowState:
        """How its images stand."""
        if not self.images:
            return RowState.EMPTY
        if self.pending:
            return RowState.PENDING
        done = sum(image.state is ImageState.DONE for image in self.images)
        return RowState.DONE if done == len(self.images) else RowState.PARTIAL if done else RowState.FAILED


def pending_images(rows: Iterable[Row]) -> Iterator[tuple[int, int, Image]]:
    """The images that have not ended, each after its row's number and its place in the row."""
    for row in rows:
        for place, image in enumerate(row.images):
            if not image.ended:
                yield row.number, place, image


def first_due(images: Iterable[Image]) -> datetime | None:
    """When the first of these may be tried, at least one of which is pending; None means at once."""
    waits = [image.not_before for image in images if not image.ended]
    return None if None in waits else min(wait for wait in waits if wait)
