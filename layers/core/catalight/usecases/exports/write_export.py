"""Write a result in the form that was asked for."""

from dataclasses import dataclass
from datetime import timedelta

from catalight.domain.errors import ResultError, UnavailableError, UploadGoneError
from catalight.domain.facts import ExportEnded
from catalight.domain.job import export
from catalight.domain.job.export import Export, ExportState
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import ResultFormat
from catalight.domain.messages import WriteExport as Message
from catalight.usecases.exports.write_zip import WriteZip
from catalight.usecases.jobs.current import current
from catalight.usecases.ports import (
    Clock,
    Exports,
    Jobs,
    ObjectStore,
    Queue,
    Report,
    SecondsLeft,
    Uploads,
)
from catalight.usecases.results.step_upload import ClaimLostError
from catalight.usecases.results.write_rows import WriteRows

MARGIN = timedelta(seconds=10)  # between the end of a function and that of its claim


@dataclass(frozen=True, slots=True)
class WriteExport:
    """Write one export; a ZIP or a text in several calls, if it has to be.

    Duplicates are dropped while one function holds the claim. If it stalls for longer than that, two write
    the same: parts and pieces are the same for everyone, and only the newest claim is recorded.
    """

    jobs: Jobs
    exports: Exports
    store: ObjectStore
    uploads: Uploads
    export_queue: Queue
    write_rows: WriteRows
    write_zip: WriteZip
    clock: Clock
    report: Report

    def __call__(self, message: Message, seconds_left: SecondsLeft) -> None:
        """Handle one message. Raise UnavailableError in an outage, which does not count as an attempt."""
        job = current(self.jobs, message.job_id, message.run)
        if job is None or not job.has_result:
            return
        in_one_go = message.form.endswith(ResultFormat.XLSX)
        lease = timedelta(seconds=seconds_left()) + MARGIN if in_one_go else export.LEASE
        now = self.clock()
        claimed = self.exports.claim(
            export.export_id(message.job_id, message.run, message.form), now, now + lease
        )
        if claimed is None:
            return
        if claimed.attempts > export.MAX_ATTEMPTS:
            if self.exports.fail(claimed, None, self.clock()):
                self._report_failed(claimed, "gave_up")
            return
        try:
            self._write(job, claimed, message, seconds_left)
        except ClaimLostError:
            self._tidy_up(claimed)
        except ResultError as error:
            self._fail(claimed, error)
        except UploadGoneError:
            self._finish_or_reset(claimed, message)
        except UnavailableError:
            self.exports.release(claimed, self.clock() + export.ASKED, refund=True)
            raise

    def _write(self, job: Job, claimed: Export, message: Message, seconds_left: SecondsLeft) -> None:
        if claimed.upload and self.store.exists(claimed.key):  # completed, and not recorded
            self._clean_and_finish(claimed)
            return
        if claimed.form.format is ResultFormat.ZIP:
            complete = self.write_zip(job, claimed, seconds_left)
        else:
            complete = self.write_rows(job, claimed, seconds_left) is not None
        if complete:
            self._clean_and_finish(claimed)
        elif self.exports.release(claimed, self.clock() + export.ASKED):
            self.export_queue.send([message])

    def _clean_and_finish(self, claimed: Export) -> None:
        if claimed.form.format is ResultFormat.ZIP:
            written = self.exports.find(claimed.id) or claimed
            self.store.delete(written.directory_keys)
        if self.exports.finish(claimed):
            self.report(ExportEnded(claimed.job_id, claimed.run, export.form_name(claimed.form)))

    def _tidy_up(self, claimed: Export) -> None:
        """Remove the piece that was stored after somebody else had completed or aborted the file."""
        found = self.exports.find(claimed.id)
        if found and found.state in (ExportState.READY, ExportState.ABORTED):
            self.store.delete(found.directory_keys)

    def _fail(self, claimed: Export, error: ResultError) -> None:
        if self.exports.fail(claimed, error, self.clock()):
            self._report_failed(claimed, error.code)
            self._remove_upload(self.exports.find(claimed.id) or claimed)

    def _report_failed(self, claimed: Export, code: str) -> None:
        self.report(ExportEnded(claimed.job_id, claimed.run, export.form_name(claimed.form), code))

    def _finish_or_reset(self, claimed: Export, message: Message) -> None:
        """Somebody completed the upload and could not record it, or it is gone: then begin again."""
        if self.store.exists(claimed.key):
            self._clean_and_finish(claimed)
            return
        before = self.exports.find(claimed.id) or claimed
        if self.exports.reset(claimed):
            self._remove_upload(before)
            if self.exports.release(claimed, self.clock() + export.ASKED):
                self.export_queue.send([message])

    def _remove_upload(self, written: Export) -> None:
        if written.upload:
            self.uploads.abort(written.key, written.upload)
        self.store.delete(written.directory_keys)
