"""What jpeg/calibrated.py is made of: `python -m bench.calibrate [--images FOLDER] [--write]`, some minutes.

Compresses crops of photographs at some qualities, measures SSIMULACRA2, and finds the weights whose sum is
nearest to it. Each photograph, with all of its crops, is judged by the weights that the others give: what is
printed holds for photographs that were not seen. The weights that are written are those of all but
`bench.photographs.JUDGES`, which only judge. Run it again whenever the tables, the search or
native/estimate.c change.
"""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import cycle
from operator import mul
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from PIL import Image
from scipy.optimize import nnls

from bench.look import MIDDLE, score
from bench.photographs import JUDGES, KINDS, LEAST_SIDE, on_white, product_size, sources
from bench.tables import table
from catalight.adapters.codec.jpeg import calibrated, estimate, requantise
from catalight.domain.image.look import Look

SIZES = ((900, 700), (1400, 1100), (1100, 850))  # of which the middle is taken
QUALITIES = (28, 42, 56, 70, 80, 90)
LEFT_OUT = (  # drawn, or a photograph again
    "Painting-Colors_by__herobrine7gamer.jpg",
    "GreenTraditional.jpg",
    "Elephants_3840x2160.jpg",
    "Elephants_5640x3172.jpg",
)
RANGE = (48, 95)  # scores that count: no look is below or above
ERRORS = np.linspace(0, 40, 4001)  # weighted sums
ROUNDS, LARGE = 8, 2.5  # of fitting; points from which a photograph counts less
ZONES = (0.0, 1.0, 2.0, 2.25, 2.5, 2.75, 3.0, 3.5, 4.0, 5.0)
PATH = Path(calibrated.__file__)
MODULE = '''"""What `python -m bench.calibrate` found: do not change it by hand."""

# Of the pools in native/estimate.h.
WEIGHTS: tuple[float, ...] = ({weights})
# By how much a value that stays is larger than half a step, for each step that a bit costs.
DEAD_ZONE = {zone}
# The qualities at which Pillow's encoders have a look in the mean: JPEG, WebP, AVIF.
JPEG = {jpeg}
WEBP = {webp}
AVIF = {avif}
'''


type Crop = tuple[str, str, bytes]
"""The photograph of a crop, how it was saved, and the JPEG."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A crop at a quality: its photograph, how it was saved, its features and its score."""

    photograph: str
    kind: str
    features: list[float]
    score: float
    source: bytes
    quality: int


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.calibrate")
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="more photographs")
    parser.add_argument("--write", action="store_true", help=f"write {PATH.name}")
    options = parser.parse_args()
    paths = sources() + (sorted(options.images.rglob("*.jp*g")) if options.images else [])
    every = {path.name: path for path in paths if path.name not in LEFT_OUT}
    crops = list(cropped([path for name, path in every.items() if name not in JUDGES]))
    found = all_measured(crops)
    judges = all_measured(list(cropped([path for name, path in every.items() if name in JUDGES])))
    calibrated.WEIGHTS = fitted(found)
    print(judgement(found, judges), end="\n\n", flush=True)
    calibrated.DEAD_ZONE = zone(found[::3])
    print(f"Dead zone: {calibrated.DEAD_ZONE}", flush=True)
    sources_ = [crop[2] for crop in crops[::6]]
    fixed = {name: qualities(sources_, name) for name in ("JPEG", "WEBP", "AVIF")}
    weights = ", ".join(f"{weight:.5g}" for weight in calibrated.WEIGHTS)
    text = MODULE.format(
        weights=weights,
        zone=calibrated.DEAD_ZONE,
        **{name.lower(): str(one).replace("'", '"') for name, one in fixed.items()},
    )
    print(text)
    if options.write:
        PATH.write_text(text)


def cropped(paths: Sequence[Path]) -> Iterator[Crop]:
    """Yield crops of each photograph."""
    for size, first in zip(SIZES, (0, 5, 2), strict=True):
        kinds = KINDS[first:] + KINDS[:first]
        for number, (path, kind) in enumerate(zip(paths, cycle(kinds), strict=False)):
            with Image.open(path) as image:
                shown = product_size(image.convert("RGB"), size)
            if number % 4 == 1:
                shown = on_white(shown)
            shown = product_size(shown, shown.size).crop(_third(shown.size))
            if min(shown.size) < LEAST_SIDE:
                continue
            file = BytesIO()
            settings = {
                "quality": kind.quality,
                "subsampling": kind.subsampling,
                "progressive": kind.progressive,
            }
            shown.save(file, "JPEG", **settings)
            yield path.stem, f"{kind.name} {kind.quality}", file.getvalue()


