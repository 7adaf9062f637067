"""One stage of bench/scale.py, in a process of its own, whose memory and CPU are those of the stage."""

import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import boto3

from bench.processes import peak_mb
from catalight.adapters.aws import clients
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.s3_multipart import S3Uploads
from catalight.adapters.mongo import (
    Connection,
    MongoHosts,
    MongoJobs,
    MongoReferences,
    MongoResults,
    MongoRows,
    MongoSources,
    MongoUsage,
)
from catalight.adapters.results.write import write_result
from catalight.clock import utc_now
from catalight.domain.catalogue import catalogue
from catalight.domain.facts import ignore
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Source, Times
from catalight.domain.job import ranges
from catalight.domain.job.job import ENDED, Job
from catalight.domain.job.retention import Retention
from catalight.domain.messages import FinishJob as FinishMessage
from catalight.domain.messages import Message
from catalight.domain.messages import ProcessRange as ProcessMessage
from catalight.domain.web.fetched import Fetched
from catalight.usecases.callers.admit import Admit
from catalight.usecases.callers.count_downloads import CountDownloads
from catalight.usecases.images.byte_budget import ByteBudget
from catalight.usecases.images.carry_on import CarryOn
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.process_range import ProcessRange
from catalight.usecases.images.record_images import RecordImages
from catalight.usecases.images.reuse_outputs import ReuseOutputs
from catalight.usecases.images.share_bytes import ShareBytes
from catalight.usecases.images.share_outcomes import ShareOutcomes
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.finish import FinishJob
from catalight.usecases.jobs.release_outputs import ReleaseOutputs
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.jobs.submit import Submission, Submit
from catalight.usecases.results.note_same import NoteSame
from catalight.usecases.results.write_rows import WriteRows

WINDOW = 20
WARM = 300  # rows of a job before, which makes connections and imports
IN_ROWS = 10  # rows that an image stands in
FUNCTION_SECONDS = 300.0  # of the aggregator
OUTPUT = Compressed(b"j" * 700, ImageFormat.JPEG, 64, 64, Source("jpeg", 64, 64), Times(decode=1, encode=1))
RETENTION = Retention(
    stall_timeout=timedelta(minutes=15),
    job_deadline=timedelta(days=1),
    lifetime=timedelta(days=30),
    max_lifetime=timedelta(days=90),
)


