"""Finish a job: write its result, publish it with the exact counts, and start its webhook."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from catalight.domain.errors import ResultError, UploadGoneError
from catalight.domain.job import stored_keys
from catalight.domain.job.export import Export
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.row import Row
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import DeliverWebhook
from catalight.domain.messages import FinishJob as Message
from catalight.usecases.jobs.current import current
from catalight.usecases.ports import Clock, Jobs, Queue, Results, SecondsLeft, Uploads
from catalight.usecases.results.step_upload import ClaimLostError
from catalight.usecases.results.write_rows import WriteRows

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishJob:
    """End a run. Nothing else does, and only if the job is FINISHING in the run of the message."""

    jobs: Jobs
    results: Results
    uploads: Uploads
    write_rows: WriteRows
    aggregator_queue: Queue
    webhook_queue: Queue
    clock: Clock

    def __call__(self, message: Message, seconds_left: SecondsLeft) -> None:
        """Handle one message. A late duplicate only sends the message of an undelivered webhook again.

        A result for which there is not enough time is continued by another message.
        """
        job = current(self.jobs, message.job_id, message.run)
        if job is None:
            return
        if job.state is JobState.FINISHING:
            try:
                published = self._publish(job, message, seconds_left)
            except ClaimLostError:
                return
            if not published:
                return
        elif not job.has_result:
            return
        if job.webhook and job.webhook.state is WebhookState.PENDING:
            self.webhook_queue.send([DeliverWebhook(job.id, job.run)])

    def _publish(self, job: Job, message: Message, seconds_left: SecondsLeft) -> bool:
        """Write the result. Return False if it is not complete: then another handler goes on.

        A file that cannot hold it is replaced by a CSV in UTF-8: every job ends.
        """
        begun = [result for result in self.results.of_job(job.id) if result.run == job.run]
        form = job.result.plain if any(one.form == job.result.plain for one in begun) else job.result
        try:
            counts = self._write(job, form, begun, seconds_left)
        except ResultError as error:
            logger.warning("the result is CSV in UTF-8: %s", error.code)
            form = job.result.plain
            counts = self._write(job, form, begun, seconds_left)
        if counts is None:
            self.aggregator_queue.send([message])
            return False
        self.jobs.publish(job.id, job.run, job.end, counts, self.clock())
        self._forget(job, form)
        return True

    def _write(
        self, job: Job, form: ResultForm, begun: Iterable[Export], seconds_left: SecondsLeft
    ) -> Counts | None:
        """Write the result in this form, from its last checkpoint on. Return None if it is not complete."""
        result = next((one for one in begun if one.form == form), Export.of(job, form, self.clock()))
        try:
            return self.write_rows(job, result, seconds_left, partial(_unused, job))
        except UploadGoneError:
            # Another handler has completed it, or the bucket's lifecycle has ended it: then it begins again.
            stored = self.results.find(result.id)
            complete = stored is not None and stored.position.row >= job.rows
            if stored and not (complete and self.write_rows.store.exists(result.key)):
                self.results.forget(stored)
            return None

    def _forget(self, job: Job, form: ResultForm) -> None:
        """Remove what was remembered of steps, also of a form that could not hold the result."""
        for result in self.results.of_job(job.id):
            if result.form != form and result.upload:
                self.uploads.abort(result.key, result.upload)
            self.results.forget(result)


def _unused(job: Job, row: Row) -> Iterable[str]:
    """Return what a crashed attempt of this run may have stored and the row does not refer to."""
    return stored_keys.orphan_keys(job, row) if row.run == job.run else ()
