"""The use cases wired to in-memory adapters, and small catalogues to run through them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from catalight.adapters.results.write import write_result
from catalight.adapters.tables.large.reader import LargeTableReader
from catalight.adapters.tables.reader import TableReader
from catalight.domain.catalogue import catalogue
from catalight.domain.errors import ImageError, ImageErrorCode
from catalight.domain.facts import Fact
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.rendition import AUTO, Rendition
from catalight.domain.image.report import Chosen, Source, Times
from catalight.domain.job import export
from catalight.domain.job.job import Job
from catalight.domain.job.request_headers import RequestHeaders
from catalight.domain.job.retention import Retention
from catalight.domain.job.webhook import Delivery
from catalight.domain.messages import DeliverWebhook as DeliverWebhookMessage
from catalight.domain.messages import FinishJob as FinishJobMessage
from catalight.domain.messages import IngestUpload as IngestUploadMessage
from catalight.domain.messages import ProcessRange as ProcessRangeMessage
from catalight.domain.messages import TendJob as TendJobMessage
from catalight.domain.web.fetched import Fetched, Validators
from catalight.usecases.callers.admit import Admit
from catalight.usecases.callers.count_downloads import CountDownloads
from catalight.usecases.exports.abort_exports import AbortExports
from catalight.usecases.exports.offer_result import OfferResult
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.end_rows import EndRows
from catalight.usecases.images.give_up import GiveUp
from catalight.usecases.images.process_range import ProcessRange
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.images.reuse_outputs import ReuseOutputs
from catalight.usecases.images.share_bytes import ShareBytes
from catalight.usecases.images.share_outcomes import ShareOutcomes
from catalight.usecases.jobs.accept import Accept
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.cancel import CancelJob
from catalight.usecases.jobs.delete import DeleteJob
from catalight.usecases.jobs.extend import ExtendJob
from catalight.usecases.jobs.finish import FinishJob
from catalight.usecases.jobs.link_result import LinkResult
from catalight.usecases.jobs.make_rows import AllPlaces
from catalight.usecases.jobs.release_outputs import ReleaseOutputs
from catalight.usecases.jobs.reopen_rows import ReopenRows
from catalight.usecases.jobs.retry import RetryJob
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.jobs.submit import Submission, Submit
from catalight.usecases.jobs.understand import Understand
from catalight.usecases.results.note_same import NoteSame
from catalight.usecases.results.write_rows import WriteRows
from catalight.usecases.upkeep.purge_job import PurgeJob
from catalight.usecases.upkeep.renew_outputs import RenewOutputs
from catalight.usecases.upkeep.sweep import Sweep
from catalight.usecases.upkeep.tend_job import TendJob
from catalight.usecases.uploads.begin_upload import BeginUpload
from catalight.usecases.uploads.confirm_upload import ConfirmUpload
from catalight.usecases.uploads.ingest_upload import IngestUpload
from catalight.usecases.uploads.look import Look
from catalight.usecases.uploads.read_upload import ReadUpload
from catalight.usecases.uploads.spool_table import SpoolTable
from catalight.usecases.uploads.tend_upload import RemoveFile, TendUpload
from catalight.usecases.uploads.unpack import Unpack
from catalight.usecases.webhooks.deliver import DeliverWebhook
from catalight.usecases.webhooks.redeliver import RedeliverWebhook
from tests.fake_exports import MemoryExports, MemoryResults, MemoryUploads
from tests.fake_reuse import MemoryReferences, MemorySources
from tests.fake_uploads import MemoryBigUploads, MemoryRanges
from tests.fakes import (
    FakeClock,
    MemoryColumns,
    MemoryDeliveries,
    MemoryHosts,
    MemoryJobs,
    MemoryKeys,
    MemoryQueue,
    MemoryRows,
    MemoryStore,
    MemoryUsage,
)
from tests.inline import Inline

THREADS = ThreadPoolExecutor(10)  # for tests of concurrency
MISSING = ImageError(ImageErrorCode.NOT_FOUND, "The host answered 404.")
RETENTION = Retention(
    stall_timeout=timedelta(minutes=15),
    job_deadline=timedelta(hours=24),
    lifetime=timedelta(days=30),
    max_lifetime=timedelta(days=90),
)
RECEIVES = 5  # how often a message is received before it becomes a dead letter

BUSY = ImageError(ImageErrorCode.HTTP_ERROR, "The host answered 503.", transient=True)


type FetchChanged = Callable[[str, RequestHeaders, Validators | None], Fetched]

SOURCE = Source("png", 4, 2)
CODING = Times(decode=3, resize=2, encode=1)
CHOSEN = Chosen(62, 70.4)  # by quality=auto


def answering(fetch: Callable[[str, RequestHeaders], bytes]) -> FetchChanged:
    """The port of CompressImages, with a host that knows no conditional requests."""
    return lambda url, headers, known: Fetched(fetch(url, headers))


def an_output(data: bytes, format: ImageFormat = ImageFormat.JPEG, *, kept: bool = False) -> Compressed:  # noqa: A002
    """The output of the fake compressor."""
    return Compressed(data, format, 2, 1, SOURCE, CODING, kept)


def csv_of(*cells: str) -> bytes:
    """A catalogue with one row for each cell of URLs, as a CSV file."""
    lines = [f'{n},Product {n},"{cell}"' for n, cell in enumerate(cells, 1)]
    return "\r\n".join(["Serial Number,Product Name,Input Image Urls", *lines, ""]).encode()


def tens(rows: int) -> list[str]:
    """Cells of ten URLs each, all different: each row is a range."""
    return [" ".join(f"http://h/{n}.jpg" for n in range(row * 10, row * 10 + 10)) for row in range(rows)]


def a_submission(*cells: str, **fields: Any) -> Submission:
    """A submission of a catalogue with one row for each cell."""
    submission = Submission(
        owner="",
        catalogue=catalogue.parse(csv_of(*cells)),
        file_name="c.csv",
        renditions=(Rendition(),),
        webhook_url=None,
        api_base="https://api.test",
        link_base="https://cdn.test",
    )
    return replace(submission, **fields)


@dataclass
class Pipeline:
    """Everything that a job needs; `hosts` maps a URL to what it returns, by default the URL as bytes."""

    window: int = 2
    hosts: dict[str, bytes | Exception] = field(default_factory=dict)
    webhook_statuses: list[int] = field(default_factory=list)
    threads: Executor = field(default_factory=Inline)
    etags: bool = True
    part_size: Callable[[int], int] = export.part_size

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.facts: list[Fact] = []
        self.jobs, self.rows, self.store = MemoryJobs(), MemoryRows(), MemoryStore()
        self.image_queue, self.aggregator_queue, self.webhook_queue = (
            MemoryQueue(),
            MemoryQueue(),
            MemoryQueue(),
        )
        self.host_backoffs = MemoryHosts()
        self.exports, self.uploads = MemoryExports(), MemoryUploads(self.store)
        self.results = MemoryResults()
        self.export_queue = MemoryQueue()
        link_result = LinkResult(self.jobs, self.store, self.clock)
        self.offer_result = OfferResult(link_result, self.exports, self.store, self.export_queue, self.clock)
        self.abort_exports = AbortExports(self.exports, self.results, self.uploads, self.store)
        self.fetched: list[str] = []
        self.unchanged: list[str] = []
        self.compressed: list[bytes] = []
        self.delivered: list[tuple[str, str, str]] = []
        self.deliveries = MemoryDeliveries(self.jobs)
        self.ask_completion = AskCompletion(self.jobs, self.rows, self.aggregator_queue, self.clock)
        self.send_window = SendWindow(self.image_queue, self.ask_completion)
        self.keys, self.usage = MemoryKeys(), MemoryUsage()
        self.admit = Admit(self.jobs, self.usage, self.clock)
        self.count_downloads = CountDownloads(self.usage, self.clock)
        self.sources, self.references = MemorySources(), MemoryReferences()
        self.submit = Submit(
            jobs=self.jobs,
            rows=self.rows,
            admit=self.admit,
            sample_memory=SampleMemory(self.sources),
            send_window=self.send_window,
            clock=self.clock,
            new_id=lambda: str(uuid4()),
            window=self.window,
            retention=RETENTION,
        )
        self.column_memory = MemoryColumns()
        self.understand = Understand(TableReader(), self.column_memory)
        self.accept = Accept(self.understand, self.submit, self.column_memory, self.jobs, self.clock)
        self.record_images = RecordImages(self.jobs, self.rows, self.store, self.clock, self.facts.append)
        self.release_outputs = ReleaseOutputs(self.jobs, self.references, self.store)
        self.reuse_outputs = ReuseOutputs(
            self.sources,
            self.references,
            self.jobs,
            self.store,
            self.release_outputs,
            self.threads,
            self.clock,
            RETENTION,
        )
        self.note_same = NoteSame(self.sources)
        self.carry_on = CarryOn(self.rows, self.image_queue, self.ask_completion)
        self.compress_images = CompressImages(
            self.fetch_changed,
            self.compress,
            lambda job: None,  # no process to start
            self.store,
            self.host_backoffs,
            self.clock,
            timer=lambda: self.clock().timestamp(),
            random=lambda: 0.5,  # no jitter: each pause has exactly its nominal length
            threads=self.threads,
            coding=nullcontext(),
            output_budget=ByteBudget(1 << 20),
            pauses=[2, 10],
            deadline=3600,
            outage_pause=60,
            downloads=1,
            per_host=1,
            fetch_seconds=30,
            coding_seconds=20,
            report=self.facts.append,
        )
        self.process_range = ProcessRange(
            self.jobs,
            self.rows,
            self.image_queue,
            self.compress_images,
            self.reuse_outputs,
            ShareBytes(self.sources),
            ShareOutcomes(self.rows, self.clock),
            self.record_images,
            self.carry_on,
            self.count_downloads,
            self.clock,
        )
        self.give_up = GiveUp(
            self.jobs, self.rows, self.image_queue, self.record_images, self.carry_on, receives=RECEIVES
        )
        self.ingest_queue = MemoryQueue()
        self.big_uploads, self.ranges = MemoryBigUploads(self.jobs), MemoryRanges(self.store)
        self.remove_file = RemoveFile(self.store, self.uploads)
        self.read_upload = ReadUpload(
            rows=self.rows,
            keys=self.keys,
            admit=self.admit,
            memory=self.column_memory,
            look=Look(self.understand),
            sample_memory=SampleMemory(self.sources),
            first_places=lambda _: AllPlaces(),
            clock=self.clock,
            retention=RETENTION,
        )
        self.ingest_upload = IngestUpload(
            jobs=self.jobs,
            big_uploads=self.big_uploads,
            objects=self.ranges,
            unpack=Unpack(self.uploads),
            spool_table=SpoolTable(self.uploads, LargeTableReader()),
            read_upload=self.read_upload,
            remove_file=self.remove_file,
            send_window=self.send_window,
            ingest_queue=self.ingest_queue,
            aggregator_queue=self.aggregator_queue,
            clock=self.clock,
            report=self.facts.append,
        )
        self.begin_upload = BeginUpload(
            jobs=self.jobs,
            admit=self.admit,
            forms=self.ranges,
            clock=self.clock,
            new_id=lambda: str(uuid4()),
            window=self.window,
            retention=RETENTION,
        )
        self.confirm_upload = ConfirmUpload(self.jobs, self.big_uploads, self.ingest_queue, self.clock)
        self.write_rows = WriteRows(
            self.rows,
            self.results,
            self.uploads,
            self.store,
            write_result,
            self.note_same,
            self.clock,
            self.part_size,
        )
        self.finish_job = FinishJob(
            self.jobs,
            self.results,
            self.uploads,
            self.write_rows,
            self.aggregator_queue,
            self.webhook_queue,
            self.clock,
        )
        self.deliver_webhook = DeliverWebhook(
            self.jobs,
            self.deliveries,
            self.webhook_queue,
            self.deliver,
            self.clock,
            pauses=[5, 300, 1800],
            report=self.facts.append,
        )
        self.tend_job = TendJob(
            jobs=self.jobs,
            rows=self.rows,
            image_queue=self.image_queue,
            aggregator_queue=self.aggregator_queue,
            webhook_queue=self.webhook_queue,
            ask_completion=self.ask_completion,
            end_rows=EndRows(self.rows, self.record_images, self.clock),
            reopen_rows=ReopenRows(self.jobs, self.rows, self.send_window, self.clock),
            abort_exports=self.abort_exports,
            purge_job=PurgeJob(
                self.jobs,
                self.rows,
                self.store,
                self.abort_exports,
                self.remove_file,
                self.release_outputs,
                self.sources,
                self.clock,
                RETENTION,
            ),
            tend_upload=TendUpload(
                jobs=self.jobs,
                rows=self.rows,
                big_uploads=self.big_uploads,
                remove_file=self.remove_file,
                ingest_queue=self.ingest_queue,
                clock=self.clock,
                retention=RETENTION,
            ),
            renew_outputs=RenewOutputs(self.references, self.store, self.threads, self.clock, RETENTION),
            clock=self.clock,
            retention=RETENTION,
        )
        self.sweep = Sweep(self.jobs, self.aggregator_queue, self.clock, RETENTION, self.facts.append)
        self.cancel_job = CancelJob(self.jobs, self.big_uploads, self.aggregator_queue, self.clock)
        self.retry_job = RetryJob(self.jobs, self.admit, self.aggregator_queue, self.clock, RETENTION)
        self.delete_job = DeleteJob(self.jobs, self.aggregator_queue, self.clock)
        self.extend_job = ExtendJob(self.jobs, self.clock, RETENTION)
        self.redeliver_webhook = RedeliverWebhook(self.jobs, self.deliveries, self.webhook_queue, self.clock)

    def fetch_changed(self, url: str, headers: RequestHeaders, known: Validators | None) -> Fetched:
        """Answer like a host whose ETags are digests of the bytes, if `etags` is true."""
        data = self.fetch(url, headers)
        if not self.etags:
            return Fetched(data)
        new = Validators.read(url, f'"{hashlib.sha256(data).hexdigest()}"', None)
        if known != new:
            return Fetched(data, new)
        self.unchanged.append(url)
        return Fetched(None, known)

    def fetch(self, url: str, headers: RequestHeaders) -> bytes:
        self.fetched.append(url)
        answer = self.hosts.get(url, url.encode())
        if isinstance(answer, Exception):
            raise answer
        self.count_downloads.received(len(answer))
        return answer

    def compress(
        self, data: bytes, renditions: Sequence[Rendition], job: str
    ) -> list[Compressed | ImageError]:
        """Return an output for each rendition; the first has the time of the one decoding."""
        self.compressed.append(data)
        outputs = [
            an_output(data[: len(data) // (2 + number)], rendition.format.formats[0])
            for number, rendition in enumerate(renditions)
        ]
        for number, rendition in enumerate(renditions):
            if rendition.quality == AUTO:
                outputs[number] = replace(outputs[number], chosen=CHOSEN)
        coding = replace(CODING, decode=0)
        return [outputs[0], *(replace(output, times=coding) for output in outputs[1:])]

    def fetch_feed(self, url: str, received: Callable[[int], None]) -> bytes:
        """Return the bytes of a host, or raise its error."""
        found = self.hosts[url]
        if isinstance(found, Exception):
            raise found
        received(len(found))
        return found

    def deliver(self, owner: str, url: str, webhook_id: str, body: str, now: object) -> Delivery:
        self.delivered.append((url, webhook_id, body))
        status = self.webhook_statuses.pop(0) if self.webhook_statuses else 200
        return Delivery(self.clock(), status, None, 1)

    def start(self, *cells: str, **fields: Any) -> Job:
        """Submit a catalogue with one row for each cell."""
        return self.submit(a_submission(*cells, **fields))

    def process(
        self,
        message: ProcessRangeMessage,
        seconds_left: Callable[[], float] = lambda: 100.0,
        receives: int = 1,
    ) -> None:
        self.process_range(message, seconds_left, receives)

    def tend(self, job: Job, seconds_left: Callable[[], float] = lambda: 100.0) -> None:
        self.tend_job(TendJobMessage(job.id), seconds_left)

    def sweep_all(self) -> None:
        """Sweep, and handle the messages for the jobs that the sweep found."""
        self.sweep(lambda: 100.0)
        for message, _ in self.aggregator_queue.take():
            match message:
                case TendJobMessage():
                    self.tend_job(message, lambda: 100.0)
                case FinishJobMessage():
                    self.finish_job(message, lambda: 100.0)

    def run(self) -> None:
        """Handle messages until all queues are empty; move the clock forward by their delays."""
        queues = (self.ingest_queue, self.image_queue, self.aggregator_queue, self.webhook_queue)
        while taken := [sent for queue in queues for sent in queue.take()]:
            for message, delay in taken:
                self.clock.forward(delay)
                match message:
                    case IngestUploadMessage():
                        self.ingest_upload(message, lambda: 100.0)
                    case ProcessRangeMessage():
                        self.process(message)
                    case FinishJobMessage():
                        self.finish_job(message, lambda: 100.0)
                    case DeliverWebhookMessage():
                        self.deliver_webhook(message)
                    case TendJobMessage():
                        self.tend_job(message, lambda: 100.0)

    def result(self, job: Job) -> str:
        return self.store.objects[f"results/{job.id}/{job.run}.csv"].decode()

    def images(self, job: Job) -> Mapping[str, str]:
        """The state of each image by URL; of a failed one, its error code."""
        return {
            image.url: (image.ended and image.error) or image.state
            for row in self.rows.stream(job.id)
            for image in row.images
        }
