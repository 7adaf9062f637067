"""Compare a whole job with its alternatives, in turn: images a second and CPU per image.

python -m bench.pipeline                   1,000 images, 3 rounds
python -m bench.pipeline --images 200 --rounds 1
python -m bench.pipeline --write           also writes the tables to docs/

The images come from a server in its own process. Catalight's time runs from POST to COMPLETED on the local
system, with every hop over S3, SQS and MongoDB; the others write to the disk. The local system is already up;
the times of the others include their start.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench import contenders, image_host
from bench.contenders import Contender, Measured
from bench.tables import PAGE, insert, table
from local.runner.system import System

IMAGES = Path(".bench/images")
OURS = "Catalight"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    image_host.draw_all(IMAGES)
    with ExitStack() as stack:
        base = stack.enter_context(image_host.serving(IMAGES))
        urls = [f"{base}/{number % image_host.DISTINCT}.jpg" for number in range(options.images)]
        system = stack.enter_context(System())
        compared: dict[str, Contender] = {
            OURS: contenders.catalight(system),
            "plain asyncio": contenders.plain,
            "img2dataset": contenders.img2dataset,
        }
        compared[OURS](urls[:40])  # the first messages start its workers
        measured: dict[str, list[Measured]] = {name: [] for name in compared}
        for number in range(options.rounds):
            for name, contender in compared.items():
                measured[name].append(contender(urls))
                rate = options.images / measured[name][-1].seconds
                print(f"round {number + 1}: {name:14} {rate:6.1f} images a second", flush=True)
    for name, text in (
        ("pipeline", comparison(measured, options.images)),
        ("costs", costs(measured[OURS], options.images)),
    ):
        print(f"\n{text}")
        if options.write:
            insert(PAGE, name, text)


def comparison(measured: Mapping[str, Sequence[Measured]], images: int) -> str:
    """Return a table of medians over rounds, of the values and of their ratios to Catalight."""
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
    header = (
        "candidate",
        "images/s",
        "CPU ms per image",
        "Catalight's relative speed",
        "Catalight's relative CPU",
    )
    return f"{title}\n\n{table(header, rows)}"


def costs(jobs: Sequence[Measured], images: int) -> str:
    """Return tables of Catalight's CPU by process and of its time by stage."""
    spent = [
        (name, f"{median(1000 * job.cpu.get(name, 0) / images for job in jobs):.2f}")
        for name in sorted({name for job in jobs for name in job.cpu})
    ]
    stages = [
        (stage, f"{median(job.stages[stage] / images for job in jobs):.1f}") for stage in jobs[0].stages
    ]
    return "\n\n".join(
        [table(("process", "CPU ms per image"), spent), table(("stage", "ms per image"), stages)]
    )


if __name__ == "__main__":
    main()
