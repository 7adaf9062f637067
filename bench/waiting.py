"""What an image costs while its function waits for the host, which Lambda bills too.

python -m bench.waiting            ranges of ten images from one host, by latency and connections
python -m bench.waiting --write    also writes the table to docs/, from which `bench.cost` computes

All cases take turns. Other work on the machine only makes a range slower, so the fastest of each case counts.
The use case, the downloads and the sandbox are those of the image function, on one core. The store answers
at once, and MongoDB and SQS are not called.
"""

import argparse
import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain, product
from pathlib import Path
from random import shuffle
from statistics import median
from threading import Semaphore

from bench import image_host
from bench.candidates import deployed_tuning
from bench.costs import MB_A_VCPU
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
CONNECTIONS = (4, 5, 10)  # HostConnections: a range takes three turns, two or one

type Case = tuple[int, int]
"""A latency and a number of connections."""


def compress_images(
    pipeline: Pipeline, sandbox: Sandbox, connections: int, downloads: int = DOWNLOADS
) -> CompressImages:
    """Return the use case as the image function builds it at 1,769 MB, but with a store in memory."""
    return replace(
        pipeline.compress_images,
        fetch=Fetcher(EgressPolicy(private_hosts=True), pool_size=downloads).fetch_changed,
        compress=sandbox.compress,
        expect=sandbox.expect,
        threads=ThreadPoolExecutor(downloads),
        coding=Semaphore(capacity(MB_A_VCPU).coders),
        downloads=downloads,
        per_host=connections,
    )


def cpu_seconds() -> float:
    return sum(usage(pid).cpu_seconds for pid in chain([os.getpid()], descendants(os.getpid())))


def measure(
    base: str, ranges: int, connections: int, size: int = RANGE, downloads: int = DOWNLOADS, hosts: int = 1
) -> tuple[list[float], float]:
    """Return the seconds of an image in each range of `size` images, and its CPU seconds in the mean.

    The images are of `hosts` in turn, the first of which is `base`.
    """
    pipeline, seconds = Pipeline(), list[float]()
    sandbox = Sandbox(Limits(memory=capacity(MB_A_VCPU).memory))
    compress = compress_images(pipeline, sandbox, connections, downloads)
    bases = [base.replace("127.0.0.1", f"127.0.0.{number + 1}") for number in range(hosts)]
    job, cpu = pipeline.start(f"{base}/0.jpg"), 0.0
    for number in range(ranges + 1):
        places = (number * size + place for place in range(size))
        urls = [f"{bases[place % hosts]}/{place % image_host.DISTINCT}.jpg" for place in places]
        began = time.perf_counter()
        tasks = [Task(0, place, Image(url)) for place, url in enumerate(urls)]
        done = {at: image for images in compress(job, tasks, lambda: 100.0) for at, image in images.items()}
        seconds.append((time.perf_counter() - began) / size)
        if not all(image.state is ImageState.DONE for image in done.values()):
            raise RuntimeError(f"an image failed: {done}")
        if number == 0:  # it starts the child and opens the connections
            cpu = cpu_seconds()
    cpu = cpu_seconds() - cpu
    sandbox.close()
    return seconds[1:], cpu / ranges / size


def report(seconds: Mapping[Case, Sequence[float]], cpu: Mapping[Case, Sequence[float]]) -> str:
    """Return a table of the milliseconds of an image: of CPU, and with each number of connections."""
    rows = []
    for latency in LATENCIES:
        used = median(chain.from_iterable(cpu[latency, connections] for connections in CONNECTIONS))
        found = (used, *(min(seconds[latency, count]) for count in CONNECTIONS))
        rows.append([f"{latency}", *(f"{1000 * value:.1f}" for value in found)])
    header = ("host answers after, ms", "CPU, ms", *(f"ms, {count} connections" for count in CONNECTIONS))
    return table(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.waiting")
    parser.add_argument("--ranges", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    options = parser.parse_args()
    os.environ |= deployed_tuning()
    image_host.draw_all(IMAGES, min(image_host.DISTINCT, (options.ranges + 1) * RANGE))
    cores = os.sched_getaffinity(0)
    seconds, cpu = defaultdict[Case, list[float]](list), defaultdict[Case, list[float]](list)
    cases = list(product(LATENCIES, CONNECTIONS))
    for _ in range(options.rounds):
        shuffle(cases)
        for latency, connections in cases:
            os.sched_setaffinity(0, cores)
            with image_host.serving(IMAGES, latency) as base:
                os.sched_setaffinity(0, {min(cores)})
                found, used = measure(base, options.ranges, connections)
            seconds[latency, connections] += found
            cpu[latency, connections].append(used)
    text = report(seconds, cpu)
    print(text)
    if options.write:
        insert(PAGE, "waiting", text)


if __name__ == "__main__":
    main()
