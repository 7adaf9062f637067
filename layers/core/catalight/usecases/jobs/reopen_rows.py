"""Start a new run of a job: reopen its failed rows, seal it, and send its first window of ranges."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import batched, tee

from catalight.domain.errors import ImageErrorCode
from catalight.domain.job import ranges
from catalight.domain.job.job import Counts, Job
from catalight.domain.job.row import Image, ImageState, Row
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.ports import Clock, Jobs, Rows

BATCH = 1_000  # rows of one rendition


@dataclass(frozen=True, slots=True)
class ReopenRows:
    """Every attempt reopens the same rows in the same ranges, so it may be interrupted or run in duplicate.

    No message of the run is sent before the run is sealed, so a reopened row does not change until then.
    """

    jobs: Jobs
    rows: Rows
    send_window: SendWindow
    clock: Clock

    def __call__(self, job: Job) -> None:
        """Reopen the rows of a run that is not sealed. The call that seals it sends its first window."""
        counts, last = Counts(), -1
        for batch in batched(self._reopened(job), BATCH // len(job.renditions), strict=False):
            self.rows.reopen([row for row in batch if row.pending])
            counts += Counts.of(image for row in batch for image in row.images)
            last = max([last, *(row.range for row in batch if row.pending and row.range is not None)])
        if self.jobs.seal(job.id, job.run, last + 1, counts, self.clock()):
            self.send_window(replace(job, ranges=last + 1))

    def _reopened(self, job: Job) -> Iterator[Row]:
        """Yield all rows as they are at the start of the run, the pending ones with their ranges."""
        rows, same_rows = tee(_reopened(job, row) for row in self.rows.stream(job.id))
        weights = (ranges.weight(row.images) for row in same_rows)
        for row, number in zip(rows, ranges.assign(weights), strict=True):
            yield replace(row, range=number) if row.pending else row


def _reopened(job: Job, row: Row) -> Row:
    images = tuple(image.anew() if _may_succeed(image) else image for image in row.images)
    if row.run == job.run or images == row.images:
        return row
    return replace(row, run=job.run, images=images, version=row.version + 1)


def _may_succeed(image: Image) -> bool:
    return image.state is ImageState.FAILED and image.error is not ImageErrorCode.INVALID_URL
