"""What the sandbox costs: `python -m bench.cage [SECONDS]` times its variants in turn, on the same images.

Ten images, a range, are compressed by the codec alone, in a child without a cage, in a child with one, in a
new child for the ten, and in a new child for each. Also prints the memory of the processes and the time until
the first image is done.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from statistics import median

from bench.processes import descendants
from catalight.adapters.codec import compress, fork_server, forking
from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.isolation import cage
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw

SIZES = ((100, 100), (320, 240), (1000, 1000), (2000, 1500))
RANGE = 10  # images
DEFAULTS = Rendition()

type Compress = Callable[[bytes], object]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    compress.prepare()
    began = time.perf_counter()
    with closing(Sandbox(LIMITS)) as caged, closing(Sandbox(LIMITS)) as own, without_cage() as open_:
        caged.compress(draw(1, *SIZES[0]), [DEFAULTS], "job")
        print(f"first image after {1000 * (time.perf_counter() - began):.0f} ms")
        own.compress(draw(1, *SIZES[0]), [DEFAULTS], "job")
        print_memory()
        images = count()
        variants: dict[str, Compress] = {
            "codec alone": lambda data: compress.compress(data, DEFAULTS),
            "child without a cage": lambda data: open_.compress(data, [DEFAULTS], "job"),
            "child in its cage": lambda data: caged.compress(data, [DEFAULTS], "job"),
            "new child for ten": lambda data: own.compress(data, [DEFAULTS], str(next(images) // RANGE)),
            "new child for each": lambda data: own.compress(data, [DEFAULTS], f"alone {next(images)}"),
        }
        print(f"\n{'milliseconds':14}" + "".join(f"{name:>24}" for name in variants))
        for size in SIZES:
            print_row(draw(1, *size), size, variants, seconds / len(SIZES))


@contextmanager
def without_cage() -> Iterator[Sandbox]:
    """Start a sandbox whose server takes no steps of the cage: this module, run as below."""
    own, forking.MODULE = forking.MODULE, "bench.cage"
    with closing(Sandbox(LIMITS)) as sandbox:
        sandbox.start()
        forking.MODULE = own
        yield sandbox


def print_row(data: bytes, size: tuple[int, int], variants: dict[str, Compress], seconds: float) -> None:
    """Time the variants in turn; print each one's milliseconds an image, and the ratio to the codec alone."""
    times: dict[str, list[float]] = {name: [] for name in variants}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name, run in variants.items():
            began = time.perf_counter()
            for _ in range(RANGE):
                run(data)
            times[name].append(1000 * (time.perf_counter() - began) / RANGE)
    first, *_ = times.values()
    cells = (f"{median(taken):.2f} ({median(taken) / median(first):.2f}x)" for taken in times.values())
    print(f"{size[0]:5} x {size[1]:<6}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


def print_memory() -> None:
    """Print the proportional share of each process of the sandbox; needs root, because they hide it."""
    for pid in descendants(os.getpid()):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        share, private = (
            int(line.split()[1]) / 1024 for line in rollup if line.startswith(("Pss:", "Private_D"))
        )
        print(f"process {pid}: {share:.1f} MB, of which its own {private:.1f} MB")


if __name__ == "__main__":
    if len(sys.argv) == 3:  # as a fork server
        cage.refused = lambda *_steps: []
        fork_server.main()
    else:
        main()
