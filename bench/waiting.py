"""What an image costs while its function waits for the host, which Lambda bills too.

python -m bench.waiting            10 ranges of ten images from one host, for each latency; a minute
python -m bench.waiting --write    also writes the table to docs/

The use case, the downloads and the sandbox are those of the image function, on one core, with the template's
number of connections. The store answers at once, and MongoDB and SQS are not called.
"""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path
from random import shuffle
from statistics import median
from threading import Semaphore

from bench import image_host
from bench.candidates import deployed_tuning
from bench.costs import MB_A_VCPU, dollars
from bench.processes import descendants, usage
from bench.tables import PAGE, insert, table
from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.web.fetch import Fetcher
from catalight.domain.image.capacity import DOWNLOADS, capacity
from catalight.domain.image.limits import Limits
from catalight.domain.job.row import Image, ImageState
from catalight.domain.web.egress import EgressPolicy
from catalight.usecases.images.compress_images import CompressImages
from catalight.usecases.images.work import Task
from tests.pipeline import Pipeline

IMAGES = Path(".bench/images")
LATENCIES = (0, 50, 150, 300)  # ms until the host answers
RANGE = 10  # images
CONNECTIONS = 4  # HostConnections of template.yaml
SMALLER = 1024  # MB


def compress_images(pipeline: Pipeline, sandbox: Sandbox) -> CompressImages:
    """Return the use case as the image function builds it at 1,769 MB, but with a store in memory."""
    return replace(
        pipeline.compress_images,
        fetch=Fetcher(EgressPolicy(private_hosts=True)).fetch_changed,
        compress=sandbox.compress,
        expect=sandbox.expect,
        threads=ThreadPoolExecutor(DOWNLOADS),
        coding=Semaphore(capacity(MB_A_VCPU).coders),
        downloads=DOWNLOADS,
        per_host=CONNECTIONS,
    )


def cpu_seconds() -> float:
    return sum(usage(pid).cpu_seconds for pid in chain([os.getpid()], descendants(os.getpid())))


def measure(base: str, ranges: int) -> tuple[float, float]:
    """Return the seconds and the CPU seconds of an image: the median of the ranges, and the mean."""
    pipeline, seconds = Pipeline(), list[float]()
    sandbox = Sandbox(Limits(memory=capacity(MB_A_VCPU).memory))
    compress, job = compress_images(pipeline, sandbox), pipeline.start(f"{base}/0.jpg")
    cpu = 0.0
    for number in range(ranges + 1):
        urls = [f"{base}/{(number * RANGE + place) % image_host.DISTINCT}.jpg" for place in range(RANGE)]
        began = time.perf_counter()
        [done] = compress(job, [Task(0, place, Image(url)) for place, url in enumerate(urls)], lambda: 100.0)
        seconds.append(time.perf_counter() - began)
        if not all(image.state is ImageState.DONE for image in done.values()):
            raise RuntimeError(f"an image failed: {done}")
        if number == 0:  # it starts the child and opens the connections
            cpu = cpu_seconds()
    cpu = cpu_seconds() - cpu
    sandbox.close()
    return median(seconds[1:]) / RANGE, cpu / ranges / RANGE


def costs(measured: dict[int, tuple[float, float]]) -> str:
    """Return a table of time and cost by latency, with all of a core and with the share of SMALLER."""
    rows = []
    for latency, (seconds, cpu) in sorted(measured.items()):
        longer = seconds + cpu * (MB_A_VCPU / SMALLER - 1)
        costs = (dollars(MB_A_VCPU, seconds, "arm64"), dollars(SMALLER, longer, "arm64"))
        rows.append(
            (
                f"{latency}",
                f"{seconds * 1000:.1f}",
                f"{costs[0]:.2f}",
                f"{longer * 1000:.1f}",
                f"{costs[1]:.2f}",
            )
        )
    columns = (
        f"{what} at {memory:,} MB" for memory in (MB_A_VCPU, SMALLER) for what in ("ms", "$ per million")
    )
    return table(("host answers after, ms", *columns), rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.waiting")
    parser.add_argument("--ranges", type=int, default=10)
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    options = parser.parse_args()
    os.environ |= deployed_tuning()
    image_host.draw_all(IMAGES)
    cores = os.sched_getaffinity(0)
    measured = {}
    latencies = list(LATENCIES)
    shuffle(latencies)
    for latency in latencies:
        os.sched_setaffinity(0, cores)
        with image_host.serving(IMAGES, latency) as base:
            os.sched_setaffinity(0, {min(cores)})
            measured[latency] = measure(base, options.ranges)
    text = costs(measured)
    print(text)
    if options.write:
        insert(PAGE, "waiting", text)


if __name__ == "__main__":
    main()
