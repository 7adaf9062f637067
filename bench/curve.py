"""What jpeg/look.py is made of: `python -m bench.curve [--images FOLDER]`, some ten minutes.

For each quality and some prices of a bit, prints the nominal quality of the tables that has Pillow's look,
and what the images take then: the price with the fewest bytes is the one to use. The photographs are those
that bench.shape uses, not those that it leaves out.
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from math import exp, log
from pathlib import Path
from statistics import fmean

from bench.look import QUALITIES, geometric, score
from bench.photographs import Photograph
from bench.shape import calibration
from bench.tables import table
from bench.ways import catalight, catalight_at, optimised_pillow
from catalight.adapters.codec.jpeg import look
from catalight.adapters.codec.jpeg.header import Header
from catalight.adapters.codec.jpeg.write import SOI

PRICES = (0.04, 0.07, 0.1, 0.13)
STEPS = (-0.15, 0.0, 0.12, 0.25, 0.4)  # from a quality to 100
MOST_CHANGE = 80  # up to this quality most sources do not keep their steps, and those that do count as well


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.curve")
    parser.add_argument("--images", type=Path, metavar="FOLDER")
    found, _ = calibration(parser.parse_args().images)
    rows = [
        (str(quality), f"{price}", *measured(found, quality, price))
        for quality in QUALITIES
        for price in PRICES
    ]
    print(table(("quality", "price", "nominal quality", "bytes"), rows))


def measured(found: Sequence[Photograph], quality: int, price: float) -> tuple[str, str]:
    """Return the nominal quality with Pillow's look in the mean, and the share of its bytes at its scores."""
    nominals = [quality + (100 - quality) * step for step in STEPS]
    differences: list[list[float]] = [[] for _ in STEPS]
    shares = []
    for photograph in found:
        pillow = optimised_pillow(photograph.data, quality)
        wanted = score(photograph.data, pillow)
        points = []
        kept = catalight(photograph.data, quality) if _is_kept(photograph.data, quality) else None
        for nominal, of_nominal in zip(nominals, differences, strict=True):
            made = kept or catalight_at(photograph.data, nominal, price)
            points.append((score(photograph.data, made) - wanted, log(len(made) / len(pillow))))
            if kept is None or quality <= MOST_CHANGE:
                of_nominal.append(points[-1][0])
        share = at_zero(points)
        if share is not None and kept is None:
            shares.append(exp(share))
    found_at = at_zero([(fmean(one), nominal) for nominal, one in zip(nominals, differences, strict=True)])
    return f"{found_at or 0:.1f}", f"{geometric(shares):.3f}"


def at_zero(points: Sequence[tuple[float, float]]) -> float | None:
    """Return what goes with a difference of 0, interpolated; None if all are above or below it."""
    for (low, before), (high, after) in pairwise(sorted(points)):
        if low <= 0 <= high:
            return before + (after - before) * -low / (high - low or 1)
    return None


def _is_kept(data: bytes, quality: int) -> bool:
    """Whether a JPEG keeps its steps at this quality."""
    if not data.startswith(SOI):
        return False
    header = Header(data)
    header.scan(len(SOI))
    return look.already(header.own_steps(), quality)


if __name__ == "__main__":
    main()
