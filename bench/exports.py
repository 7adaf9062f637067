"""Time and memory of a ZIP on the local system: `python -m bench.exports [--images 8000] [--bytes 100000]`.

The images are random bytes in moto, the function is the worker process that runs it, and the memory is the
largest that the kernel has seen of this process (VmHWM, proc_pid_status(5)).
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from catalight.adapters.mongo import Connection, MongoJobs, MongoRows
from catalight.domain.catalogue.files import Dialect
from catalight.domain.image.rendition import Rendition
from catalight.domain.job import links
from catalight.domain.job.job import Counts, Job, JobState
from catalight.domain.job.row import Image, ImageState, Row
from local.runner.system import System

JOB = "a-large-job"
IN_A_ROW = 4
THREADS = 8


def a_job(images: int) -> Job:
    """Return a job that has ended."""
    now = datetime.now(UTC)
    return Job(
        id=JOB,
        owner="",
        fingerprint="",
        state=JobState.COMPLETED,
        run=1,
        sealed=True,
        renditions=(Rendition(),),
        dialect=Dialect(",", "\n", bom=False),
        header=("SKU", "Photos"),
        file_name="large.csv",
        rows=-(-images // IN_A_ROW),
        images=images,
        ranges=1,
        window=1,
        secret=b"secret",
        api_base="http://api.test",
        link_base="http://api.test",
        created_at=now,
        deadline_at=now + timedelta(days=1),
        expires_at=now + timedelta(days=1),
        moved_at=now,
        sweep_at=now + timedelta(days=1),
        counts=Counts(done=images),
        finished_at=now,
    )


def rows_of(job: Job, size: int) -> list[Row]:
    """Return the rows of the job, with images of `size` bytes."""
    rows = [Row(JOB, number, 1, 0, (f"SKU-{number}", ""), ()) for number in range(job.rows)]
    return [replace(row, images=_images(job, row.number, size)) for row in rows]


def _images(job: Job, row: int, size: int) -> tuple[Image, ...]:
    places = range(min(IN_A_ROW, job.images - row * IN_A_ROW))
    urls = [f"https://shop.test/{row}-{place}.jpg" for place in places]
    return tuple(
        Image(url, ImageState.DONE, link=links.link(job.secret, 1, row, place, url, "jpg"), bytes_out=size)
        for place, url in enumerate(urls)
    )


def fill(system: System, images: int, size: int) -> None:
    """Store the job, its result and its images."""
    job = a_job(images)
    rows = rows_of(job, size)
    connection = Connection(lambda: system.mongodb_uri, system.mongodb_database)
    MongoJobs(connection).insert(job)
    MongoRows(connection).insert(rows)
    connection.close()
    s3 = system.client("s3")
    [bucket] = [found["Name"] for found in s3.list_buckets()["Buckets"]]
    s3.put_object(Bucket=bucket, Key=links.result_key(JOB, 1), Body=b"SKU,Photos\n")

    def put(image: Image) -> None:
        s3.put_object(Bucket=bucket, Key=links.image_key(image.link or ""), Body=os.urandom(size))

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(put, (image for row in rows for image in row.images)))


def peak_megabytes(pid: int) -> float:
    """Return the largest resident set of a process so far, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


def wait_for(system: System) -> tuple[float, float, str]:
    """Ask for the ZIP until it is there. Return the seconds, the peak of the function in MB, and its URL."""
    began, peak = time.monotonic(), 0.0
    url = f"{system.url}/download/{JOB}?format=zip&redirect=false"
    while True:
        answer: Any = requests.get(url, timeout=60)
        answer.raise_for_status()
        peak = max([peak, *map(peak_megabytes, system.workers("ExportFunction"))])
        if answer.status_code == 200:
            return time.monotonic() - began, peak, answer.json()["url"]
        time.sleep(0.2)


def checked(url: str) -> str:
    """Download the ZIP and return what unzip says of it."""
    program = shutil.which("unzip")
    if program is None:
        return "NOT CHECKED: unzip is not installed (Debian: apt install unzip)"
    with (
        tempfile.NamedTemporaryFile(suffix=".zip") as file,
        requests.get(url, stream=True, timeout=60) as answer,
    ):
        shutil.copyfileobj(answer.raw, file)
        file.flush()
        done = subprocess.run([program, "-tq", file.name], capture_output=True, check=False, text=True)
        return done.stdout.strip().rpartition("\n")[2] or done.stderr


def main() -> None:
    """Measure, and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=8_000)
    parser.add_argument("--bytes", type=int, default=100_000)
    given = parser.parse_args()
    with System() as system:
        fill(system, given.images, given.bytes)
        seconds, peak, url = wait_for(system)
        size = given.images * given.bytes / 1e6
        print(f"{given.images:,} images, {size:,.0f} MB: {seconds:.1f} s, at most {peak:.0f} MB of memory")
        print(checked(url))


if __name__ == "__main__":
    main()
