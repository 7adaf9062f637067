"""The throughput of two threads relative to one, through the sandbox.

`python -m bench.thread_scaling SECONDS` reads the paths of the images from standard input and prints the
ratio.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median

from bench.modes import QUALITY
from catalight.adapters.codec.sandbox import Sandbox
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Rendition

ROUNDS = 3
REPEATS = 5  # of each image in a pass; at the end of a pass one of the two threads is idle


def _pass(sandbox: Sandbox, images: list[bytes], threads: int) -> float:
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(partial(sandbox.compress, renditions=[Rendition(QUALITY)], job="bench"), images))
    return time.perf_counter() - began


def main() -> None:
    end = time.monotonic() + float(sys.argv[1])
    sources = [Path(name).read_bytes() for name in sys.stdin.read().splitlines()]
    images = sorted(sources * REPEATS, key=len, reverse=True)
    sandbox = Sandbox(LIMITS)
    _pass(sandbox, images, 2)
    ratios: list[float] = []
    while len(ratios) < ROUNDS or time.monotonic() < end:
        ratios.append(_pass(sandbox, images, 1) / _pass(sandbox, images, 2))
    print(median(ratios))
    sandbox.close()


if __name__ == "__main__":
    main()
