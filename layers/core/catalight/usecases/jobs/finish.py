"""Finish a job: write its result, publish it with the exact counts, and start its webhook."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from catalight.domain.errors import ResultError
from catalight.domain.job import links, stored_keys
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.result_csv import media_type
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.row import Row
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import DeliverWebhook
from catalight.domain.messages import FinishJob as Message
from catalight.usecases.jobs.current import current
from catalight.usecases.jobs.note_same import NoteSame
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Queue, Rows, WriteResult

DELETED_AT_ONCE = 1_000  # keys, about: more in one call cost no less

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishJob:
    """End a run. Nothing else does, and only if the job is FINISHING in the run of the message."""

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    write_result: WriteResult
    note_same: NoteSame
    webhook_queue: Queue
    clock: Clock

    def __call__(self, message: Message) -> None:
        """Handle one message. A late duplicate only sends the message of an undelivered webhook again."""
        job = current(self.jobs, message.job_id, message.run)
        if job is None:
            return
        if job.state is JobState.FINISHING:
            self._publish(job)
        elif not job.has_result:
            return
        if job.webhook and job.webhook.state is WebhookState.PENDING:
            self.webhook_queue.send([DeliverWebhook(job.id, job.run)])

    def _publish(self, job: Job) -> None:
        """Write the result. A file that cannot hold it is replaced by a CSV in UTF-8: every job ends."""
        try:
            counts = self._write(job, job.result)
        except ResultError as error:
            logger.warning("the result is CSV in UTF-8: %s", error.code)
            counts = self._write(job, job.result.plain)
        self.jobs.publish(job.id, job.run, job.end, counts, self.clock())

    def _write(self, job: Job, form: ResultForm) -> Counts:
        counter = _Counter()
        rows = self.note_same(job, counter.count(self._rows_and_cleanup(job)))
        key = links.result_key(job.id, job.run, form)
        self.store.put_stream(key, self.write_result(job, form, rows), media_type(job, form))
        return counter.counts

    def _rows_and_cleanup(self, job: Job) -> Iterator[Row]:
        """Yield all rows, and delete what a crashed attempt may have stored and no row refers to."""
        unused = list[str]()
        for row in self.rows.stream(job.id):
            yield row
            if row.run == job.run:
                unused += stored_keys.orphan_keys(job, row)
            if len(unused) >= DELETED_AT_ONCE:
                self.store.delete(unused)
                unused.clear()
        if unused:
            self.store.delete(unused)


@dataclass(slots=True)
class _Counter:
    """Counts the images of rows while they are iterated."""

    counts: Counts = field(default_factory=Counts)

    def count(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.counts += Counts.of(row.images)
            yield row
