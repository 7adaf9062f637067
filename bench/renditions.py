"""What several renditions of an image cost: `python -m bench.renditions [--images 1000] [--write]`.

Compares, on one core and in turn, four renditions made at once with the first of them alone, with four jobs
of one rendition each, and with sharp making four from one decoding. Catalight is measured with its sandbox
and the process that calls it. Ends with an error if four cost more than MOST times one.
"""

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import batched
from pathlib import Path

from bench import image_host, processes
from bench.candidates import HERE, deployed_tuning
from bench.tables import PAGE, insert, table
from catalight.adapters.codec.sandbox import Sandbox
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.limits import LIMITS
from catalight.domain.image.rendition import Fit, Rendition

IMAGES = Path(".bench/images")
MOST = 2.2
BATCH = 20  # images that a candidate does before it is the next one's turn
SETS = {
    "for shops": (  # as the presets amazon-main, google-shopping, shopify and thumbnail
        Rendition(80, width=2000, height=2000, fit=Fit.PAD),
        Rendition(80, max_width=1500, max_height=1500),
        Rendition(80, max_width=2048, max_height=2048),
        Rendition(70, width=300, height=300, fit=Fit.COVER),
    ),
    "within 1600, 800, 400 and 150": tuple(
        Rendition(max_width=side, max_height=side) for side in (1600, 800, 400, 150)
    ),
}

type Candidate = Callable[[Path], int]
"""Makes the outputs of an image, and returns their bytes."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.renditions")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="CPU core to run on")
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    options = parser.parse_args()
    image_host.draw_all(IMAGES, min(options.images, image_host.DISTINCT))
    paths = [IMAGES / f"{number % image_host.DISTINCT}.jpg" for number in range(options.images)]
    os.sched_setaffinity(0, {options.core})
    os.environ |= deployed_tuning()
    texts, ratios = [], []
    for name, renditions in SETS.items():
        measured = measure(paths, renditions)
        ratios.append(measured["four renditions"][0] / measured["the first alone"][0])
        texts.append(described(name, measured, options.images))
        print(texts[-1], end="\n\n", flush=True)
    if options.write:
        insert(PAGE, "renditions", "\n\n".join(texts))
    if max(ratios) > MOST:
        raise SystemExit(f"Four renditions cost {max(ratios):.2f} x one; at most {MOST} is wanted.")


def measure(paths: Sequence[Path], renditions: Sequence[Rendition]) -> dict[str, tuple[float, int]]:
    """Return the CPU milliseconds and the bytes of an image, by candidate."""
    with ExitStack() as stack:
        box = stack.enter_context(closing(Sandbox(LIMITS)))
        four = [[rendition] for rendition in renditions]
        candidates: dict[str, Candidate] = {
            "the first alone": lambda path: made(box, path, four[:1]),
            "four renditions": lambda path: made(box, path, [renditions]),
            "four jobs": lambda path: made(box, path, four),
        }
        if peer := stack.enter_context(sharp(renditions)):
            candidates["sharp, four from one decoding"] = peer
        for run in candidates.values():  # starts what it needs
            run(paths[0])
        spent = dict.fromkeys(candidates, 0.0)
        sizes = dict.fromkeys(candidates, 0)
        for batch in batched(paths, BATCH, strict=False):
            for name, run in candidates.items():
                before = cpu_seconds()
                sizes[name] += sum(map(run, batch))
                spent[name] += cpu_seconds() - before
    return {name: (1000 * spent[name] / len(paths), sizes[name] // len(paths)) for name in candidates}


def made(box: Sandbox, path: Path, calls: Sequence[Sequence[Rendition]]) -> int:
    """Make the renditions of each call; return the bytes of all outputs."""
    data, size = path.read_bytes(), 0
    for renditions in calls:
        for output in box.compress(data, renditions, "bench"):
            if not isinstance(output, Compressed):
                raise output
            size += len(output.data)
    return size


@contextmanager
def sharp(renditions: Sequence[Rendition]) -> Iterator[Candidate | None]:
    """Start sharp; None if it is not installed."""
    fits = {Fit.INSIDE: "inside", Fit.PAD: "contain", Fit.COVER: "cover"}
    settings = [
        {
            "quality": rendition.quality,
            "width": rendition.width or rendition.max_width,
            "height": rendition.height or rendition.max_height,
            "fit": fits[rendition.fit],
            "background": rendition.background,
        }
        for rendition in renditions
    ]
    command = ["node", str(HERE / "node/renditions.mjs"), json.dumps(settings)]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    except FileNotFoundError:
        yield None
        return
    assert process.stdin
    assert process.stdout
    replies, requests = process.stdout, process.stdin

    def run(path: Path) -> int:
        print(path.absolute(), file=requests, flush=True)
        return int(replies.readline())

    with process:
        yield run if replies.readline().strip() == "ready" else None
        process.kill()


def cpu_seconds() -> float:
    """Return the CPU seconds so far of this process and of those it has started."""
    pids = (os.getpid(), *processes.descendants(os.getpid()))
    return sum(processes.usage(pid).cpu_seconds for pid in pids)


def described(name: str, measured: dict[str, tuple[float, int]], images: int) -> str:
    """Return a title and a table."""
    first = measured["the first alone"][0]
    rows = [
        (candidate, f"{cpu:.1f}", f"{cpu / first:.2f}", f"{size / 1000:.0f}")
        for candidate, (cpu, size) in measured.items()
    ]
    header = ("candidate", "CPU ms per image", "relative to one", "kB out per image")
    absent = "" if len(rows) > 3 else "\n\nNot installed: sharp (see `make bench`)."
    return f"Renditions {name}, {images:,} JPEGs.\n\n{table(header, rows)}{absent}"


if __name__ == "__main__":
    main()
