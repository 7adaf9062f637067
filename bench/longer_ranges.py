"""What longer ranges, and more downloads at once, do to the time that Lambda bills for an image.

python -m bench.longer_ranges            of one host and of twenty, by latency
python -m bench.longer_ranges --write    also writes the table to docs/

Measured as by `bench.waiting`; of each round the mean of 120 images, of all rounds the least. A function
needs 25 MB of memory for each further download. What a range costs by itself is taken from `bench.cost`: its
store, its messages, its request, its log and its trace.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from random import shuffle
from statistics import mean
from typing import NamedTuple

from bench import image_host
from bench.aws_prices import LOG_BYTE, MILLION, SQS_REQUEST, TRACE
from bench.candidates import deployed_tuning
from bench.cost import CALLS_OF_SQS, LOG_OF_LAMBDA, LOG_OF_RANGE, STORE_SECONDS, TRACED, Setting
from bench.tables import PAGE, insert, table
from bench.template import default
from bench.waiting import IMAGES, measure
from catalight.domain.image.capacity import DOWNLOADS, MIB, SOURCE_BYTES

LATENCIES = (50, 150, 300)
HOSTS = (1, 20)
MEASURED = 120  # images of a case, in each round


class Shape(NamedTuple):
    """Images of a range, downloads at once, and connections to a host."""

    images: int
    downloads: int
    connections: int


USUAL = Shape(10, DOWNLOADS, default("HostConnections"))
SHAPES = (
    USUAL,
    *(USUAL._replace(images=images) for images in (20, 30, 40)),
    *(USUAL._replace(images=images, downloads=images) for images in (20, 40)),
    *(USUAL._replace(images=images, connections=10) for images in (10, 20, 40)),
    Shape(20, 20, 10),
)

type Case = tuple[int, int, Shape]
"""A latency, a number of hosts and a shape."""


def memory(shape: Shape) -> int:
    """Return the MB with which a function refuses no image that the default accepts."""
    return default("ImageMemory") + -(-(shape.downloads - DOWNLOADS) * SOURCE_BYTES // MIB)


def dollars(shape: Shape, seconds: float) -> float:
    """Return the dollars of a million images that take `seconds` each, with all that a range costs."""
    call = Setting(memory=memory(shape)).call(seconds * shape.images + STORE_SECONDS)
    besides = CALLS_OF_SQS * SQS_REQUEST + (LOG_OF_RANGE + LOG_OF_LAMBDA) * LOG_BYTE + TRACED * TRACE
    return MILLION * (call + besides) / shape.images


def report(seconds: Mapping[Case, Sequence[float]]) -> str:
    """Return a table of milliseconds and dollars by shape, latency and number of hosts."""
    cases = [(latency, hosts) for hosts in HOSTS for latency in LATENCIES]
    rows = []
    for shape in SHAPES:
        found = [min(seconds[latency, hosts, shape]) for latency, hosts in cases]
        cells = (f"{1000 * one:.1f}, {dollars(shape, one):.2f}" for one in found)
        rows.append((*(str(number) for number in shape), f"{memory(shape):,}", *cells))
    header = (
        "images of a range",
        "downloads",
        "connections to a host",
        "memory, MB",
        *(f"{latency} ms, {'one host' if hosts == 1 else f'{hosts} hosts'}" for latency, hosts in cases),
    )
    return table(header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.longer_ranges")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    options = parser.parse_args()
    os.environ |= deployed_tuning()
    image_host.draw_all(IMAGES, MEASURED + max(shape.images for shape in SHAPES))
    cores = os.sched_getaffinity(0)
    seconds = defaultdict[Case, list[float]](list)
    cases = list(product(LATENCIES, HOSTS, SHAPES))
    for _ in range(options.rounds):
        shuffle(cases)
        for latency, hosts, shape in cases:
            os.sched_setaffinity(0, cores)
            with image_host.serving(IMAGES, latency, hosts=hosts) as base:
                os.sched_setaffinity(0, {min(cores)})
                images, downloads, connections = shape
                found, _cpu = measure(base, MEASURED // images, connections, images, downloads, hosts)
            seconds[latency, hosts, shape].append(mean(found))
    text = report(seconds)
    print(text)
    if options.write:
        insert(PAGE, "ranges", text)


if __name__ == "__main__":
    main()
