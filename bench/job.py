"""Time a whole job on the local system: upload, processing, and the memory and CPU of each process.

python -m bench.job                        1,000 rows, 2,000 images of 1200 x 900
python -m bench.job --rows 53000 --upload-only
"""

import argparse
import os
import time
from contextlib import ExitStack

from bench.processes import descendants, usage
from local.client import Client
from local.hosts.image_server import DISTINCT, image, image_server
from local.runner.system import System

JOB_SECONDS = 1800


def catalogue(rows: int, per_row: int, base: str) -> bytes:
    """Return a catalogue of `rows` rows with `per_row` images each, short enough that 53,000 rows fit."""
    lines = ["Serial Number,Product Name,Input Image Urls"]
    for row in range(rows):
        urls = ",".join(f"{base}/{row * per_row + position}.jpg" for position in range(per_row))
        lines.append(f'{row + 1},Product number {row + 1},"{urls}"')
    return "\n".join([*lines, ""]).encode()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.job")
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--per-row", type=int, default=2)
    parser.add_argument("--upload-only", action="store_true")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    with ExitStack() as stack:
        system = stack.enter_context(System())
        images = stack.enter_context(image_server())
        for number in range(DISTINCT):
            image(number)
        client = Client(system.url)
        client.upload(catalogue(1, 1, images.url))  # the first request opens the connections of the API
        data = catalogue(options.rows, options.per_row, images.url)
        began = time.perf_counter()
        accepted = client.upload(data)
        upload_seconds = time.perf_counter() - began
        print(f"{options.rows:,} rows, {len(data):,} bytes: 202 Accepted after {upload_seconds:.2f} s")
        if not options.upload_only:
            *_, status = client.watch(accepted["request_id"], JOB_SECONDS)
            done = time.perf_counter() - began
            total = status["images"]["total"]
            print(f"{status['status']} {status['images']}: {done:.1f} s after POST")
            print(f"{total / done:.1f} images a second")
        print(f"\n{'process':40} {'peak MB':>8} {'CPU s':>8}")
        for pid in (os.getpid(), *descendants(os.getpid())):
            used = usage(pid)
            print(f"{used.role:40} {used.peak_mb:8.0f} {used.cpu_seconds:8.1f}")


if __name__ == "__main__":
    main()
