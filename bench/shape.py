"""What jpeg/shape.py is made of: `python -m bench.shape [--images FOLDER] [--write]`, some two hours.

Makes the quantisation steps of some frequencies larger or smaller, by turns, and keeps what takes fewer bytes
at the scores of Pillow: in the mean of the photographs, first for low qualities, then for high ones. Every
second photograph is left out, and so are bench.photographs.JUDGES: what these gain is printed too. It begins
with the steps that there are: three runs made what is written now, and a fourth would gain 0.3 % at low
qualities. Run `python -m bench.curve` afterwards, which finds what a quality means with these steps.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import cycle, product
from math import exp, log
from pathlib import Path
from statistics import fmean

from PIL import Image

from bench.calibrate import LEFT_OUT
from bench.look import score
from bench.photographs import JUDGES, Kind, Photograph, on_white, product_size, sources
from bench.ways import catalight_at, optimised_pillow
from catalight.adapters.codec.jpeg import look, shape

KINDS = (  # None: PNG
    Kind(90, "4:4:4"),
    None,
    Kind(95, "4:2:0"),
    Kind(82, "4:2:0"),
    Kind(92, "4:2:0", progressive=True),
    None,
    Kind(75, "4:4:4"),
    Kind(95, "4:4:4"),
    Kind(90, "4:2:2"),
)
SIZE = (640, 560)
QUALITIES = {"LOW": (30, 50), "HIGH": (75, 90)}
NOMINALS = (-0.5, -0.25, -0.05, 0.12, 0.3, 0.5)  # from a quality to 100
FIRST = 2  # of these: the one to begin with
FACTORS = ((1.17, 0.85), (1.08, 0.93))  # of the steps: larger or smaller by much, then by little
MOVES = 3  # of one kind, one after the other
LEAST = 0.0003  # of all bytes: what a change has to save
LOWEST, HELD = 2, 100  # of high qualities these groups get no smaller: smooth images have hardly any others
PATH = Path(shape.__file__)

type Changes = dict[str, list[list[int]]]
type Sizes = dict[tuple[str, int], float]
"""The logarithms of the bytes of a photograph at the score of Pillow's quality."""


@dataclass(slots=True)
class Measured:
    """A photograph, the scores that are wanted, and the nominal qualities that were around them."""

    name: str
    data: bytes
    wanted: dict[int, float] = field(default_factory=dict)
    around: dict[int, int] = field(default_factory=dict)

    def size_at(self, quality: int) -> float | None:
        """Return the logarithm of the bytes at Pillow's score; None if no quality reaches it."""
        if quality not in self.wanted:
            self.wanted[quality] = score(self.data, optimised_pillow(self.data, quality))
        points: dict[int, tuple[float, float]] = {}
        at, wanted = self.around.get(quality, FIRST), self.wanted[quality]
        while 0 <= at < len(NOMINALS) - 1:
            for number in (at, at + 1):
                if number not in points:
                    points[number] = self._point(quality + (100 - quality) * NOMINALS[number])
            (low, small), (high, large) = points[at], points[at + 1]
            if low <= wanted <= high:
                self.around[quality] = at
                return small + (large - small) * (wanted - low) / (high - low or 1)
            if (at - 1 if wanted < low else at + 1) in points and len(points) > 2:
                return None  # scores that do not rise with the quality
            at += -1 if wanted < low else 1
        return None

    def _point(self, nominal: float) -> tuple[float, float]:
        made = catalight_at(self.data, max(1.0, nominal), look.price_at(max(1.0, nominal)))
        return score(self.data, made), log(len(made))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.shape")
    parser.add_argument("--images", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    used, others = ([Measured(one.name, one.data) for one in part] for part in calibration(options.images))
    changes: Changes = {"LOW": [list(one) for one in shape.LOW], "HIGH": [list(one) for one in shape.HIGH]}
    for part, qualities in QUALITIES.items():
        before = sizes(others, qualities)
        gained = descend(changes, part, used, qualities)
        of_others = exp(gain(before, sizes(others, qualities)))
        print(f"{part}: {gained:.4f} of the bytes; others: {of_others:.4f}", flush=True)
    if options.write:
        _write(changes)


def descend(changes: Changes, part: str, used: Sequence[Measured], qualities: Sequence[int]) -> float:
    """Change the steps of one part while this saves bytes. Return the share of the bytes that is left."""
    held = LOWEST if part == "HIGH" else 0
    for groups in changes[part]:
        groups[:held] = [max(HELD, step) for step in groups[:held]]
    _use(changes)
    first = best = sizes(used, qualities)
    for factors in FACTORS:
        for groups in changes[part]:
            for group, factor in product(range(len(groups)), factors):
                for _ in range(MOVES):
                    before = groups[group]
                    groups[group] = round(before * factor)
                    _use(changes)
                    made = sizes(used, qualities)
                    if (group < held and groups[group] < HELD) or gain(best, made) > -LEAST:
                        groups[group] = before
                        break
                    best = made
            print(part, groups, f"{exp(gain(first, best)):.4f}", flush=True)
    _use(changes)
    return exp(gain(first, best))


def sizes(photographs: Sequence[Measured], qualities: Sequence[int]) -> Sizes:
    found = {(one.name, quality): one.size_at(quality) for one in photographs for quality in qualities}
    return {key: size for key, size in found.items() if size is not None}


def gain(before: Sizes, after: Sizes) -> float:
    """Return the mean of the logarithms of the ratios of what both have."""
    return fmean(after[key] - before[key] for key in before if key in after)


def calibration(folder: Path | None) -> tuple[list[Photograph], list[Photograph]]:
    """Return the photographs that are used, and those that are left out."""
    found = list(_made(sorted(folder.rglob("*.*")) if folder else sources()))
    others = [one for number, one in enumerate(found) if number % 2 or one.name in JUDGES]
    return [one for one in found if one not in others], others


def _made(paths: Sequence[Path]) -> Iterator[Photograph]:
    chosen = [path for path in paths if path.name not in LEFT_OUT]
    for number, (path, kind) in enumerate(zip(chosen, cycle(KINDS), strict=False)):
        with Image.open(path) as image:
            shown = product_size(image.convert("RGB"), SIZE)
        if number % 4 == 2:
            shown = on_white(shown)
        file = BytesIO()
        if kind is None:
            shown.save(file, "PNG")
        else:
            settings = {"subsampling": kind.subsampling, "progressive": kind.progressive}
            shown.save(file, "JPEG", quality=kind.quality, **settings)
        yield Photograph(path.name, kind.name if kind else "PNG", file.getvalue())


def _use(changes: Changes) -> None:
    for part, components in changes.items():
        setattr(shape, part, tuple(tuple(groups) for groups in components))


def _write(changes: Changes) -> None:
    kept = [line for line in PATH.read_text().splitlines() if not line.startswith(tuple(changes))]
    kept += [
        f"{part} = ({', '.join(str(tuple(groups)) for groups in components)})"
        for part, components in changes.items()
    ]
    PATH.write_text("\n".join(kept) + "\n")


if __name__ == "__main__":
    main()
