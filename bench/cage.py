"""What the sandbox costs: `python -m bench.cage [SECONDS]` times its variants in turn, on the same images.

Ten images, a range, are compressed by the codec alone, in a child without a cage, in a child with one, in a
new child for the ten, and in a new child for each. Then single images are, each after a pause as for its
download: in a child that has served the job before, in a new one whose job was expected before the pause,
and in one whose job was not. All this is on one core, with the template's tuning of the memory. Also prints
the memory of the processes and the time until the first image is done.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from statistics import median

from bench.candidates import deployed_tuning
from bench.processes import descendants
from catalight.adapters.codec import compress, fork_server, forking
from catalight.adapters.codec.sandbox import Sandbox
from catalight.adapters.isolation import cage
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw

SIZES = ((100, 100), (320, 240), (1000, 1000), (2000, 1500))
RANGE = 10  # images
DOWNLOAD = 0.02  # seconds
DEFAULTS = Rendition()

type Compress = Callable[[bytes], object]
type Timed = Callable[[bytes], float]


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20
    os.environ |= deployed_tuning()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    compress.prepare()
    began = time.perf_counter()
    with closing(Sandbox(LIMITS)) as caged, closing(Sandbox(LIMITS)) as own, without_cage() as open_:
        caged.compress(draw(1, *SIZES[0]), [DEFAULTS], "job")
        print(f"first image after {1000 * (time.perf_counter() - began):.0f} ms")
        own.compress(draw(1, *SIZES[0]), [DEFAULTS], "job")
        own.expect("next")
        time.sleep(DOWNLOAD)
        print_memory()
        images = count()
        variants: dict[str, Compress] = {
            "codec alone": lambda data: compress.compress(data, DEFAULTS),
            "child without a cage": lambda data: open_.compress(data, [DEFAULTS], "job"),
            "child in its cage": lambda data: caged.compress(data, [DEFAULTS], "job"),
            "new child for ten": lambda data: own.compress(data, [DEFAULTS], str(next(images) // RANGE)),
            "new child for each": lambda data: own.compress(data, [DEFAULTS], f"alone {next(images)}"),
        }
        print_table({name: at_once(run) for name, run in variants.items()}, seconds / 2)
        jobs = map(str, count())
        after_download: dict[str, Timed] = {
            "child of the job": lambda data: waited(caged, data, "job", expected=True),
            "new, expected": lambda data: waited(own, data, f"expected {next(jobs)}", expected=True),
            "new, not expected": lambda data: waited(own, data, f"unexpected {next(jobs)}", expected=False),
        }
        print_table(after_download, seconds / 2)


@contextmanager
def without_cage() -> Iterator[Sandbox]:
    """Start a sandbox whose server takes no steps of the cage: this module, run as below."""
    own, forking.MODULE = forking.MODULE, "bench.cage"
    with closing(Sandbox(LIMITS)) as sandbox:
        sandbox.start()
        forking.MODULE = own
        yield sandbox


def at_once(run: Compress) -> Timed:
    """Return a function that compresses RANGE images and returns the seconds of one."""

    def timed(data: bytes) -> float:
        began = time.perf_counter()
        for _ in range(RANGE):
            run(data)
        return (time.perf_counter() - began) / RANGE

    return timed


def waited(sandbox: Sandbox, data: bytes, job: str, *, expected: bool) -> float:
    """Return the seconds that an image takes after its download."""
    if expected:
        sandbox.expect(job)
    time.sleep(DOWNLOAD)
    began = time.perf_counter()
    sandbox.compress(data, [DEFAULTS], job)
    return time.perf_counter() - began


def print_table(variants: dict[str, Timed], seconds: float) -> None:
    """Time the variants in turn; print each one's milliseconds an image, and the ratio to the first."""
    print(f"\n{'milliseconds':14}" + "".join(f"{name:>24}" for name in variants))
    for size in SIZES:
        data, end = draw(1, *size), time.monotonic() + seconds / len(SIZES)
        times: dict[str, list[float]] = {name: [] for name in variants}
        while time.monotonic() < end:
            for name, timed in variants.items():
                times[name].append(1000 * timed(data))
        first, *_ = map(median, times.values())
        cells = (f"{median(taken):.2f} ({median(taken) / first:.2f}x)" for taken in times.values())
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