def _third(size: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = min(MIDDLE, size[0]), min(MIDDLE, size[1])
    left, top = (size[0] - width) // 2, (size[1] - height) // 3
    return left, top, left + width, top + height


def all_measured(crops: Sequence[Crop]) -> list[Measured]:
    """Return each crop at half of the qualities."""
    return [one for number, crop in enumerate(crops) for one in measured(crop, QUALITIES[number % 2 :: 2])]


def measured(crop: Crop, qualities: Sequence[int]) -> list[Measured]:
    """Return a crop at each quality. Scores of 97 and more are left out: the output is the source."""
    photograph, kind, source = crop
    made = []
    for quality in qualities:
        data, features = at_quality(source, quality)
        if data and (look := score(source, data)) < 97:
            made.append(Measured(photograph, kind, features[-1], look, source, quality))
    return made


def at_quality(source: bytes, quality: int) -> tuple[bytes | None, list[list[float]]]:
    """Compress at a quality; return the features that were predicted and those of the output, in turn."""
    noticed: list[list[float]] = []
    before = estimate.chosen

    @contextmanager
    def chosen(*arguments: Any, **_named: Any) -> Iterator[estimate.Choice]:
        library, fine, output, halved, *_ = arguments
        with before(
            library, fine, output, halved, estimate.curve_of([quality], full=bool(fine.full)), 0
        ) as choice:
            noticed.append(list(choice.features))
            yield choice
            noticed.append(list(choice.features))

    estimate.chosen = chosen
    try:
        made = requantise.settled(source, 0)
    finally:
        estimate.chosen = before
    return (made.data if made else None), noticed


def estimated(features: Sequence[float]) -> float:
    """Return the score of an output with these features."""
    return estimate.scaled(sum(map(mul, calibrated.WEIGHTS, features)))


def fitted(found: Sequence[Measured]) -> tuple[float, ...]:
    """Return the weights, none below zero, that give the scores; photographs far from it count less."""
    scores = np.array([estimate.scaled(errors) for errors in ERRORS])
    used = counted(found)
    features, wanted = np.array([one.features for one in used]), np.array([one.score for one in used])
    errors = np.interp(-wanted, -scores, ERRORS)
    slope = np.abs(np.interp(errors, ERRORS, np.gradient(scores, ERRORS)))
    trust = slope
    for _ in range(ROUNDS):
        weights, _ = nnls(features * trust[:, None], errors * trust)
        off = np.array([estimate.scaled(one) for one in features @ weights]) - wanted
        trust = slope / np.sqrt(1 + (off / LARGE) ** 2)
    return tuple(map(float, weights))


def judgement(found: Sequence[Measured], judges: Sequence[Measured]) -> str:
    """Return the table of the differences between estimates and scores."""
    rows = []
    used, judging = counted(found), counted(judges)
    seen, judged = (
        np.array([estimated(one.features) - one.score for one in ones]) for ones in (used, judging)
    )
    kinds = (("calibrated on", used, seen), ("left out", used, unseen(used)), ("JUDGES", judging, judged))
    for name, ones, off in kinds:
        values = (off.mean(), off.std(), *np.quantile(off, (0.05, 0.5, 0.95)), np.quantile(abs(off), 0.9))
        rows.append(
            (name, str(len(off)), *(f"{value:.1f}" for value in values), f"{(abs(off) <= 3).mean():.0%}")
        )
        for one, much in sorted(zip(ones, off, strict=True), key=lambda pair: -abs(pair[1]))[:12]:
            print(
                f"{name}: {one.photograph}, {one.kind} at {one.quality}: {one.score:.1f}, off by {much:+.1f}"
            )
    header = (
        "photographs",
        "outputs",
        "mean",
        "deviation",
        "5 %",
        "median",
        "95 %",
        "90 % within",
        "within 3",
    )
    return table(header, rows)


def counted(found: Sequence[Measured]) -> list[Measured]:
    """Return those whose score counts."""
    return [one for one in found if RANGE[0] < one.score < RANGE[1]]


def unseen(found: Sequence[Measured]) -> np.ndarray:
    """Return the differences between estimates and scores, with the weights of all other photographs."""
    before, off = calibrated.WEIGHTS, np.zeros(len(found))
    for photograph in {one.photograph for one in found}:
        calibrated.WEIGHTS = fitted([one for one in found if one.photograph != photograph])
        for index, one in enumerate(found):
            if one.photograph == photograph:
                off[index] = estimated(one.features) - one.score
    calibrated.WEIGHTS = before
    return off


def zone(found: Sequence[Measured]) -> float:
    """Return the dead zone with which the prediction is nearest to what the search then does."""
    off = {}
    for one in ZONES:
        calibrated.DEAD_ZONE = one
        pairs = [at_quality(each.source, each.quality)[1][-2:] for each in found]
        off[one] = fmean(estimated(before) - estimated(after) for before, after in pairs)
    print({key: round(value, 2) for key, value in off.items()})
    return min(off, key=lambda key: abs(off[key]))


def qualities(found: Sequence[bytes], name: str) -> dict[str, int]:
    """Return the quality with each look, in the mean, of one of Pillow's encoders."""
    settings: dict[str, int] = {"JPEG": {}, "WEBP": {"method": 2}, "AVIF": {"speed": 9, "max_threads": 1}}[
        name
    ]
    asked = (30, 45, 60, 70, 80, 88, 94)
    means = []
    for quality in asked:
        scores = []
        for source in found:
            file = BytesIO()
            Image.open(BytesIO(source)).convert("RGB").save(file, name, quality=quality, **settings)
            scores.append(score(source, file.getvalue()))
        means.append(fmean(scores))
    print(name, dict(zip(asked, (round(one, 1) for one in means), strict=True)), flush=True)
    return {look.value: round(float(np.interp(look.score, means, asked))) for look in Look}


if __name__ == "__main__":
    main()
