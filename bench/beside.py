"""Time small jobs alone and beside a job of 100,000 rows, on the local system with the template's values.

python -m bench.beside              about five minutes
python -m bench.beside --jobs 3

Window and ImageConcurrency are the template's, not those of local runs. The host answers after 150 ms. moto
delivers in the order of a fair queue (`local.runner.fair_order`), because the runner makes it do so. A job's
time runs from POST to COMPLETED. A machine with fewer than ten cores makes the ranges of ten functions wait
for each other, which no order of the queue can help.
"""

import argparse
import gzip
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from bench.fairness import FIRST
from bench.template import default
from local.client import Client
from local.hosts.http_server import Handler, Server, serving
from local.hosts.images import draw
from local.runner.system import System

LATENCY = 0.15  # seconds
ROWS = 100_000
SMALL_ROWS = 10
SECONDS = 600  # until a small job has ended
OTHERS = 2  # functions beside the image function that may run at once


class _Host(Handler):
    image = draw(1, 300, 225)

    def do_GET(self) -> None:  # noqa: N802 (the base class's name)
        time.sleep(LATENCY)
        self.answer(200, self.image, "image/jpeg")


@contextmanager
def started(host: str) -> Iterator[Client]:
    """Run the system with the template's values, its workers started."""
    values = {name: default(name) for name in ("Window", "ImageConcurrency")}
    with System(parameters=values, at_once=values["ImageConcurrency"] + OTHERS) as system:
        client = Client(system.url)
        timed(client, catalogue(host, 100 * values["ImageConcurrency"]))
        yield client


def catalogue(host: str, rows: int) -> bytes:
    """Return a catalogue of so many rows, whose URLs occur nowhere else."""
    unique = time.monotonic_ns() % 1_000_000
    lines = [f"{row},p,{host}/{unique}/{row}" for row in range(rows)]
    return "\n".join(["Serial Number,Product Name,Input Image Urls", *lines, ""]).encode()


def timed(client: Client, data: bytes) -> float:
    """Return the seconds that a job takes; raise RuntimeError if an image failed."""
    began = time.perf_counter()
    *_, status = client.watch(
        client.upload(gzip.compress(data), "products.csv.gz")["request_id"], SECONDS, every=0.05
    )
    if status["status"] != "COMPLETED" or status["images"]["failed"]:
        raise RuntimeError(f"a job went wrong: {status}")
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.beside")
    parser.add_argument("--jobs", type=int, default=10)
    jobs = parser.parse_args().jobs
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    server = Server(("127.0.0.1", 0), _Host)
    with serving(server), started(server.url) as client:
        alone = [timed(client, catalogue(server.url, SMALL_ROWS)) for _ in range(jobs)]
        large = client.upload(gzip.compress(catalogue(server.url, ROWS)), "products.csv.gz")["request_id"]
        time.sleep(FIRST)
        beside = [timed(client, catalogue(server.url, SMALL_ROWS)) for _ in range(jobs)]
        status = client.status(large)
        client.http.post(f"{client.url}/jobs/{large}/cancel").raise_for_status()
    if status["status"] != "PROCESSING":
        raise RuntimeError(f"the large job was not under way: {status}")
    for name, seconds in (("alone", alone), ("beside", beside)):
        print(f"{name:6} median {median(seconds):.2f} s, worst {max(seconds):.2f} s")
    print(f"ratio of the medians {median(beside) / median(alone):.2f}; large job: {status['images']}")


if __name__ == "__main__":
    main()
