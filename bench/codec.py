"""Compare Catalight's codec with its alternatives, side by side on one core: `make bench`.

python -m bench.codec                      prints tables; takes five minutes
python -m bench.codec --quick              takes one minute
python -m bench.codec --images FOLDER      adds your own images to the drawn ones
python -m bench.codec --write              also writes the tables and the plot to docs/
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import costs, environment, images, plot, tables
from bench.candidates import CANDIDATES, ROOT, deployed_tuning
from bench.measure import Measurement, measure
from bench.modes import HUGE, MODES
from bench.similarity import ssim

PLOT = ROOT / "docs/performance.svg"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.codec")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller images, fewer rounds")
    parser.add_argument(
        "--images", type=Path, metavar="FOLDER", help="also measure the images in this folder"
    )
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="CPU core to run on")
    parser.add_argument(
        "--write", action="store_true", help=f"update {tables.PAGE.relative_to(ROOT)} and the plot"
    )
    options = parser.parse_args()
    options.seconds, options.megapixels, options.rounds = (25, 1.5, 1) if options.quick else (140, 100, 3)
    return options


def source_images(options: argparse.Namespace, scratch: Path) -> list[Path]:
    """Return the drawn images and those of `--images`."""
    shots = [shot for shot in images.SHOTS if shot.size[0] * shot.size[1] <= options.megapixels * 1e6]
    given = sorted(path for path in options.images.iterdir() if path.is_file()) if options.images else []
    return [*images.save(shots, scratch), *given]


def measurements(
    options: argparse.Namespace, found: Sequence[Path], scratch: Path
) -> Iterator[tuple[str, str, Measurement]]:
    """Measure one mode after the other; yield its name, its Markdown and its measurement."""
    for mode in MODES:
        suitable = [path for path in found if mode.takes(path)]
        seconds = options.seconds * mode.share
        done = measure(mode, suitable, CANDIDATES, scratch, seconds, options.rounds, ssim)
        yield mode.name, tables.measured(done), done
    if not options.quick:
        huge = scratch / "huge.jpeg"
        huge.write_bytes(images.huge())
        done = measure(HUGE, [huge], CANDIDATES, scratch, 0, 1, ssim)
        yield HUGE.name, tables.measured(done), done


def speed_of_two(found: Sequence[Path], cores: set[int], seconds: float) -> float:
    """Return the throughput of two threads on two cores, relative to one thread."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.thread_scaling", str(seconds)],
        input="\n".join(str(path) for path in found if MODES[0].takes(path)),
        env=os.environ | deployed_tuning(),
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
        text=True,
        check=True,
    )
    return float(done.stdout)


def sections(
    options: argparse.Namespace, scratch: Path, done: list[Measurement]
) -> Iterator[tuple[str, str]]:
    """Yield each section's name and Markdown as it is measured; append the measurements to `done`."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {options.core})
    yield "setting", environment.describe()
    found = source_images(options, scratch)
    for name, text, measurement in measurements(options, found, scratch):
        done.append(measurement)
        yield name, text
    faster = speed_of_two(found, cores, options.seconds / 10)
    yield "two", f"Two threads on {min(2, len(cores))} cores: {faster:.2f} x the throughput of one."
    yield "memory", costs.by_memory(done[0], faster)
    yield "huffman", costs.huffman(done[0])


def main() -> None:
    options = arguments()
    done: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, text in sections(options, Path(folder), done):
            print(text, end="\n\n", flush=True)
            if options.write:
                tables.insert(tables.PAGE, name, text)
        if options.write:
            plot.write([measurement for measurement in done if measurement.mode in MODES], PLOT)


if __name__ == "__main__":
    main()
