"""End rows of a run that is not to go on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job import ranges
from catalight.domain.job.job import Job
from catalight.domain.job.row import Row, pending_images
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.ports import Clock, Rows, SecondsLeft

BATCH = 500  # rows
ENOUGH = 30.0  # seconds; more than a batch takes

CANCELLED = ImageError(ImageErrorCode.CANCELLED, "The job was cancelled before this image's turn.")
TOO_LATE = ImageError(ImageErrorCode.DEADLINE_EXCEEDED, "The job's time was over before this image was done.")


@dataclass(frozen=True, slots=True)
class EndRows:
    """End pending rows, as far as there is time; each returns whether that was all."""

    rows: Rows
    record_images: RecordImages
    clock: Clock

    def all(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """End all rows of a job whose deadline is over."""
        return self._end(job, self.rows.pending(job.id), TOO_LATE, seconds_left)

    def not_under_way(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """End the rows of a cancelled job that nobody can be working on; running images finish."""
        return self._end(job, self._idle(job, self.clock()), CANCELLED, seconds_left)

    def _idle(self, job: Job, now: datetime) -> Iterator[Row]:
        """All but what is due in the first range of each lane, which is on its way to a worker."""
        for row, is_head in ranges.with_heads(self.rows.pending(job.id), job.window):
            if not (is_head and any(image.due(now) for image in row.images)):
                yield row

    def _end(self, job: Job, rows: Iterator[Row], error: ImageError, seconds_left: SecondsLeft) -> bool:
        for batch in batched(rows, BATCH, strict=False):
            outcomes = {(row, place): image.failed(error) for row, place, image in pending_images(batch)}
            self.record_images(job, batch, outcomes)
            if seconds_left() < ENOUGH:
                return False
        return True
