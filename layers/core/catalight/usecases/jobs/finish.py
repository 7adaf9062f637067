"""Finish a job: write its result CSV, publish it with the exact counts, and start its webhook."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from catalight.domain.job import links, result_csv, stored_keys
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.row import Row
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import DeliverWebhook
from catalight.domain.messages import FinishJob as Message
from catalight.usecases.jobs.current import current
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Queue, Rows

DELETED_AT_ONCE = 1_000  # keys, about: more in one call cost no less
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class FinishJob:
    """End a run. Nothing else does, and only if the job is FINISHING in the run of the message."""

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    webhook_queue: Queue
    clock: Clock

    def __call__(self, message: Message) -> None:
        """Handle one message. A late duplicate only sends the message of an undelivered webhook again."""
        job = current(self.jobs, message.job_id, message.run)
        if job is None:
            return
        if job.state is JobState.FINISHING:
            self._publish(job)
        elif not job.state.has_result:
            return
        if job.webhook and job.webhook.state is WebhookState.PENDING:
            self.webhook_queue.send([DeliverWebhook(job.id, job.run)])

    def _publish(self, job: Job) -> None:
        counter = _Counter()
        rows = counter.count(self._rows_and_cleanup(job))
        width, outputs = len(job.header), len(job.outputs)
        lines = (result_csv.line(job.dialect, row, job.link_base, width, outputs) for row in rows)
        chunks = chain([result_csv.head(job.dialect, job.header, job.outputs)], lines)
        self.store.put_stream(links.result_key(job.id, job.run), chunks, CSV)
        self.jobs.publish(job.id, job.run, job.end, counter.counts, self.clock())

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
