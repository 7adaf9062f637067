"""Bytes at an equal look, and speed, on real photographs: `make bench-look`.

python -m bench.look                       measures everything; takes about ten minutes
python -m bench.look --images FOLDER       measures the JPEGs of a folder instead
python -m bench.look --only bytes          measures the bytes alone (or: speed)

The look is SSIMULACRA2 of the middle of the image against its source: 100 is equal, 70 is high quality. For
some qualities of Pillow, each way's bytes at Pillow's score are interpolated between its own qualities.
"""

import argparse
import math
import os
from collections.abc import Iterable, Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from time import process_time

from PIL import Image

from bench.photographs import Photograph, photographs
from bench.tables import table
from bench.ways import REFERENCE, WAYS, Way, mozjpeg, plain_pillow, plain_requantising
from catalight.adapters.codec.jpeg.requantise import requantised

MIDDLE = 448  # pixels: SSIMULACRA2 takes a second for a megapixel
STEPS = (-0.25, -0.05, 0.12, 0.3)  # from a quality to 100: where each way is measured
QUALITIES = (30, 50, 75, 90)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.look")
    parser.add_argument("--images", type=Path, metavar="FOLDER")
    parser.add_argument("--only", choices=("bytes", "speed"))
    parser.add_argument("--quality", type=int, action="append", help="of Pillow; may be repeated")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    options = parser.parse_args()
    os.sched_setaffinity(0, {options.core})
    found = photographs(options.images)
    if options.only != "bytes":
        print(speeds(found, options.rounds), end="\n\n", flush=True)
    if options.only != "speed":
        for quality in options.quality or QUALITIES:
            print(bytes_at_equal_look(found, quality), end="\n\n", flush=True)


def geometric(ratios: Iterable[float]) -> float:
    return math.exp(fmean(map(math.log, ratios)))


def speeds(found: Sequence[Photograph], rounds: int) -> str:
    """Return the table of Catalight's speed at quality 50, relative to others for the same image.

    It is CPU time, which depends less than time on what else the machine does. The last column is of
    ways.plain_requantising, for the images that it supports.
    """
    ratios = [_speed(photograph, rounds) for photograph in found]
    rows = []
    for kind in (*sorted({photograph.kind for photograph in found}), "all"):
        of_kind = [
            ratio for photograph, ratio in zip(found, ratios, strict=True) if kind in (photograph.kind, "all")
        ]
        known = [[ratio for ratio in one if ratio] for one in zip(*of_kind, strict=True)]
        rows.append(
            (kind, str(len(of_kind)), *(f"{geometric(one):.2f}" if one else "\u2013" for one in known))
        )
    header = ("kind", "images", "x plain Pillow", "x mozjpeg", "requantising alone x plain Pillow")
    return table(header, rows)


def _speed(photograph: Photograph, rounds: int) -> tuple[float, float, float | None]:
    ways = [REFERENCE, plain_pillow, mozjpeg, plain_requantising]
    if requantised(photograph.data, 50) is None:
        ways.pop()
    seconds: list[list[float]] = []
    for _ in range(rounds + 1):
        seconds.append([])
        for way in ways:
            began = process_time()
            way(photograph.data, 50)
            seconds[-1].append(process_time() - began)
    own, pillow, other, *plain = zip(*seconds[1:], strict=True)
    return (_ratio(pillow, own), _ratio(other, own), _ratio(pillow, plain[0]) if plain else None)


def _ratio(seconds: Sequence[float], own: Sequence[float]) -> float:
    return median(other / one for one, other in zip(own, seconds, strict=True))


def bytes_at_equal_look(found: Sequence[Photograph], quality: int) -> str:
    """Return the table of each way's bytes at the score of Pillow at this quality, relative to Pillow's."""
    shares: dict[str, dict[Photograph, float]] = {name: {} for name in WAYS}
    differences = []
    for photograph in found:
        pillow = WAYS["Pillow"](photograph.data, quality)
        own = REFERENCE(photograph.data, quality)
        look = score(photograph.data, pillow)
        differences.append(score(photograph.data, own) - look)
        for name, way in WAYS.items():
            size = _size_at(way, photograph.data, quality, look)
            if size:
                shares[name][photograph] = size / len(pillow)
    rows = []
    for name, of_way in shares.items():
        both = [own / of_way[one] for one, own in shares["Catalight"].items() if one in of_way]
        values = (geometric(of_way.values()), max(of_way.values()), geometric(both), max(both))
        rows.append((name, *(f"{value:.2f}" for value in values), str(len(both))))
    title = f"Pillow's quality {quality}; Catalight at {quality}: {fmean(differences):+.1f} points."
    header = ("encoder", "bytes", "worst", "Catalight's bytes by its", "worst", "images of both")
    return f"{title}\n\n" + table(header, rows)


def _size_at(way: Way, data: bytes, quality: int, look: float) -> float | None:
    """Return the bytes at a look, interpolated; None if the way's qualities do not reach around it."""
    points = []
    for step in STEPS:
        made = way(data, round(quality + (100 - quality) * step))
        points.append((score(data, made), math.log(len(made))))
    points.sort()
    for (low, small), (high, large) in pairwise(points):
        if low <= look <= high:
            return math.exp(small + (large - small) * (look - low) / (high - low or 1))
    return None


def score(source: bytes, made: bytes) -> float:
    """Return the SSIMULACRA2 of the middle of an image."""
    from ssimulacra2 import compute_ssimulacra2

    with TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.png" for name in ("source", "made")]
        for path, data in zip(paths, (source, made), strict=True):
            _middle(Image.open(BytesIO(data)).convert("RGB")).save(path, compress_level=0)
        return float(compute_ssimulacra2(*paths))


def _middle(image: Image.Image) -> Image.Image:
    left, top = max(0, image.width - MIDDLE) // 2, max(0, image.height - MIDDLE) // 2
    return image.crop((left, top, min(image.width, left + MIDDLE), min(image.height, top + MIDDLE)))


if __name__ == "__main__":
    main()
