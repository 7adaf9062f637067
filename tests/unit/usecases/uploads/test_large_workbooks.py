"""Workbooks that are too large to be read at once: their rows are copied first, and read from the copy."""

import gzip
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import pytest
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from catalight.adapters.tables.large.reader import LargeTableReader
from catalight.adapters.tables.large.workbook import Files, plain_rows
from catalight.adapters.tables.reader import ReaderError, TableReader
from catalight.domain.catalogue.files import Options, Table
from catalight.domain.catalogue.requested import Request, Wanted
from catalight.domain.catalogue.sheet_header import header_index
from catalight.domain.errors import CatalogueError
from catalight.domain.image.rendition import Rendition
from catalight.domain.job.job import Job, JobState
from catalight.domain.job.upload import MAX_ATTEMPTS, SaidOfFile, UploadState, table_key
from catalight.domain.messages import IngestUpload
from catalight.usecases.uploads import spool_table
from catalight.usecases.uploads.file_at import refusal
from catalight.usecases.uploads.look import MAX_WORKBOOK
from catalight.usecases.uploads.spool_table import SpoolTable
from tests.unit.adapters.tables.writing import by_xlsxwriter, spreadsheet, text_table
from tests.unit.usecases.uploads import big
from tests.unit.usecases.uploads.big import Uploading, rows_of, same

HEADER = ["Serial Number", "Product Name", "Input Image Urls"]
SIZES = {"head": 400, "piece": 300, "most": 5}


def streamed(pieces: Iterable[bytes], options: Options, wanted: Wanted) -> Generator[bytes]:
    """Stream a workbook without a process of its own, in small pieces."""
    yield b""
    files = Files(BytesIO(b"".join(pieces)), BytesIO(), BytesIO())
    yield from plain_rows(files, options, lambda rows: header_index(rows, wanted))


class Large(Uploading):
    """Uploads of which each workbook is large."""

    def __init__(self, head: int = 4_500_000, in_memory: int = 100, **sizes: int) -> None:
        super().__init__(head, in_memory, **sizes)
        self.uploads.min_part = 200
        self.ingest_upload = replace(self.ingest_upload, spool_table=SpoolTable(self.uploads, streamed, 200))


@pytest.fixture(autouse=True)
def _all_workbooks_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(big, "Uploading", Large)


def products(number: int, *, above: int = 0, link: bool = False) -> bytes:
    """Return a workbook with products on its second sheet; the first one is empty."""

    def write(book: xlsxwriter.Workbook, _: Worksheet) -> None:
        sheet = book.add_worksheet()
        for row in range(above):
            sheet.write_row(2 * row, 0, ["A title"])
        sheet.write_row(2 * above, 0, HEADER)
        for row in range(number):
            line = 2 * above + 1 + row
            sheet.write_row(line, 0, [row, "Tea", f"http://h/{row % 7}.jpg http://h/{row}.jpg"])
            if link and row % 3 == 0:
                sheet.write_url(line, 2, f"http://h/link{row}.jpg", string="see")
        if link:
            sheet.write_url(4 + 2 * above, 6, "http://h/beyond.jpg", string="-")

    return by_xlsxwriter(write)


def upload_of(job: Job) -> tuple[UploadState, list[str]]:
    assert job.upload
    return job.upload.state, [problem.code for problem in job.upload.problems]


@pytest.mark.parametrize("crash_at", range(1, 40))
def test_every_place_of_interruption(crash_at: int) -> None:
    data = products(40, above=2)
    assert same(data, crash_at, SaidOfFile(), SIZES, (Rendition(), Rendition(name="b"))) == "SUBMITTED"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (products(1), SaidOfFile()),
        (products(0), SaidOfFile()),
        (products(30, link=True), SaidOfFile(strict=True)),
        (products(30), SaidOfFile(encoding="utf-8", header_row=1)),
        (products(30), SaidOfFile(header_row=3)),
        (products(30), SaidOfFile(Request(("Input Image Urls",)), sheet="2")),
        (products(30), SaidOfFile(sheet="Products")),
        (products(30), SaidOfFile(sheet="none")),
        (products(30, above=3), SaidOfFile()),
    ],
)
def test_what_is_said_of_a_file(data: bytes, said: SaidOfFile) -> None:
    for sizes in (SIZES, {}):
        same(data, 999, said, sizes)


@pytest.mark.parametrize("crash_at", range(1, 30, 3))
def test_a_workbook_that_is_packed_with_gzip(crash_at: int) -> None:
    assert same(gzip.compress(products(20)), crash_at, SaidOfFile(), SIZES) == "SUBMITTED"


def test_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(big, "Uploading", partial(Uploading, in_memory=100))
    assert same(products(40, link=True), 7, SaidOfFile(), SIZES) == "SUBMITTED"


def test_a_workbook_with_few_bytes_and_many_rows() -> None:
    def too_many(data: bytes, options: Options, wanted: Wanted) -> Table:
        raise refusal("too_many_rows", "The sheet has more than 100,000 rows.")

    uploading = Large(in_memory=MAX_WORKBOOK, **SIZES)
    understand = replace(uploading.understand, read_table=too_many)
    of_large = replace(uploading.read_upload.look, understand=understand)
    read_upload = replace(uploading.ingest_upload.read_upload, look=of_large)
    uploading.ingest_upload = replace(uploading.ingest_upload, read_upload=read_upload)
    job = uploading.upload(products(30))
    assert (upload_of(job), len(rows_of(uploading))) == ((UploadState.SUBMITTED, []), 30)


