"""Read a big upload into its job, in steps."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from catalight.domain import error_texts
from catalight.domain.catalogue.files import Options
from catalight.domain.catalogue.requested import Wanted
from catalight.domain.errors import (
    CatalogueError,
    LimitError,
    ObjectChangedError,
    OptionError,
    Problem,
    UnavailableError,
    UploadGoneError,
)
from catalight.domain.facts import UploadRead
from catalight.domain.job import fairness, upload
from catalight.domain.job.job import RUNNING, Job, JobState
from catalight.domain.job.upload import BigUpload, Spool, Stored, UploadState
from catalight.domain.messages import IngestUpload as Message
from catalight.domain.messages import TendJob
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.messaging import send_best_effort
from catalight.usecases.ports import BigUploads, Clock, Jobs, ObjectRanges, Queue, Report, SecondsLeft
from catalight.usecases.results.step_upload import ClaimLostError
from catalight.usecases.uploads.file_at import FileAt, refusal
from catalight.usecases.uploads.look import may_be_streamed
from catalight.usecases.uploads.read_upload import Held, ReadUpload
from catalight.usecases.uploads.spool_table import SpoolTable
from catalight.usecases.uploads.tend_upload import RemoveFile
from catalight.usecases.uploads.turn import Turn
from catalight.usecases.uploads.unpack import GZIP, Unpack

CHANGED = "The file was replaced or removed while it was read. Send it again, once, in a new upload."
GAVE_UP = (
    "Reading the file failed several times. Save it again, as CSV in UTF-8, and send it in a new upload."
)


@dataclass(frozen=True, slots=True)
class IngestUpload:
    """Read a big upload for one turn, and send a message to go on.

    A message only says that there may be something to do. Duplicates are dropped while one function holds the
    claim. If it stalls for longer than that, two read the same file: the rows are the same for everyone, and
    only the newest claim is recorded.
    """

    jobs: Jobs
    big_uploads: BigUploads
    objects: ObjectRanges
    unpack: Unpack
    spool_table: SpoolTable
    read_upload: ReadUpload
    remove_file: RemoveFile
    send_window: SendWindow
    ingest_queue: Queue
    aggregator_queue: Queue
    clock: Clock
    report: Report

    def __call__(self, message: Message, seconds_left: SecondsLeft) -> None:
        """Handle one message. Raise UnavailableError in an outage, which does not count as an attempt."""
        job = self.jobs.find(message.job_id)
        if job is None or job.state is JobState.GONE:  # its form still worked: nobody else removes this file
            self.remove_file.late(message.job_id)
            return
        if job.upload is None or job.upload.state is UploadState.UNDERSTOOD:
            return
        if job.sealed or job.state not in RUNNING:
            self._tidy_up(job)
            return
        found = self.objects.head(upload.upload_key(job.id))
        if found is None and job.upload.etag is None:
            return  # nothing was sent yet
        now = self.clock()
        claimed = self.big_uploads.claim(job.id, now, now + upload.LEASE)
        if claimed is None:
            return
        held = Held(claimed, self.big_uploads, self.clock)
        try:
            self._ingest(held, found, Turn(seconds_left))
        except ClaimLostError:
            return
        except UnavailableError:
            self.big_uploads.release(held.job, refund=True)
            raise

    def _ingest(self, held: Held, found: Stored | None, seconds_left: SecondsLeft) -> None:
        try:
            if held.upload.attempts > upload.MAX_ATTEMPTS:
                raise refusal("not_read", GAVE_UP)
            self._check(held, found)
            finished = self._step(held, seconds_left)
        except CatalogueError as error:
            self._fail(held, error.problems, error.total)
        except OptionError as error:
            self._fail(held, (Problem("option", error_texts.of_option(error)),), 1)
        except LimitError as error:
            self._fail(held, (Problem("limit", error_texts.of_limit(error)),), 1)
        except ObjectChangedError:
            self._fail(held, (Problem("upload_changed", CHANGED),), 1)
        else:
            if finished:
                self.report(_read(held.job))
                self._tidy_up(held.job)
            elif held.upload.state is not UploadState.UNDERSTOOD and self.big_uploads.release(held.job):
                # S3's own events have no group, so an owner's long files do not delay the files of others.
                self.ingest_queue.send([Message(held.job.id)], group=fairness.of_owner(held.job.owner))

    def _check(self, held: Held, found: Stored | None) -> None:
        """Check that the file is the one that was seen first, or count and record what is seen now."""
        big: BigUpload = held.upload
        if found is None or (big.etag and found.etag != big.etag):
            raise ObjectChangedError
        if big.etag:
            return
        if found.size > big.size:  # not every store enforces the condition of its form
            message = f"The file has {found.size:,} bytes, but {big.size:,} were announced."
            raise refusal("larger_than_announced", message, found=f"{found.size:,} bytes")
        if not found.size:
            message = "The file is empty. Export the catalogue again and send the new file."
            raise refusal("empty_file", message)
        self.read_upload.count_file(held.job, found.size)
        held.record(etag=found.etag, true_size=found.size, state=UploadState.READING)

    def _step(self, held: Held, seconds_left: SecondsLeft) -> bool:
        """Read on. Return whether the job is sealed."""
        key, etag = upload.upload_key(held.job.id), held.upload.etag or ""
        file = FileAt(self.objects, key, etag, held.upload.true_size)
        if file.read(0, len(GZIP)) == GZIP:
            if not self._unpacked(held, file, seconds_left):
                return False
            copy = self._copy(upload.spool_key(held.job.id))
            if copy is None:
                held.record(spool=None)  # it was removed: make it again
                return False
            file = copy
        return self._read(held, file, seconds_left)

    def _read(self, held: Held, file: FileAt, seconds_left: SecondsLeft) -> bool:
        """Read the rows of a file, or of a copy if it is a workbook that is too large to be read at once."""
        if (table := held.upload.table) and table.complete:
            copy = self._copy(upload.table_key(held.job.id))
            if copy is not None:
                return self.read_upload(held, copy, seconds_left)
        elif not self.read_upload.look.is_large_workbook(file):
            try:
                return self.read_upload(held, file, seconds_left)
            except CatalogueError as error:
                if held.upload.checkpoint or not may_be_streamed(file, error):
                    raise
        self._copy_table(held, file)
        return False

    def _copy_table(self, held: Held, file: FileAt) -> None:
        said = held.upload.said
        known = self.read_upload.remembered(held)
        wanted = Wanted(said.columns, said.header_row, known)
        renew: Callable[[Spool], None] = lambda made: held.renew(table=made)  # noqa: E731
        options = Options(said.encoding, said.sheet)
        try:
            self.spool_table(file, upload.table_key(held.job.id), held.upload.table, renew, options, wanted)
        except UploadGoneError:  # aborted by the next claim, or with the job
            raise ClaimLostError from None
        held.record()

    def _copy(self, key: str) -> FileAt | None:
        found = self.objects.head(key)
        return found and FileAt(self.objects, key, found.etag, found.size)

    def _unpacked(self, held: Held, file: FileAt, seconds_left: SecondsLeft) -> bool:
        """Make the unpacked copy. Return False if that has to be continued."""
        spool = held.upload.spool
        if spool and spool.complete:
            return True
        key = upload.spool_key(held.job.id)
        record: Callable[[Spool], None] = lambda made: held.record(spool=made)  # noqa: E731
        try:
            return self.unpack(file, key, spool, record, seconds_left)
        except UploadGoneError:  # somebody completed it and could not record that, or it was aborted
            done = spool and self.objects.head(key)
            held.record(spool=replace(spool, complete=True) if spool and done else None)
            return False

    def _fail(self, held: Held, problems: tuple[Problem, ...], total: int) -> None:
        """End the job; its client finds the problems in its status."""
        failed = replace(held.job, upload=held.upload.failed(problems, total))
        if self.big_uploads.end(failed, JobState.FAILED, self.clock(), claimed=True):
            self.report(_read(failed, problems[0].code))
            send_best_effort(self.aggregator_queue, [TendJob(failed.id)])
            self.remove_file(failed)

    def _tidy_up(self, job: Job) -> None:
        """Remove the file of a job that needs it no more, and send the first window if nothing has begun."""
        if job.sealed and job.state is JobState.PENDING:
            self.send_window(job)
        self.remove_file(job)


def _read(job: Job, error: str | None = None) -> UploadRead:
    size = job.upload.true_size if job.upload else 0
    return UploadRead(job.id, size, job.rows, job.images, error)
