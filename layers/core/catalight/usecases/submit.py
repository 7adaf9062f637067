"""Take a catalogue: store the job and its rows, seal it, and send its first window of ranges."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from catalight.domain import ranges
from catalight.domain.catalogue import Catalogue
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.job import Counts, Job, JobState, Webhook
from catalight.domain.messages import ProcessRange
from catalight.domain.options import Options
from catalight.domain.row import Image, Row
from catalight.usecases.ask_completion import AskCompletion
from catalight.usecases.ports import Clock, Jobs, Queue, Rows

UNUSABLE = ImageError(ImageErrorCode.INVALID_URL, "This is not a usable http or https URL.")


@dataclass(frozen=True, slots=True)
class Order:
    """What a client sends: a parsed catalogue and what to do with it.

    `api_base` and `link_base` are URLs without a path, as in Job.
    """

    catalogue: Catalogue
    file_name: str
    options: Options
    webhook_url: str | None
    api_base: str
    link_base: str


@dataclass(frozen=True, slots=True)
class Submit:
    """Take a catalogue; the answer is a job that is stored, sealed and under way."""

    jobs: Jobs
    rows: Rows
    image_queue: Queue
    ask_completion: AskCompletion
    clock: Clock
    new_id: Callable[[], str]
    window: int

    def __call__(self, order: Order) -> Job:
        """Return the job; raise UnavailableError where the database or the queue does not answer."""
        job_id = self.new_id()
        rows = tuple(_rows(job_id, order.catalogue))
        job = self._job(job_id, order, rows)
        self.jobs.insert(job)
        self.rows.insert(rows)
        self.jobs.seal(job.id, job.run)
        if job.ranges:
            window = ranges.first_window(job.ranges, job.window)
            self.image_queue.send(ProcessRange(job.id, job.run, number) for number in window)
        else:  # nobody else will ask
            self.ask_completion(job.id, job.run)
        return job

    def _job(self, job_id: str, order: Order, rows: tuple[Row, ...]) -> Job:
        return Job(
            id=job_id,
            state=JobState.PENDING,
            run=1,
            sealed=False,
            options=order.options,
            dialect=order.catalogue.dialect,
            header=order.catalogue.header,
            file_name=order.file_name,
            rows=len(rows),
            images=sum(len(row.images) for row in rows),
            ranges=1 + max((row.range for row in rows if row.range is not None), default=-1),
            window=self.window,
            secret=secrets.token_bytes(32),
            api_base=order.api_base,
            link_base=order.link_base,
            created_at=self.clock(),
            counts=Counts.of(image for row in rows for image in row.images),
            webhook=Webhook(order.webhook_url) if order.webhook_url else None,
        )


def _rows(job_id: str, catalogue: Catalogue) -> Iterator[Row]:
    pending = (sum(source.usable for source in row.sources) for row in catalogue.rows)
    for number, (source_row, row_range) in enumerate(
        zip(catalogue.rows, ranges.assign(pending), strict=True)
    ):
        images = tuple(
            Image(source.url) if source.usable else Image(source.url).failed(UNUSABLE)
            for source in source_row.sources
        )
        yield Row(job_id, number, run=1, range=row_range, cells=source_row.cells, images=images)
