"""What the second run of an unchanged catalogue costs, against a bare loop of conditional requests.

python -m bench.incremental                1,000 images, 3 rounds
python -m bench.incremental --images 200 --rounds 1
python -m bench.incremental --write        also writes the table to docs/scale.md

The sources are JPEGs of 1.7 megapixels. The runs are whole jobs on the local system, from POST to COMPLETED:
everything anew, again, again with 5 % changed, and again without asking the hosts. The loop is one session of
requests in a process of its own, which sends each URL once with the ETag of its image. They run in turn, the
loop between any two of the others. CPU is user and system time of the processes that Lambda would run,
without MongoDB, moto, the image host and the client.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import requests

from bench import contenders, image_host
from bench.contenders import Measured
from bench.scale import PAGE
from bench.tables import insert, table
from local.runner.system import System

IMAGES = Path(".bench/images-1.7")
DRAWN, SIZE = 100, (1504, 1130)
LOOP = "loop of requests"
ANEW, AGAIN, CHANGED, TRUSTED = "everything anew", "unchanged", "5 % changed", "unchanged, max_age"
RUNS = {
    ANEW: {"fresh": "true"},
    AGAIN: {"fresh": "false"},
    CHANGED: {"fresh": "false"},
    TRUSTED: {"max_age": "24"},
}
ONE_IN = 20
EXPECTED = "for comparison: unchanged + 5 % of everything anew"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.incremental")
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"update {PAGE.name}")
    parser.add_argument("--loop", action="store_true", help="run the loop on the URLs of stdin")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.loop:
        loop(json.load(sys.stdin))
        return
    os.environ["CATALIGHT_ALLOW_PRIVATE_HOSTS"] = "1"
    image_host.draw_all(IMAGES, DRAWN, [SIZE])
    with ExitStack() as stack:
        base = stack.enter_context(image_host.serving(IMAGES, copies=-(-options.images // DRAWN)))
        urls = [f"{base}/{number}.jpg" for number in range(options.images)]
        catalight = contenders.catalight(stack.enter_context(System()))
        catalight(urls[:40])  # the first messages start its workers
        measured: dict[str, list[float]] = {name: [] for name in (LOOP, *RUNS)}
        for _ in range(options.rounds):
            loops = [looped(urls)]
            for name, fields in RUNS.items():
                changed = requests.post(f"{base}/change", json=ONE_IN if name is CHANGED else 0, timeout=9)
                changed.raise_for_status()
                measured[name].append(own_cpu(name, catalight(urls, **fields)))
                loops.append(looped(urls))
            measured[LOOP].append(median(loops))
    text = report(measured, options.images)
    print(text)
    if options.write:
        insert(PAGE, "incremental", text)


def own_cpu(name: str, run: Measured) -> float:
    """Return the CPU seconds of a run, and print those of its processes."""
    spent = {role: round(1000 * cpu) for role, cpu in run.cpu.items() if role not in contenders.NOT_COUNTED}
    print(f"{name}: {run.seconds:.1f} s, CPU ms {spent}", flush=True)
    return run.own_cpu


def looped(urls: Sequence[str]) -> float:
    """Return the CPU seconds of the loop."""
    command = [sys.executable, "-m", "bench.incremental", "--loop"]
    done = subprocess.run(command, input=json.dumps(urls), stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def loop(urls: Sequence[str]) -> None:
    """Ask for the ETags, then send the conditional requests, and print the CPU seconds of these."""
    with requests.Session() as session:
        known = [(url, session.get(url, timeout=9).headers["ETag"]) for url in urls]
        began = time.process_time()
        for url, of_image in known:
            if session.get(url, headers={"If-None-Match": of_image}, timeout=9).status_code != 304:
                raise RuntimeError("an image has changed")
        print(time.process_time() - began)


def report(measured: dict[str, list[float]], images: int) -> str:
    """Return a table of medians: CPU of an image, and its ratios to the loop and to everything anew."""
    middle = {name: median(rounds) for name, rounds in measured.items()}
    middle[EXPECTED] = middle[AGAIN] + middle[ANEW] / ONE_IN
    rows = [
        (name, f"{1000 * cpu / images:.2f}", f"{cpu / middle[LOOP]:.2f}", f"{cpu / middle[ANEW]:.3f}")
        for name, cpu in middle.items()
    ]
    return table(("run", "CPU ms per image", "of the loop", "of everything anew"), rows)


if __name__ == "__main__":
    main()
