"""Start a new run of a job: reopen its failed rows, seal it, and send its first window of ranges."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import batched

from catalight.domain.errors import ImageErrorCode
from catalight.domain.job import ranges
from catalight.domain.job.job import Counts, Job, Reopened
from catalight.domain.job.row import Image, ImageState, Row
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.ports import Clock, Jobs, Rows, SecondsLeft

BATCH = 1_000  # rows of one rendition
MIN_SECONDS_LEFT = 30.0  # seconds; more than a batch takes


@dataclass(frozen=True, slots=True)
class ReopenRows:
    """Every attempt reopens the same rows in the same ranges, so it may be interrupted or run in duplicate.

    No message of the run is sent before the run is sealed, so a reopened row does not change until then.
    """

    jobs: Jobs
    rows: Rows
    send_window: SendWindow
    clock: Clock

    def __call__(self, job: Job, seconds_left: SecondsLeft) -> bool:
        """Reopen the rows of a run that is not sealed. The call that seals it sends its first window.

        Return False if the time is over: then another call goes on.
        """
        so_far = job.reopened if job.reopened and job.reopened.run == job.run else Reopened(job.run)
        for batch in batched(self._reopened(job, so_far), BATCH // len(job.renditions), strict=False):
            self.rows.reopen([row for row in batch if row.pending])
            so_far = _further(so_far, batch)
            if seconds_left() < MIN_SECONDS_LEFT:
                self.jobs.record_reopened(job.id, so_far, self.clock())
                return False
        number = so_far.range + 1 if so_far.weight else 0
        if self.jobs.seal(job.id, job.run, number, so_far.counts, self.clock()):
            self.send_window(replace(job, ranges=number))
        return True

    def _reopened(self, job: Job, so_far: Reopened) -> Iterator[Row]:
        """Yield the rows after those that are reopened as they are at the start of the run.

        The pending ones have their ranges.
        """
        assign = ranges.Assignment(so_far.range, so_far.weight)
        for stored in self.rows.stream(job.id, so_far.row - 1):
            row = _reopened(job, stored)
            number = assign(ranges.weight(row.images))
            yield replace(row, range=number) if row.pending else row


def _further(so_far: Reopened, batch: Sequence[Row]) -> Reopened:
    pending = [row for row in batch if row.pending]
    last = pending[-1].range or 0 if pending else so_far.range
    weight = sum(ranges.weight(row.images) for row in pending if row.range == last)
    return replace(
        so_far,
        row=batch[-1].number + 1,
        range=last,
        weight=weight + (so_far.weight if last == so_far.range else 0),
        counts=so_far.counts + Counts.of(image for row in batch for image in row.images),
    )


def _reopened(job: Job, row: Row) -> Row:
    images = tuple(image.anew() if _may_succeed(image) else image for image in row.images)
    if row.run == job.run or images == row.images:
        return row
    return replace(row, run=job.run, images=images, version=row.version + 1)


def _may_succeed(image: Image) -> bool:
    return image.state is ImageState.FAILED and image.error is not ImageErrorCode.INVALID_URL
