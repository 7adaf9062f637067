"""Finish a job: write its result CSV, publish it with the exact counts, and set its webhook going."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from catalight.domain import keys, links, result_csv
from catalight.domain.job import Counts, Job, JobState
from catalight.domain.messages import DeliverWebhook
from catalight.domain.messages import FinishJob as Message
from catalight.domain.webhook import WebhookState
from catalight.usecases.current import current
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Queue, Rows

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
        result = _Result(job, self.rows)
        self.store.put_stream(links.result_key(job.id, job.run), result.chunks(), CSV)
        # An attempt that died may have stored what a later one could not have.
        self.store.delete(result.unreferenced)
        self.jobs.publish(job.id, job.run, job.end, result.counts, self.clock())


@dataclass(slots=True)
class _Result:
    """The result CSV as a stream, counting what passes by."""

    job: Job
    rows: Rows
    counts: Counts = field(default_factory=Counts)
    unreferenced: list[str] = field(default_factory=list)

    def chunks(self) -> Iterator[bytes]:
        yield result_csv.head(self.job.dialect, self.job.header)
        for row in self.rows.stream(self.job.id):
            self.counts += Counts.of(row.images)
            if row.run == self.job.run:
                self.unreferenced += keys.unreferenced(self.job, row)
            yield result_csv.line(self.job.dialect, row, self.job.link_base)
