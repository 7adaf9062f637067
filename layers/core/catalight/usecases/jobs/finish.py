"""Finish a job: write its result CSV, publish it with the exact counts, and set its webhook going."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched, chain

from catalight.domain.job import links, result_csv, stored_keys
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.row import Row
from catalight.domain.job.webhook import WebhookState
from catalight.domain.messages import DeliverWebhook
from catalight.domain.messages import FinishJob as Message
from catalight.usecases.jobs.current import current
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Queue, Rows

BATCH = 100  # rows, of up to 100 images
CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class FinishJob:
    """Only this ends a run, and only where the job stands at FINISHING of the message's run."""

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    webhook_queue: Queue
    clock: Clock

    def __call__(self, message: Message) -> None:
        """Handle one message; a late twin changes nothing but sends an undelivered webhook's hint again."""
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
        counts = _Counter()
        lines = (result_csv.line(job.dialect, row, job.link_base) for row in counts.of(self._tidied(job)))
        chunks = chain([result_csv.head(job.dialect, job.header)], lines)
        self.store.put_stream(links.result_key(job.id, job.run), chunks, CSV)
        self.jobs.publish(job.id, job.run, job.end, counts.counts, self.clock())

    def _tidied(self, job: Job) -> Iterator[Row]:
        """All rows, without what an attempt that died may have stored and a later one could not have."""
        for batch in batched(self.rows.stream(job.id), BATCH, strict=False):
            failed = [key for row in batch if row.run == job.run for key in stored_keys.leftovers(job, row)]
            if failed:
                self.store.delete(failed)
            yield from batch


@dataclass(slots=True)
class _Counter:
    """Counts the images of the rows that pass by."""

    counts: Counts = field(default_factory=Counts)

    def of(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.counts += Counts.of(row.images)
            yield row
