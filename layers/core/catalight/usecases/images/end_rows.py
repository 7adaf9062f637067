"""End the pending rows of a run that must not continue."""

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

BATCH = 500  # rows of one rendition
MIN_SECONDS_LEFT = 30.0  # seconds; more than a batch takes

CANCELLED = ImageError(ImageErrorCode.CANCELLED, "The job was cancelled before this image was started.")
DEADLINE_EXCEEDED = ImageError(
    ImageErrorCode.DEADLINE_EXCEEDED, "The job's deadline passed before this image was done."
)


@dataclass(frozen=True, slots=True)
class EndRows:
    """End as many pending rows as there is time for. Each method returns whether that was all."""

    rows: Rows
    record_images: RecordImages
    clock: Clock

    def all(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """End all pending rows of a job whose deadline has passed."""
        return self._end(job, self.rows.pending(job.id), DEADLINE_EXCEEDED, seconds_left)

    def not_in_progress(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """End the rows of a cancelled job that no function can be working on. Running images finish."""
        return self._end(job, self._idle(job, self.clock()), CANCELLED, seconds_left)

    def _idle(self, job: Job, now: datetime) -> Iterator[Row]:
        """Yield the pending rows, except those with a due image in the first range of each lane.

        The message of that range is in the queue, or a function is processing it.
        """
        for row, is_head in ranges.mark_lane_heads(self.rows.pending(job.id), job.window):
            if not (is_head and any(image.due(now) for image in row.images)):
                yield row

    def _end(self, job: Job, rows: Iterator[Row], error: ImageError, seconds_left: SecondsLeft) -> bool:
        for batch in batched(rows, BATCH // len(job.renditions), strict=False):
            outcomes = {(row, place): image.failed(error) for row, place, image in pending_images(batch)}
            self.record_images(job, batch, outcomes)
            if seconds_left() < MIN_SECONDS_LEFT:
                return False
        return True
