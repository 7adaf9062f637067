"""Finish a job: write its result CSV, publish it with the exact counts, and set its webhook going."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from catalight.domain import links, result_csv
from catalight.domain.errors import JobNotFoundError
from catalight.domain.job import Counts, Job, JobState, WebhookState
from catalight.domain.messages import DeliverWebhook
from catalight.domain.messages import FinishJob as Message
from catalight.domain.result_csv import ImageResult
from catalight.domain.row import Image
from catalight.usecases.ports import Clock, Jobs, ObjectStore, Queue, Rows

CSV = "text/csv; charset=utf-8"


@dataclass(frozen=True, slots=True)
class FinishJob:
    """Only this writes COMPLETED, and only where the job stands at FINISHING of the message's run."""

    jobs: Jobs
    rows: Rows
    store: ObjectStore
    webhook_queue: Queue
    clock: Clock

    def __call__(self, message: Message) -> None:
        """Handle one message; a late twin changes nothing but sends an undelivered webhook's hint again."""
        try:
            job = self.jobs.get(message.job_id)
        except JobNotFoundError:
            return
        if job.run != message.run:
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
        self.jobs.publish(job.id, job.run, result.counts, self.clock())


@dataclass(slots=True)
class _Result:
    """The result CSV as a stream, counting what passes by."""

    job: Job
    rows: Rows
    counts: Counts = field(default_factory=Counts)

    def chunks(self) -> Iterator[bytes]:
        yield result_csv.head(self.job.dialect, self.job.header)
        for row in self.rows.stream(self.job.id):
            self.counts += Counts.of(row.images)
            yield result_csv.line(self.job.dialect, row.cells, [self._image(image) for image in row.images])

    def _image(self, image: Image) -> ImageResult:
        link = f"{self.job.link_base}/images/{image.link}" if image.link else None
        return ImageResult(link, image.error, image.bytes_in, image.bytes_out)
