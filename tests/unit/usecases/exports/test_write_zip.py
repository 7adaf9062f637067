"""What a ZIP contains, and how it is written."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pytest

from catalight.domain.errors import ResultError
from catalight.domain.job import export
from catalight.domain.job.export import ExportState
from catalight.domain.job.naming import Naming
from catalight.usecases.exports import fetch_ahead as module
from catalight.usecases.exports.fetch_ahead import fetch_ahead
from tests.exporting import AS_ZIP, Exporting, files
from tests.inline import Inline
from tests.pipeline import MISSING, Pipeline
from tests.unit.domain.job.test_zip_format import unzip


def written(exporting: Exporting, *cells: str) -> dict[str, bytes]:
    job = exporting.a_job(*cells)
    exporting.offer(job, AS_ZIP)
    exporting.handle()
    return files(exporting.zip_of(job))


def test_every_done_image_is_in_it_under_a_name_of_its_own_after_the_result(tmp_path: Path) -> None:
    exporting = Exporting(pipeline=Pipeline(hosts={"http://h/bad.jpg": MISSING}))
    job = exporting.a_job("http://h/a.jpg http://h/x/A.png", "http://h/bad.jpg", "", "http://h/a.jpg")
    exporting.offer(job, AS_ZIP)
    exporting.handle()
    data = exporting.zip_of(job)
    found = files(data)
    assert list(found) == ["c-catalight.csv", "a.jpg", "A-2.jpg", "a-3.jpg"]
    assert found["c-catalight.csv"].decode() == exporting.pipeline.result(job)
    assert found["a.jpg"] == found["a-3.jpg"]  # one stored output for two places
    assert "No errors detected" in unzip(data, tmp_path, "-t")


def test_a_job_without_images_has_a_zip_with_its_result() -> None:
    exporting = Exporting(pipeline=Pipeline(hosts={"http://h/bad.jpg": MISSING}))
    assert list(written(exporting, "http://h/bad.jpg")) == ["c-catalight.csv"]


@pytest.mark.parametrize("name", ["c-catalight.csv", "missing.txt"])
def test_no_folder_has_the_name_of_a_file(name: str) -> None:
    exporting = Exporting()
    job = exporting.a_job("http://h/a.jpg", naming=Naming.read(f"{name}/{{n}}"))
    exporting.offer(job, AS_ZIP)
    exporting.handle()
    assert list(files(exporting.zip_of(job))) == ["c-catalight.csv", f"{name.replace('.', '-')}/1.jpg"]


@pytest.mark.parametrize("part", [64, 300, 100_000])
def test_an_image_that_is_not_stored_any_more_is_named(part: int) -> None:
    exporting = Exporting(part=part)
    job = exporting.a_job(" ".join(f"http://h/{number}.jpg" for number in range(9)))
    [row] = exporting.pipeline.rows.stream(job.id)
    for place in (0, 4, 8):
        del exporting.store.objects[f"images/{row.images[place].link}"]
    exporting.offer(job, AS_ZIP)
    exporting.handle()
    found = files(exporting.zip_of(job))
    assert list(found)[1:] == ["1.jpg", "2.jpg", "3.jpg", "5.jpg", "6.jpg", "7.jpg", "missing.txt"]
    assert found["missing.txt"].decode().splitlines()[1:] == ["0.jpg", "4.jpg", "8.jpg"]


def test_it_goes_on_where_it_was_when_its_time_was_over() -> None:
    left = iter([900.0] * 5 + [10.0])
    exporting = Exporting(part=64, seconds=lambda: next(left, 900.0))
    job = exporting.a_job(" ".join(f"http://h/{number}.jpg" for number in range(9)))
    exporting.offer(job, AS_ZIP)
    exporting.handle()
    stopped = exporting.find(job)
    assert (stopped.state, stopped.claimed_until, stopped.done) == (ExportState.PREPARING, None, 5)
    reads: list[str] = []
    exporting.watch = reads.append
    assert exporting.handle() == 1  # it has sent the message itself
    assert len(files(exporting.zip_of(job))) == 10
    assert reads.count("before read") == 4 + len(exporting.find(job).directories)
    assert exporting.leftovers(job) == []


def test_a_zip_that_would_be_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_ZIP", 500)
    exporting = Exporting(part=64)
    job = exporting.a_job(" ".join(f"http://h/{number}.jpg" for number in range(9)))
    exporting.offer(job, AS_ZIP)
    exporting.handle()
    with pytest.raises(ResultError):
        exporting.offer(job, AS_ZIP)
    assert exporting.leftovers(job) == []


def test_objects_are_fetched_ahead_in_order_within_a_number_of_bytes() -> None:
    lock, held, most = Lock(), 0, 0

    def fetch(number: int) -> int:
        return zlib.crc32(str(number).encode())

    def items() -> Iterator[tuple[int, int]]:
        nonlocal held, most
        for number in range(200):
            with lock:
                held += 10
                most = max(most, held)
            yield number, 10

    with ThreadPoolExecutor(4) as threads:
        seen = []
        for number, crc in fetch_ahead(items(), fetch, threads, 55):
            with lock:
                held -= 10
            assert crc == fetch(number)
            seen.append(number)
    assert seen == list(range(200))
    assert most <= 60  # one more is known, and not fetched


def test_one_object_that_is_larger_than_all_bytes_is_fetched_alone() -> None:
    sizes = [1, 1_000, 1, 1]
    found = list(fetch_ahead(((size, size) for size in sizes), str, Inline(), 10))
    assert found == [(size, str(size)) for size in sizes]
    assert module.AT_ONCE == 16