def test_a_large_workbook_of_another_format_says_what_to_do() -> None:
    data = spreadsheet(text_table([HEADER, ["1", "Tea", "http://h/a.jpg"]]))
    job = Large().upload(data)
    assert upload_of(job) == (UploadState.FAILED, ["workbook_too_large"])
    assert job.upload
    assert "Save it as .xlsx" in job.upload.problems[0].message


def test_a_workbook_larger_than_the_disk_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool_table, "MAX_WORKBOOK", 200)
    uploading = Large()
    assert upload_of(uploading.upload(products(3))) == (UploadState.FAILED, ["workbook_too_large"])
    assert uploading.store.objects == {}


def test_a_workbook_waits_for_its_confirmation() -> None:
    uploading = Large(**SIZES)
    job = uploading.upload(products(30), confirm=True)
    assert upload_of(job) == (UploadState.UNDERSTOOD, [])
    assert rows_of(uploading) == []
    uploading.confirm_upload(job.id)
    assert uploading.ingest().sealed
    assert len(rows_of(uploading)) == 30


def test_a_workbook_that_crashes_its_function_again_and_again_fails() -> None:
    """Signs of life are no progress: else it would be tried for ever."""

    def dying(pieces: Iterable[bytes], options: Options, wanted: Wanted) -> Generator[bytes]:
        yield b""
        raise big.CrashError

    uploading = Large()
    uploading.ingest_upload = replace(
        uploading.ingest_upload, spool_table=SpoolTable(uploading.uploads, dying)
    )
    data = products(3)
    job = uploading.begin(len(data))
    uploading.store_file(job, data)
    for _ in range(1 + MAX_ATTEMPTS):  # that the file is there was progress
        with pytest.raises(big.CrashError):
            uploading.ingest()
        uploading.clock.forward(301)
        uploading.ingest_queue.send([IngestUpload(job.id)])
    assert upload_of(uploading.ingest()) == (UploadState.FAILED, ["not_read"])
    assert uploading.store.objects == {}


def test_a_function_that_only_seemed_dead_cannot_replace_the_copy() -> None:
    uploading = Large(**SIZES)
    data = products(30)
    job = uploading.begin(len(data))

    def slow(pieces: Iterable[bytes], options: Options, wanted: Wanted) -> Generator[bytes]:
        """Stall for longer than the claim lasts; meanwhile, another function copies and reads all."""
        rows = list(streamed(pieces, options, wanted))
        uploading.clock.forward(301)
        uploading.ingest_upload = fast
        uploading.ingest_queue.send([IngestUpload(job.id)])
        assert uploading.ingest().sealed
        yield from rows

    fast = uploading.ingest_upload
    stalling = replace(fast, spool_table=SpoolTable(uploading.uploads, slow, 10**9))
    uploading.ingest_upload = stalling
    uploading.store_file(job, data)
    [(message, _)] = uploading.ingest_queue.take()
    assert isinstance(message, IngestUpload)
    stalling(message, lambda: 900.0)
    assert (uploading.jobs.get(job.id).state, len(rows_of(uploading))) == (JobState.PENDING, 30)
    assert uploading.store.objects == {}


def test_a_function_that_stalls_before_its_last_write_leaves_no_copy() -> None:
    uploading = Large(**SIZES)
    data = products(30)
    job = uploading.begin(len(data))
    uploading.store_file(job, data)
    [(message, _)] = uploading.ingest_queue.take()
    assert isinstance(message, IngestUpload)
    complete = uploading.uploads.complete

    def stalled(key: str, upload: str, parts: Sequence[str]) -> None:
        uploading.uploads.complete = complete  # type: ignore[method-assign]
        uploading.clock.forward(301)
        uploading.ingest_queue.send([IngestUpload(job.id)])
        assert uploading.ingest().sealed
        complete(key, upload, parts)

    uploading.uploads.complete = stalled  # type: ignore[method-assign]
    uploading.ingest_upload(message, lambda: 900.0)
    assert (uploading.jobs.get(job.id).state, len(rows_of(uploading))) == (JobState.PENDING, 30)
    assert uploading.store.objects == {}


def test_a_copy_that_was_removed_is_made_again() -> None:
    uploading = Large(**SIZES)
    data = products(30)
    job = uploading.begin(len(data))
    uploading.store_file(job, data)
    for _ in range(3):
        [(message, _)] = uploading.ingest_queue.take()
        assert isinstance(message, IngestUpload)
        uploading.ingest_upload(message, lambda: 0.0)
    assert rows_of(uploading)
    del uploading.store.objects[table_key(job.id)]
    assert uploading.ingest().sealed
    assert len(rows_of(uploading)) == 30


def test_a_full_disk_is_no_problem_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = count()

    def temporary(buffering: int) -> IO[bytes]:
        if next(opened) == 2:  # for the rows
            return Path("/dev/full").open("r+b", buffering)
        return TemporaryFile(buffering=buffering)

    monkeypatch.setattr("catalight.adapters.tables.large.reader.TemporaryFile", temporary)
    with pytest.raises(ReaderError, match="OSError errno=28"):
        list(LargeTableReader()([products(3)], Options(), Wanted()))


def test_the_process_is_ended_when_its_time_is_over() -> None:
    reader = LargeTableReader(wall_seconds=0.0)
    with pytest.raises(CatalogueError) as caught:
        list(reader([products(3)], Options(), Wanted()))
    assert caught.value.problems[0].code == "workbook_too_large"
    assert TableReader()(products(3), Options()).warnings == ()
