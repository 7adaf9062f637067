"""What jpeg/look.py is made of: `python -m bench.curve [--images FOLDER]`, some ten minutes.

For each quality and some prices of a bit, prints the nominal quality of the tables that has Pillow's look,
and what the images take then: the price with the fewest bytes is the one to use. The images should be ones
that the result is not judged on, of a higher quality than 90.
"""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from math import exp, log
from pathlib import Path
from statistics import fmean

from bench.look import QUALITIES, geometric, score
from bench.photographs import Photograph, photographs
from bench.tables import table
from bench.ways import catalight, optimised_pillow
from catalight.adapters.codec.jpeg import look

PRICES = (0.04, 0.07, 0.1, 0.13)
STEPS = (0.0, 0.12, 0.25, 0.4)  # from a quality to 100


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.curve")
    parser.add_argument("--images", type=Path, metavar="FOLDER")
    found = photographs(parser.parse_args().images)
    rows = [
        (str(quality), f"{price}", *measured(found, quality, price))
        for quality in QUALITIES
        for price in PRICES
    ]
    print(table(("quality", "price", "nominal quality", "bytes"), rows))


def measured(found: Sequence[Photograph], quality: int, price: float) -> tuple[str, str]:
    """Return the nominal quality with Pillow's look and the bytes relative to Pillow's, in the mean."""
    nominals, shares = [], []
    for photograph in found:
        pillow = optimised_pillow(photograph.data, quality)
        wanted = score(photograph.data, pillow)
        points = []
        for step in STEPS:
            nominal = quality + (100 - quality) * step
            made = catalight_at(photograph.data, nominal, price)
            points.append((score(photograph.data, made), nominal, log(len(made))))
        for (low, *before), (high, *after) in pairwise(sorted(points)):
            if low <= wanted <= high:
                part = (wanted - low) / (high - low or 1)
                nominal, size = (a + (b - a) * part for a, b in zip(before, after, strict=True))
                nominals.append(nominal)
                shares.append(exp(size) / len(pillow))
                break
    return f"{fmean(nominals):.1f}", f"{geometric(shares):.3f}"


def catalight_at(data: bytes, nominal: float, price: float) -> bytes:
    """Compress with the tables of a nominal quality and a price of a bit."""
    of_quality = look.of_quality
    look.of_quality = lambda _: look.at(nominal, price)  # type: ignore[assignment]
    try:
        return catalight(data, 1)
    finally:
        look.of_quality = of_quality


if __name__ == "__main__":
    main()
