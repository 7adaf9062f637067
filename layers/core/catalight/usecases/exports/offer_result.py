"""Link to the result of a job in the form that is asked for, and have it made if it does not exist yet."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from catalight.domain.errors import (
    ExportStoppedError,
    JobNotFinishedError,
    NoResultError,
    ResultError,
    ResultExpiredError,
    UnavailableError,
)
from catalight.domain.job import export, links
from catalight.domain.job.export import Export, ExportState
from catalight.domain.job.job import ENDED, Job
from catalight.domain.job.result_form import ResultForm, ResultFormat
from catalight.domain.messages import WriteExport
from catalight.usecases.jobs.link_result import LINK_SECONDS, RETRY_AFTER, Link, LinkResult
from catalight.usecases.ports import Clock, Exports, ObjectStore, Queue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preparing:
    """An export that is not ready: `done` of `total`. Ask again after `retry_after` seconds."""

    done: int
    total: int
    retry_after: int


@dataclass(frozen=True, slots=True)
class OfferResult:
    """Offer the result of the newest finished run.

    The client that asks again and again is what drives an export: it sends the message again when no function
    works on it. So a lost message needs no sweeper, and nothing is made that nobody waits for.
    """

    link_result: LinkResult
    exports: Exports
    store: ObjectStore
    export_queue: Queue
    clock: Clock

    def __call__(
        self, job: Job, changes: Mapping[str, Any] | None = None, *, head: bool = False, start: bool = True
    ) -> Link | Preparing:
        """Return the link, for HEAD requests if `head` is true, or how far the export is.

        `changes` are fields of the form in which the result was written. Unless `start` is true, no export
        begins.
        Raise JobNotFoundError, JobNotFinishedError or ResultExpiredError if there is no result, ResultError
        if it cannot have this form, and ExportStoppedError if the export was given up a moment ago.
        """
        if job.state in ENDED and not job.has_result:
            raise NoResultError(job.id, job.state)
        if not job.has_result:
            raise JobNotFinishedError(job.id, RETRY_AFTER)
        written = self._written(job, changes or {})
        form = _changed(written, changes or {})
        if form == written:
            return self.link_result(job.id, head=head)
        now = self.clock()
        new = Export.of(job, form, now)
        found = self.exports.find(new.id) or new
        match found.state:
            case ExportState.READY:
                return self._link(job, found, head=head)
            case ExportState.FAILED if not found.may_restart(now):
                raise self._failure(found)
            case ExportState.ABORTED:  # the job was retried meanwhile
                raise JobNotFinishedError(job.id, RETRY_AFTER)
        if start:
            self._ask(new)
        return Preparing(found.done, found.total, RETRY_AFTER if found.total > 1_000 else 2)

    def _written(self, job: Job, changes: Mapping[str, Any]) -> ResultForm:
        """Return the form in which the result was written. What is stored tells it, if it matters."""
        matters = changes and changes.get("format") is not ResultFormat.ZIP
        return self.link_result.written(job) if matters and len(job.result.possible) > 1 else job.result

    def _ask(self, new: Export) -> None:
        """Have it written, unless it is being written, or as many others of the owner are."""
        now = self.clock()
        until = now + export.ASKED
        if not self.exports.ask(new, now, until):
            return
        # Counted after the write, so that simultaneous requests cannot exceed the limit together.
        zips = new.form.format is ResultFormat.ZIP
        limit = export.ZIPS_AT_ONCE if zips else export.AT_ONCE
        if self.exports.count_active(new.owner, now, zips=zips) > limit:
            self.exports.withdraw(new.id, until)
            return
        try:
            self.export_queue.send([WriteExport(new.job_id, new.run, export.form_name(new.form))])
        except UnavailableError as error:
            logger.warning("a message was not sent; the next request sends it: %s", error)
            self.exports.withdraw(new.id, until)

    def _link(self, job: Job, ready: Export, *, head: bool) -> Link:
        if not self.store.exists(ready.key):
            raise ResultExpiredError(job.id)
        name = links.result_name(job.file_name, ready.form)
        url = self.store.link(ready.key, LINK_SECONDS, file_name=name, head=head)
        return Link(url, self.clock() + timedelta(seconds=LINK_SECONDS))

    def _failure(self, failed: Export) -> ResultError | ExportStoppedError:
        if failed.refusal:
            return ResultError(failed.refusal, failed.failure)
        left = export.REST - (self.clock() - (failed.failed_at or self.clock()))
        return ExportStoppedError(failed.job_id, max(1, -(-left // timedelta(seconds=1))))


def _changed(written: ResultForm, changes: Mapping[str, Any]) -> ResultForm:
    """Return the form that is asked for. Rows to send again are a file that can be sent."""
    if changes.get("only_failed") and written.format is ResultFormat.JSONL:
        written = replace(written, format=ResultFormat.CSV)
    return replace(written, **changes).normalised
