"""Stores the jobs that the files of `events/` name, each in the state that its event needs."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from catalight.adapters.mongo import Connection, MongoExports, MongoJobs, MongoRows, MongoSources, MongoUsage
from catalight.clock import utc_now
from catalight.domain.catalogue import catalogue
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.export import Export
from catalight.domain.job.job import Job
from catalight.domain.job.result_form import ResultForm
from catalight.domain.job.retention import Retention
from catalight.domain.job.upload import BigUpload, Form
from catalight.domain.messages import Message
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.jobs.submit import Submission, Submit
from catalight.usecases.uploads.begin_upload import Announced, BeginUpload

IMAGES = "11111111-1111-4111-8111-111111111111"  # stored and sealed: images-batch.json, api-status.json
FINISH = "22222222-2222-4222-8222-222222222222"  # at FINISHING: aggregator-message.json
WEBHOOK = "33333333-3333-4333-8333-333333333333"  # completed: webhook-message.json, export-message.json
DEAD = "44444444-4444-4444-8444-444444444444"  # stored and sealed: dead-letter.json
UPLOADED = "66666666-6666-4666-8666-666666666666"  # waits for its file: ingest.json
CANCELLED = "55555555-5555-4555-8555-555555555555"  # cancelled, its rows not ended: tend-message.json

FAILED_ROWS = ResultForm(only_failed=True)
DAY = timedelta(days=1)
RETENTION = Retention(stall_timeout=DAY, job_deadline=DAY, lifetime=DAY, max_lifetime=DAY)
NOT_FOUND = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")


class NullQueue:
    """A queue that drops its messages: the event files take their place."""

    def send(self, messages: Iterable[Message], delay: int = 0, group: str | None = None) -> None:
        """Drop the messages."""


class NoForms:
    """Makes forms that lead nowhere."""

    def form(self, *_: object) -> Form:
        """Return an empty form."""
        return Form("", {})


@dataclass(frozen=True, slots=True)
class Seeds:
    """Stores jobs in a database, with their images at `image_base` and their webhooks at `webhook_url`."""

    jobs: MongoJobs
    rows: MongoRows
    usage: MongoUsage
    exports: MongoExports
    sources: MongoSources
    image_base: str
    webhook_url: str

    def plant(self) -> None:
        """Store all jobs."""
        self._submit(IMAGES)
        self._announce(UPLOADED)
        self._submit(DEAD)
        self._submit(CANCELLED)
        self.jobs.begin_cancelling(CANCELLED, utc_now())
        self._finish(self._submit(FINISH))
        completed = self._submit(WEBHOOK)
        self._finish(completed)
        self.jobs.publish(WEBHOOK, completed.run, completed.end, completed.counts, utc_now())
        self.exports.ask(Export.of(completed, FAILED_ROWS, utc_now()), utc_now(), utc_now())

    def _announce(self, job_id: str) -> None:
        """Open the job of a big upload."""
        begin = BeginUpload(
            jobs=self.jobs,
            admit=Admit(self.jobs, self.usage, utc_now),
            forms=NoForms(),
            clock=utc_now,
            new_id=lambda: job_id,
            window=10,
            retention=RETENTION,
        )
        begin(
            Announced(
                owner="",
                file_name="seed.csv",
                upload=BigUpload(1_000_000, "text/csv"),
                renditions=(Rendition(),),
                webhook_url=None,
                api_base="http://api.test",
                link_base="http://api.test",
            )
        )

    def _submit(self, job_id: str) -> Job:
        submit = Submit(
            jobs=self.jobs,
            rows=self.rows,
            admit=Admit(self.jobs, self.usage, utc_now),
            sample_memory=SampleMemory(self.sources),
            send_window=SendWindow(NullQueue(), AskCompletion(self.jobs, self.rows, NullQueue(), utc_now)),
            clock=utc_now,
            new_id=lambda: job_id,
            window=10,
            retention=RETENTION,
        )
        submission = Submission(
            owner="",
            catalogue=catalogue.parse(_catalogue(self.image_base)),
            file_name="seed.csv",
            renditions=(Rendition(),),
            webhook_url=self.webhook_url,
            api_base="http://api.test",
            link_base="http://api.test",
        )
        return submit(submission)

    def _finish(self, job: Job) -> None:
        rows = [
            replace(row, images=tuple(image.failed(NOT_FOUND) for image in row.images))
            for row in self.rows.stream(job.id)
        ]
        self.rows.save(rows)
        self.jobs.begin_finishing(job.id, job.run, utc_now())


def _catalogue(image_base: str) -> bytes:
    """Return a CSV of 10 rows with 2 images each."""
    lines = [f'{n},Product {n},"{image_base}/{n}.jpg {image_base}/{n + 10}.jpg"' for n in range(10)]
    return "\n".join(["Serial Number,Product Name,Input Image Urls", *lines]).encode()


def upload(s3: Any, image_base: str) -> None:
    """Store the file of the big upload, with S3's client, in the stack's only bucket."""
    [bucket] = s3.list_buckets()["Buckets"]
    s3.put_object(Bucket=bucket["Name"], Key=f"uploads/{UPLOADED}", Body=_catalogue(image_base))


def plant(mongodb_uri: str, database: str, image_base: str, webhook_url: str) -> None:
    """Store the jobs of the event files in a database."""
    connected = Connection(lambda: mongodb_uri, database)
    jobs, rows, usage = MongoJobs(connected), MongoRows(connected), MongoUsage(connected)
    Seeds(
        jobs, rows, usage, MongoExports(connected), MongoSources(connected), image_base, webhook_url
    ).plant()
    connected.close()
