"""A row of a catalogue with its images, and the state changes of an image."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.report import Chosen, Source, Times
from catalight.domain.job.reuse import KnownOutput

HOST_WAIT_TOO_LONG = (
    "The host is throttled: this would be {:,.0f} s of waiting in total; at most {:,.0f} s are allowed."
)


class ImageState(StrEnum):
    """The state of an image. DONE and FAILED are final."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a row, in one of the job's renditions.

    `written` is what the cell holds, or None if that is `url`; `notes` are the codes of the repairs that made
    the URL from it. `column` counts the image columns of the catalogue from 0, and `rendition` those of the
    job. `same_as` is the row number and place of the first image of the job with this URL and rendition, or
    None if this is the first. `attempts` counts the transient failures. No further attempt is made before
    `not_before`. `waiting_since` is when the image first had to wait for its host. `link` is the path of the
    output below `/images/`. Sizes are bytes, and dimensions are pixels of the output. `source` and `times`
    are None if the image is not done, or was done before these fields existed. `kept` means that the output
    is the source itself, except for its metadata, and `small` that the source has a side below the
    rendition's `min_side`. `chosen` is what `quality=auto` chose. `digest` is the SHA-256 of the source's
    bytes. `unchanged` means that an earlier job had the same source, and that its output is used again, and
    `borrowed` that the link was made for another image: of an earlier job, or of this one and with the same
    bytes. `error` and `detail` say why the image failed or, while it is pending, why its last attempt failed.
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
    written: str | None = None
    notes: tuple[str, ...] = ()
    column: int = 0
    same_as: tuple[int, int] | None = None
    rendition: int = 0
    small: bool = False
    chosen: Chosen | None = None
    digest: bytes | None = None
    unchanged: bool = False
    borrowed: bool = False

    @property
    def ended(self) -> bool:
        """Whether the image is done or has failed."""
        return self.state is not ImageState.PENDING

    @property
    def format(self) -> ImageFormat | None:
        """The output's format, by the extension of its link; None without a link."""
        return ImageFormat.of_name(self.link) if self.link else None

    @property
    def shared(self) -> bool:
        """Whether the link is that of another image with the same URL, so no time was spent on this one."""
        return self.state is ImageState.DONE and self.same_as is not None and self.times is None

    @property
    def lent(self) -> bool:
        """Whether the output was made for another image, so that nothing is stored for this one."""
        return self.shared or self.borrowed

    def anew(self) -> "Image":
        """Return the image as it was submitted."""
        return Image(
            self.url,
            written=self.written,
            notes=self.notes,
            column=self.column,
            same_as=self.same_as,
            rendition=self.rendition,
        )

    def like(self, other: "Image") -> "Image":
        """Return the image in the state of `other`, which has the same URL and rendition."""
        return replace(
            other,
            attempts=max(self.attempts, other.attempts),
            times=None,
            written=self.written,
            notes=self.notes,
            column=self.column,
            same_as=self.same_as,
        )

    def due(self, now: datetime) -> bool:
        """Return whether an attempt may be made now."""
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
        small: bool = False,
    ) -> "Image":
        """Return the image as done."""
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
            small=small,
            error=None,
            detail=None,
        )

    def unchanged_since(self, known: KnownOutput, times: Times) -> "Image":
        """Return the image as done with the output of an earlier job; nothing counts as downloaded."""
        done = self.done(
            known.link,
            0,
            known.bytes_out,
            known.width,
            known.height,
            known.source,
            times,
            kept=known.kept,
            small=known.small,
        )
        found = replace(done, chosen=known.chosen, digest=known.seen.digest)
        return replace(found, unchanged=True, borrowed=True)

    def with_bytes_of(self, link: str) -> "Image":
        """Return the image, which is done, with the output of another one of the job with the same bytes."""
        return self if link == self.link else replace(self, link=link, borrowed=True)

    def failed(self, error: ImageError) -> "Image":
        """Return the image as failed."""
        return replace(
            self,
            state=ImageState.FAILED,
            not_before=None,
            waiting_since=None,
            error=error.code,
            detail=error.detail,
        )

    def retry_later(self, error: ImageError, until: datetime, now: datetime, deadline: float) -> "Image":
        """Count a transient failure and wait until `until`, or fail if that is too late."""
        tried = replace(self, attempts=self.attempts + 1, error=error.code, detail=error.detail)
        return tried.waiting(until, now, deadline)

    def throttled(self, error: ImageError, until: datetime, now: datetime, deadline: float) -> "Image":
        """Wait for the host, which reported only too many requests. This does not count as an attempt."""
        return replace(self, error=error.code, detail=error.detail).waiting(until, now, deadline)

    def waiting(self, until: datetime, now: datetime, deadline: float) -> "Image":
        """Wait for the host until `until`, or fail if that is more than `deadline` seconds in total."""
        since = self.waiting_since or now
        seconds = (until - since).total_seconds()
        if seconds <= deadline:
            return replace(self, not_before=until, waiting_since=since)
        if self.error:
            return replace(self, state=ImageState.FAILED, not_before=None, waiting_since=None)
        return self.failed(
            ImageError(ImageErrorCode.DEADLINE_EXCEEDED, HOST_WAIT_TOO_LONG.format(seconds, deadline))
        )

    def deferred(self, until: datetime) -> "Image":
        """Wait until `until` for one of Catalight's own services.

        This counts neither as an attempt nor as waiting for the host, which has answered.
        """
        return replace(self, not_before=until, waiting_since=None)


class RowState(StrEnum):
    """The state of a row: PENDING if an image is pending, else DONE (all), PARTIAL (some) or FAILED (none).

    EMPTY means that the row has no images.
    """

    PENDING = "PENDING"
    DONE = "DONE"
    PARTIAL = "PARTIAL"
    FAILED = "FAILED"
    EMPTY = "EMPTY"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells as they were submitted, and its images in the order of the cell.

    An image has one entry for each rendition, one after the other.

    `cells` may lack empty ones at the end (see `without_empty_end`): a short row below a wide header would
    otherwise take a thousand times its own length in the database. `padded` has all of them.
    `number` counts from 0 in CSV order. `range` is the row range of this run that the row belongs to, or
    None if nothing was pending when the run began. `version` changes with every write of the row.
    """

    job_id: str
    number: int
    run: int
    range: int | None
    cells: tuple[str, ...]
    images: tuple[Image, ...]
    version: int = 0

    def padded(self, width: int) -> tuple[str, ...]:
        """Return the cells of all `width` columns of the header."""
        return self.cells + ("",) * (width - len(self.cells))

    @property
    def pending(self) -> bool:
        """Whether any image is pending."""
        return any(not image.ended for image in self.images)

    @property
    def state(self) -> RowState:
        """The state that follows from the images."""
        if not self.images:
            return RowState.EMPTY
        if self.pending:
            return RowState.PENDING
        done = sum(image.state is ImageState.DONE for image in self.images)
        return RowState.DONE if done == len(self.images) else RowState.PARTIAL if done else RowState.FAILED


def without_empty_end(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the cells up to the last one that is not empty."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return tuple(cells[:end])


def pending_images(rows: Iterable[Row]) -> Iterator[tuple[int, int, Image]]:
    """Yield each pending image as (row number, place, image); `place` is its index in the row."""
    for row in rows:
        for place, image in enumerate(row.images):
            if not image.ended:
                yield row.number, place, image


def first_due(images: Iterable[Image]) -> datetime | None:
    """Return when the first of these images is due, or None for at once. At least one must be pending."""
    waits = [image.not_before for image in images if not image.ended]
    return None if None in waits else min(wait for wait in waits if wait)
