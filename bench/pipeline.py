"""A whole job against what one would take instead, in turn: images a second and CPU an image.

python -m bench.pipeline                   1,000 images, 3 rounds
python -m bench.pipeline --images 200 --rounds 1

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
from bench.ways import Measured, Way
from local.runner.system import System

PICTURES = Path(".bench/pictures")
OURS = "Catalight"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pipeline")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    shop.draw_all(PICTURES)
    with ExitStack() as stack:
        base = stack.enter_context(shop.serving(PICTURES))
        urls = [f"{base}/{number % shop.DISTINCT}.jpg" for number in range(options.images)]
        system = stack.enter_context(System())
        compared: dict[str, Way] = {
            OURS: ways.catalight(system),
            "plain asyncio": ways.plain,
            "img2dataset": ways.img2dataset,
        }
        compared[OURS](urls[:40])  # its workers start with their first messages
        measured: dict[str, list[Measured]] = {name: [] for name in compared}
        for number in range(options.rounds):
            for name, way in compared.items():
                measured[name].append(way(urls))
                rate = options.images / measured[name][-1].seconds
                print(f"round {number + 1}: {name:14} {rate:6.1f} images a second", flush=True)
    report(measured, options.images)


def report(measured: Mapping[str, Sequence[Measured]], images: int) -> None:
    """Medians, and the ratios of each round's."""
    print(
        f"\n{'':14} {'images/s':>9} {'CPU ms/image':>13} {'Catalight is faster':>20} {'its CPU, times':>15}"
    )
    for name, jobs in measured.items():
        rate = median(images / job.seconds for job in jobs)
        cpu = median(1000 * job.own_cpu / images for job in jobs)
        pairs = list(zip(measured[OURS], jobs, strict=True))
        faster = median(job.seconds / ours.seconds for ours, job in pairs)
        dearer = median(ours.own_cpu / job.own_cpu for ours, job in pairs)
        print(f"{name:14} {rate:9.1f} {cpu:13.1f} {faster:20.2f} {dearer:15.2f}")
    ours = measured[OURS]
    print("\nCatalight's CPU ms an image by process (mongod, moto and the runner stand for Atlas and AWS):")
    for name in sorted({name for job in ours for name in job.cpu}):
        print(f"  {name:40} {median(1000 * job.cpu.get(name, 0) / images for job in ours):7.2f}")
    print("Its milliseconds an image by stage, on the clock:")
    for stage in ours[0].stages:
        print(f"  {stage:40} {median(job.stages[stage] / images for job in ours):7.2f}")


if __name__ == "__main__":
    main()