@dataclass(slots=True)
class Used:
    """What a stage took: seconds, peak memory, requests to SQS and S3, and calls of its function."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0
    sqs: int = 0
    s3: int = 0
    steps: int = 0


class ListQueue:
    """A queue in memory. A message is sent in a batch of ten, and received and deleted alone."""

    def __init__(self, used: Used) -> None:
        self.messages: deque[Message] = deque()
        self._used = used

    def send(self, messages: Iterable[Message], delay: int = 0, group: str | None = None) -> None:  # noqa: ARG002
        new = list(messages)
        self.messages += new
        self._used.sqs += -(-len(new) // 10) + 2 * len(new)


class CountingStore:
    """A store of images that counts the requests and keeps nothing."""

    def __init__(self, used: Used) -> None:
        self._used = used

    def put(self, key: str, data: bytes, media_type: str) -> None:  # noqa: ARG002
        self._used.s3 += 1

    def delete(self, keys: Iterable[str]) -> None:
        self._used.s3 += bool(list(keys))


def submit(connection: Connection, rows: int, used: Used) -> Callable[[], None]:
    """Store a catalogue of so many rows; their parsing is not part of it."""
    jobs, stored = MongoJobs(connection), MongoRows(connection)
    for collection in (jobs, stored):
        collection.ensure_indexes()
    queue: Any = ListQueue(used)
    use_case = Submit(
        jobs=jobs,
        rows=stored,
        admit=Admit(jobs, MongoUsage(connection), utc_now),
        sample_memory=SampleMemory(MongoSources(connection)),
        send_window=SendWindow(queue, AskCompletion(jobs, stored, queue, utc_now)),
        clock=utc_now,
        new_id=lambda: "job",
        window=WINDOW,
        retention=RETENTION,
    )
    submission = Submission(
        owner="",
        file_name="c.csv",
        renditions=(Rendition(),),
        webhook_url=None,
        api_base="https://a",
        link_base="https://c",
        catalogue=a_catalogue(rows),
    )

    def run() -> None:
        use_case(submission)

    return run


def a_catalogue(rows: int) -> catalogue.Catalogue:
    """Return a catalogue of rows with one image each; the rows of an image are far from each other."""
    small = catalogue.parse(b"Serial Number,Product Name,Input Image Urls\n1,Name,http://host.test/1.jpg\n")
    [first] = small.rows
    distinct = max(1, rows // IN_ROWS)
    all_rows = []
    for number in range(rows):
        url = f"http://host.test/{number % distinct:07}.jpg"
        cells = (str(number + 1), f"Product number {number + 1}", url)
        all_rows.append(replace(first, cells=cells, sources=(replace(first.sources[0], url=url),)))
    return replace(small, rows=tuple(all_rows))


def process(connection: Connection, _: int, used: Used) -> Callable[[], None]:
    """Process all ranges, one after the other."""
    jobs, rows = MongoJobs(connection), MongoRows(connection)
    queue, aggregator_queue, store = ListQueue(used), ListQueue(used), CountingStore(used)
    job = jobs.get("job")
    queue.send(ProcessMessage(job.id, 1, number) for number in ranges.first_window(job.ranges, job.window))
    use_case = _process_range(connection, jobs, rows, queue, aggregator_queue, store)

    def run() -> None:
        while queue.messages:
            message = queue.messages.popleft()
            assert isinstance(message, ProcessMessage)
            used.steps += 1
            use_case(message, lambda: 900.0)

    return run


def _process_range(
    connection: Connection, jobs: MongoJobs, rows: MongoRows, queue: Any, aggregator_queue: Any, store: Any
) -> ProcessRange:
    sources, references, threads = (
        MongoSources(connection),
        MongoReferences(connection),
        ThreadPoolExecutor(10),
    )
    compress_images = CompressImages(
        fetch=lambda url, headers, known: Fetched(url.encode().ljust(1_000)),  # noqa: ARG005
        compress=lambda data, renditions, job: [OUTPUT],  # noqa: ARG005
        expect=lambda job: None,  # noqa: ARG005
        store=store,
        hosts=MongoHosts(connection),
        clock=utc_now,
        timer=time.perf_counter,
        random=lambda: 0.5,
        threads=threads,
        coding=nullcontext(),
        output_budget=ByteBudget(1 << 20),
        pauses=[2, 10],
        deadline=3600,
        outage_pause=60,
        downloads=10,
        per_host=10,
        fetch_seconds=30,
        coding_seconds=20,
        report=ignore,
    )
    return ProcessRange(
        jobs=jobs,
        rows=rows,
        image_queue=queue,
        compress_images=compress_images,
        reuse_outputs=ReuseOutputs(
            sources=sources,
            references=references,
            jobs=jobs,
            store=store,
            release_outputs=ReleaseOutputs(jobs, references, store),
            threads=threads,
            clock=utc_now,
            retention=RETENTION,
        ),
        share_bytes=ShareBytes(sources),
        share_outcomes=ShareOutcomes(rows, utc_now),
        record_images=RecordImages(jobs, rows, store, utc_now, ignore),
        carry_on=CarryOn(rows, queue, AskCompletion(jobs, rows, aggregator_queue, utc_now)),
        count_downloads=CountDownloads(MongoUsage(connection), utc_now),
        clock=utc_now,
    )


def aggregate(connection: Connection, _: int, used: Used) -> Callable[[], None]:
    """Write the result, in as many calls as it takes."""
    client = boto3.client("s3", config=clients.config())
    client.meta.events.register("before-send.s3", lambda **_: _count(used))
    store, uploads = S3Store(client, os.environ["BUCKET"]), S3Uploads(client, os.environ["BUCKET"])
    jobs, results, queue = MongoJobs(connection), MongoResults(connection), ListQueue(used)
    rows, note_same = MongoRows(connection), NoteSame(MongoSources(connection))
    write_rows = WriteRows(rows, results, uploads, store, write_result, note_same, utc_now)
    use_case = FinishJob(jobs, results, uploads, write_rows, queue, ListQueue(used), utc_now)
    queue.send([FinishMessage("job", 1)])

    def run() -> None:
        while queue.messages:
            message, until = queue.messages.popleft(), time.monotonic() + FUNCTION_SECONDS
            assert isinstance(message, FinishMessage)
            used.steps += 1
            use_case(message, lambda until=until: until - time.monotonic())  # type: ignore[misc]
        ended: Job = jobs.get("job")
        assert ended.state in ENDED, ended.state
        assert ended.counts.done == ended.images

    return run


def _count(used: Used) -> None:
    used.s3 += 1


STAGES = {"submit": submit, "process": process, "aggregate": aggregate}


def main() -> None:
    """Run one stage, and print what it used."""
    stage, rows, uri, database = sys.argv[1:]
    warm = Connection(lambda: uri, f"{database}-warm", select_seconds=30)
    STAGES[stage](warm, WARM, Used())()
    connection, used = Connection(lambda: uri, database, select_seconds=30), Used()
    run = STAGES[stage](connection, int(rows), used)
    began, cpu = time.perf_counter(), time.process_time()
    run()
    used.seconds, used.cpu = time.perf_counter() - began, time.process_time() - cpu
    used.peak_mb = peak_mb(os.getpid())
    print(json.dumps(asdict(used)))


if __name__ == "__main__":
    main()
