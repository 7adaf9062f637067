"""Write all rows of a job as a file, and go on where an earlier call has stopped."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from catalight.domain.errors import ResultError, ResultErrorCode, UploadGoneError
from catalight.domain.job import export
from catalight.domain.job.export import Export
from catalight.domain.job.job import Counts, Job
from catalight.domain.job.result_csv import media_type
from catalight.domain.job.row import Image, Row
from catalight.usecases.ports import Clock, ObjectStore, Rows, SecondsLeft, Steps, Uploads, WriteResult
from catalight.usecases.results.note_same import NoteSame
from catalight.usecases.results.step_upload import StepUpload

MIN_SECONDS_LEFT = 60.0  # seconds; more than a part takes, which has 8 MB
IN_ONE_GO = 0.5  # of the time of a function may pass before a workbook has all rows: packing it takes less
TOO_SLOW = "It takes longer to write than a function may run. Ask for CSV."
COUNTED_AT_ONCE = 1_000  # rows
DELETED_AT_ONCE = 1_000  # keys, about: more in one call cost no less

type Unused = Callable[[Row], Iterable[str]]
"""The keys of objects that may be stored and to which the row does not refer."""


@dataclass(frozen=True, slots=True)
class WriteRows:
    """Write a text in steps, and a workbook, which cannot be continued, in one go.

    A text that fits into one part is stored by one call. A longer one is a multipart upload, whose parts
    depend on the rows alone. So two functions that write the same at the same time make the same parts, and
    the slower one stops at its next checkpoint.
    """

    rows: Rows
    steps: Steps
    uploads: Uploads
    store: ObjectStore
    write_result: WriteResult
    note_same: NoteSame
    clock: Clock
    part_size: Callable[[int], int] = export.part_size

    def __call__(
        self, job: Job, written: Export, seconds_left: SecondsLeft, unused: Unused | None = None
    ) -> Counts | None:
        """Return the counts of all images, or None: the time is over, and another call goes on.

        Objects that are `unused` are deleted. Raise ClaimLostError if another function is further,
        UploadGoneError if the upload was removed and has to be begun again, ResultError or UnavailableError.
        """
        tally = _Tally(self.store, unused, written.position.counts, written.position.row)
        if written.form.format.is_text:
            return self._text(job, written, seconds_left, tally)
        rows = _in_time(tally.of(self.note_same(job, self.rows.stream(job.id))), seconds_left)
        chunks = self.write_result(job, written.form, rows, 0)
        self.store.put_stream(written.key, chunks, media_type(job, written.form))
        return tally.settled()

    def _text(self, job: Job, written: Export, seconds_left: SecondsLeft, tally: "_Tally") -> Counts | None:
        upload = StepUpload(
            steps=self.steps,
            uploads=self.uploads,
            clock=self.clock,
            part_size=self.part_size,
            media_type=media_type(job, written.form),
            written=written,
        )
        # The tally is outside, because notes are made of many rows ahead, which are not written yet.
        rows = tally.of(self.note_same(job, self.rows.stream(job.id, written.position.row - 1)))
        lines = written.position.lines
        for line in self.write_result(job, written.form, rows, lines):
            upload.write(line)
            lines += 1
            if upload.is_full:
                _checkpoint(upload, tally, lines)
            # The first part is written in any case, so that each call makes progress.
            if upload.position is not written.position and seconds_left() < MIN_SECONDS_LEFT:
                return None
        self._complete(upload, tally, lines)
        return tally.counts

    def _complete(self, upload: StepUpload, tally: "_Tally", lines: int) -> None:
        if upload.written.upload is None:
            tally.settled()
            self.store.put_stream(upload.written.key, [upload.data], upload.media_type)
            return
        if upload.data:
            _checkpoint(upload, tally, lines)
        tally.settled()
        try:
            upload.finish()
        except UploadGoneError:
            if not self.store.exists(upload.written.key):  # else another function has completed it
                raise


def _checkpoint(upload: StepUpload, tally: "_Tally", lines: int) -> None:
    upload.end_part()
    upload.position = replace(upload.position, row=tally.next_row, lines=lines, counts=tally.settled())
    upload.done = tally.next_row
    upload.record()


def _in_time(rows: Iterable[Row], seconds_left: SecondsLeft) -> Iterator[Row]:
    """Yield the rows. Raise ResultError if that takes so long that the file would not be stored in time."""
    latest = seconds_left() * IN_ONE_GO
    for row in rows:
        if seconds_left() < latest:
            raise ResultError(ResultErrorCode.TOO_LARGE, TOO_SLOW)
        yield row


@dataclass(slots=True)
class _Tally:
    """Counts the images of rows while they are taken, and deletes what they leave unused.

    `next_row` is the number after that of the last row that was taken.
    """

    store: ObjectStore
    unused: Unused | None
    counts: Counts
    next_row: int
    _images: list[Image] = field(default_factory=list)
    _keys: list[str] = field(default_factory=list)

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        for number, row in enumerate(rows, 1):
            self.next_row = row.number + 1
            self._images += row.images
            if self.unused:
                self._keys += self.unused(row)
            if len(self._keys) >= DELETED_AT_ONCE or number % COUNTED_AT_ONCE == 0:
                self.settled()
            yield row

    def settled(self) -> Counts:
        """Return the counts of all rows that were taken; nothing of them is left unused now."""
        self.counts += Counts.of(self._images)
        self._images.clear()
        if self._keys:
            self.store.delete(self._keys)
            self._keys.clear()
        return self.counts
