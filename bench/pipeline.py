"""A whole job against what one would take instead, in turn: images a second and CPU an image.

python -m bench.pipeline                   1,000 images, 3 rounds
python -m bench.pipeline --images 200 --rounds 1
python -m bench.pipeline --write           the tables go into docs/ too

The pictures come from a server with a process of its own. Catalight's time is that from POST to COMPLETED on
the local system, with every hop over S3, SQS and MongoDB; the others write to the disk. The system was up
before; the others' starts are in their times.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench import shop, ways
from bench.tables import PAGE, insert, table
from bench.ways import Measured, Way
from local.runner.system import System

IMAGES = Path(".bench/pictures")
OURS = "Catalight"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    shop.draw_all(IMAGES)
    with ExitStack() as stack:
        base = stack.enter_context(shop.serving(IMAGES))
        urls = [f"{base}/{number % shop.DISTINCT}.jpg" for number in range(options.images)]
        system = stack.enter_context(System())
        all_ways: dict[str, Way] = {
            OURS: ways.catalight(system),
            "plain asyncio": ways.plain,
            "img2dataset": ways.img2dataset,
        }
        all_ways[OURS](urls[:40])  # its workers start with their first messages
        measured: dict[str, list[Measured]] = {name: [] for name in all_ways}
        for number in range(options.rounds):
            for name, way in all_ways.items():
                measured[name].append(way(urls))
                rate = options.images / measured[name][-1].seconds
                print(f"round {number + 1}: {name:14} {rate:6.1f} images a second", flush=True)
    for name, text in (
        ("pipeline", compared(measured, options.images)),
        ("costs", costs(measured[OURS], options.images)),
    ):
        print(f"\n{text}")
        if options.write:
            insert(PAGE, name, text)


def compared(measured: Mapping[str, Sequence[Measured]], images: int) -> str:
    """Medians, and those of the ratios of each round."""
    rows = []
    for name, jobs in measured.items():
        pairs = list(zip(measured[OURS], jobs, strict=True))
        rows.append(
            (
                name,
                f"{median(images / job.seconds for job in jobs):.0f}",
                f"{median(1000 * job.own_cpu / images for job in jobs):.1f}",
                f"{median(job.seconds / ours.seconds for ours, job in pairs):.2f}",
                f"{median(ours.own_cpu / job.own_cpu for ours, job in pairs):.2f}",
            )
        )
    title = f"{images:,} images, rounds: {len(measured[OURS])}, {os.process_cpu_count()} cores."
    header = ("way", "images/s", "CPU ms an image", "Catalight is faster", "its CPU, times")
    return f"{title}\n\n{table(header, rows)}"


def costs(jobs: Sequence[Measured], images: int) -> str:
    """What Catalight's CPU goes into, and what its stages take."""
    spent = [
        (name, f"{median(1000 * job.cpu.get(name, 0) / images for job in jobs):.2f}")
        for name in sorted({name for job in jobs for name in job.cpu})
    ]
    stages = [
        (stage, f"{median(job.stages[stage] / images for job in jobs):.1f}") for stage in jobs[0].stages
    ]
    return "\n\n".join(
        [table(("process", "CPU ms an image"), spent), table(("stage", "ms an image"), stages)]
    )


if __name__ == "__main__":
    main()
