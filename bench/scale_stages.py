"""One stage of bench/scale.py, in a process of its own, whose memory and CPU are those of the stage."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import boto3

from bench.processes import peak_mb
from bench.scale_ingest import ingest, workbook
from bench.scale_parts import (
    FUNCTION_SECONDS,
    HEADER,
    OUTPUT,
    RETENTION,
    WARM,
    WINDOW,
    CountingStore,
    ListQueue,
    Used,
    lines,
)
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
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import ranges
from catalight.domain.job.job import ENDED, Job
from catalight.domain.messages import FinishJob as FinishMessage
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
        catalogue=_catalogue(rows),
    )

    def run() -> None:
        use_case(submission)

    return run


def _catalogue(rows: int) -> catalogue.Catalogue:
    head = b",".join(name.encode() for name in HEADER)
    small = catalogue.parse(head + b"\n1,Name,http://host.test/1.jpg\n")
    [first] = small.rows
    [source] = first.sources
    all_rows = (
        replace(first, cells=cells, sources=(replace(source, url=cells[-1]),)) for cells in lines(rows)
    )
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


def _compress_images(connection: Connection, store: Any, threads: ThreadPoolExecutor) -> CompressImages:
    """Return the use case with a host and a codec that take no time."""
    return CompressImages(
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


def _process_range(
    connection: Connection, jobs: MongoJobs, rows: MongoRows, queue: Any, aggregator_queue: Any, store: Any
) -> ProcessRange:
    sources, references = MongoSources(connection), MongoReferences(connection)
    threads = ThreadPoolExecutor(10)
    return ProcessRange(
        jobs=jobs,
        rows=rows,
        image_queue=queue,
        compress_images=_compress_images(connection, store, threads),
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
    client.meta.events.register("before-send.s3", lambda **_: used.count_s3())
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


STAGES = {
    "submit": submit,
    "workbook": workbook,
    "ingest": ingest,
    "process": process,
    "aggregate": aggregate,
}
"""What makes the stages. The last two go on with the job that `ingest` has stored."""


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and its ended children."""
    own, children = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    """Run one stage, and print what it used."""
    stage, rows, uri, database = sys.argv[1:]
    warm = Connection(lambda: uri, f"{database}-warm", select_seconds=30)
    STAGES[stage](warm, WARM, Used())()
    connection, used = Connection(lambda: uri, database, select_seconds=30), Used()
    run = STAGES[stage](connection, int(rows), used)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is that from here on
    began, cpu = time.perf_counter(), _cpu_seconds()
    run()
    used.seconds, used.cpu = time.perf_counter() - began, _cpu_seconds() - cpu
    used.peak_mb = peak_mb(os.getpid())
    used.child_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(json.dumps(asdict(used)))


if __name__ == "__main__":
    main()
