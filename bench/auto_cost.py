"""The CPU of `quality=auto`, relative to the same quality as a number: `python -m bench.auto_cost`.

Each photograph that is installed is scaled to some sizes and saved in the ways of shops. One process runs
both in turn, so what else the machine does changes little.
"""

import argparse
import math
import os
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import cycle
from statistics import fmean, median
from time import process_time

from PIL import Image

from bench.photographs import KINDS, on_white, product_size, sources
from bench.tables import table
from catalight.adapters.codec.compress import compress
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import AUTO, Rendition

SIZES = ((150, 150), (300, 300), (450, 350), (800, 800), (1400, 1100))
LEAST_SECONDS = 0.004  # of a measurement: a small image is compressed several times

type Case = tuple[str, str, bytes, Rendition]
"""The name, the way and the source of an image, and how it is compressed."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.auto_cost")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--look", type=Look, choices=list(Look), default=Look.GOOD)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.core})
    ratios: dict[str, list[float]] = {}
    for name, way, source, rendition in cases(options.look):
        found = ratio(source, rendition, options.rounds)
        if found is None:
            continue
        ratios.setdefault(way, []).append(found[0])
        if options.verbose:
            print(f"{way}: {name}: {found[0]:.2f}, {found[1] * 1000:.2f} ms", flush=True)
    rows = [
        (way, str(len(of)), f"{math.exp(fmean(map(math.log, of))):.2f}", f"{max(of):.2f}")
        for way, of in ratios.items()
    ]
    print(table(("way", "images", "CPU of auto, x a number's", "worst"), rows))


def cases(look: Look) -> Iterator[Case]:
    """Yield each size of JPEG to JPEG, and then the ways through pixels."""
    jpeg = Rendition(AUTO, Target.JPEG, look=look)
    for size in SIZES:
        for number, (path, kind) in enumerate(zip(sources(), cycle(KINDS), strict=False)):
            with Image.open(path) as image:
                shown = product_size(image.convert("RGB"), size)
            if number % 4 == 1:
                shown = on_white(shown)
            settings = {"subsampling": kind.subsampling, "progressive": kind.progressive}
            name = f"{path.stem}, {kind.name} {kind.quality}"
            data = saved(shown, "JPEG", quality=kind.quality, **settings)
            yield name, f"JPEG, {size[0]} x {size[1]}", data, jpeg
            half = replace(jpeg, max_width=max(16, shown.width // 2))
            yield name, f"JPEG, resized to {size[0] // 2} x {size[1] // 2}", data, half
            if number % 3 == 0:
                yield name, f"PNG, {size[0]} x {size[1]}", saved(shown, "PNG"), jpeg
            if number % 3 == 1:
                yield name, f"WebP, {size[0]} x {size[1]}", saved(shown, "WEBP", quality=85), jpeg


def saved(image: Image.Image, name: str, **settings: object) -> bytes:
    file = BytesIO()
    image.save(file, name, **settings)
    return file.getvalue()


def ratio(source: bytes, rendition: Rendition, rounds: int) -> tuple[float, float] | None:
    """Return the CPU of `auto` by that of the number it chooses, and the seconds of the latter."""
    made = compress(source, rendition)
    if made.chosen is None:
        return None
    number = Rendition(made.chosen.quality, rendition.format, max_width=rendition.max_width)
    times = max(1, round(LEAST_SECONDS / seconds(source, number, 1)))
    pairs = [(seconds(source, rendition, times), seconds(source, number, times)) for _ in range(rounds)]
    return median(auto / fixed for auto, fixed in pairs), min(fixed for _, fixed in pairs)


def seconds(source: bytes, rendition: Rendition, times: int) -> float:
    began = process_time()
    for _ in range(times):
        compress(source, rendition)
    return (process_time() - began) / times


if __name__ == "__main__":
    main()
