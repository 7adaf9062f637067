"""Stages of bench/scale.py that read a file of /uploads from S3, as IngestFunction does."""

import csv
import os
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import xlsxwriter

from bench.scale_parts import HEADER, RETENTION, WINDOW, ListQueue, Used, lines
from catalight.adapters.aws import clients
from catalight.adapters.aws.s3 import S3Store
from catalight.adapters.aws.s3_multipart import S3Uploads
from catalight.adapters.aws.s3_ranges import S3Forms, S3Ranges
from catalight.adapters.mongo import (
    Connection,
    MongoBigUploads,
    MongoColumnMemory,
    MongoJobs,
    MongoKeys,
    MongoRows,
    MongoSources,
    MongoUsage,
)
from catalight.adapters.tables.large.reader import LargeTableReader
from catalight.adapters.tables.reader import TableReader
from catalight.clock import utc_now
from catalight.domain.facts import ignore
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.upload import BigUpload, upload_key
from catalight.domain.messages import IngestUpload as Message
from catalight.usecases.callers.admit import Admit
from catalight.usecases.jobs.ask_completion import AskCompletion
from catalight.usecases.jobs.make_rows import BoundedPlaces
from catalight.usecases.jobs.sample_memory import SampleMemory
from catalight.usecases.jobs.send_window import SendWindow
from catalight.usecases.jobs.understand import Understand
from catalight.usecases.uploads.begin_upload import Announced, BeginUpload
from catalight.usecases.uploads.ingest_upload import IngestUpload
from catalight.usecases.uploads.look import MAX_WORKBOOK, Look
from catalight.usecases.uploads.read_upload import ReadUpload
from catalight.usecases.uploads.spool_table import SpoolTable
from catalight.usecases.uploads.tend_upload import RemoveFile
from catalight.usecases.uploads.unpack import Unpack

FUNCTION_SECONDS = 900.0  # IngestTimeout


def ingest(connection: Connection, rows: int, used: Used) -> Callable[[], None]:
    """Read a CSV."""
    return _stage(connection, rows, used, _write_csv, MAX_WORKBOOK)


def workbook(connection: Connection, rows: int, used: Used) -> Callable[[], None]:
    """Read a workbook, whose rows are copied into plain ones first, as those of a large one are."""
    return _stage(connection, rows, used, _write_workbook, 0)


def _write_csv(path: Path, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(lines(rows))


def _write_workbook(path: Path, rows: int) -> None:
    with xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate([HEADER, *lines(rows)]):
            sheet.write_row(number, 0, line)


def _stage(
    connection: Connection,
    rows: int,
    used: Used,
    write: Callable[[Path, int], None],
    in_memory: int,
) -> Callable[[], None]:
    """Store a file, and return what reads it, in as many messages as it takes."""
    client = boto3.client("s3", config=clients.config())
    bucket, jobs, queue = os.environ["BUCKET"], MongoJobs(connection), ListQueue(used)
    for collection in (jobs, MongoRows(connection)):
        collection.ensure_indexes()
    size = _store(client, bucket, rows, write)
    _begin(connection, S3Forms(client, bucket), size)
    client.meta.events.register("before-send.s3", lambda **_: used.count_s3())
    use_case = _ingest_upload(connection, client, bucket, queue, in_memory)
    queue.send([Message("job")])

    def run() -> None:
        while queue.messages:
            message, until = queue.messages.popleft(), time.monotonic() + FUNCTION_SECONDS
            if not isinstance(message, Message):
                continue  # the first ranges
            used.steps += 1
            use_case(message, lambda until=until: until - time.monotonic())  # type: ignore[misc]
        job = jobs.get("job")
        assert (job.sealed, job.rows) == (True, rows), job.upload

    return run


def _store(client: Any, bucket: str, rows: int, write: Callable[[Path, int], None]) -> int:
    """Store a file as a client does, and return its size."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        write(path, rows)
        with path.open("rb") as file:
            client.put_object(Bucket=bucket, Key=upload_key("job"), Body=file)
        return path.stat().st_size


def _begin(connection: Connection, forms: S3Forms, size: int) -> None:
    jobs = MongoJobs(connection)
    begin = BeginUpload(
        jobs=jobs,
        admit=Admit(jobs, MongoUsage(connection), utc_now),
        forms=forms,
        clock=utc_now,
        new_id=lambda: "job",
        window=WINDOW,
        retention=RETENTION,
    )
    begin(
        Announced(
            owner="",
            file_name="c.csv",
            upload=BigUpload(size, "text/csv"),
            renditions=(Rendition(),),
            webhook_url=None,
            api_base="https://a",
            link_base="https://c",
        )
    )


def _ingest_upload(
    connection: Connection, client: Any, bucket: str, queue: Any, in_memory: int
) -> IngestUpload:
    jobs, rows, columns = MongoJobs(connection), MongoRows(connection), MongoColumnMemory(connection)
    uploads, store = S3Uploads(client, bucket), S3Store(client, bucket)
    return IngestUpload(
        jobs=jobs,
        big_uploads=MongoBigUploads(connection),
        objects=S3Ranges(client, bucket),
        unpack=Unpack(uploads),
        spool_table=SpoolTable(uploads, LargeTableReader()),
        read_upload=ReadUpload(
            rows=rows,
            keys=MongoKeys(connection),
            admit=Admit(jobs, MongoUsage(connection), utc_now),
            memory=columns,
            look=Look(Understand(TableReader(), columns), in_memory=in_memory),
            sample_memory=SampleMemory(MongoSources(connection)),
            first_places=BoundedPlaces,
            clock=utc_now,
            retention=RETENTION,
        ),
        remove_file=RemoveFile(store, uploads),
        send_window=SendWindow(queue, AskCompletion(jobs, rows, queue, utc_now)),
        ingest_queue=queue,
        aggregator_queue=queue,
        clock=utc_now,
        report=ignore,
    )
