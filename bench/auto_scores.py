"""What test_auto_scores.py compares with: `python -m bench.auto_scores`.

Writes crops of photographs in the wheel of scikit-image that are in the public domain, as JPEGs of several
kinds. `bench.calibrate` has not seen them. Each is compressed with `quality=auto` in each look, and its
SSIMULACRA2 is measured. Run it again when the codec makes other bytes.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from io import BytesIO
from itertools import cycle
from pathlib import Path
from statistics import fmean, pstdev

from PIL import Image

from bench.look import score
from bench.photographs import JUDGES, KINDS, sources
from bench.tables import table
from catalight.adapters.codec.compress import compress
from catalight.domain.image.formats import Target
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import AUTO, Rendition

FOLDER = Path(__file__).parents[1] / "tests/unit/adapters/codec/jpeg/photographs"
SIDE = 300  # pixels
NEAR = 3  # points
HEADER = ("look", "outputs", "mean", "deviation", "worst", "best", "mean estimate", "within 3")
PLACES = ((0.5, 0.4), (0.15, 0.75))  # of a crop, as shares of what is beside it


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    crops = [(path, place) for path in sources() if path.name in JUDGES for place in PLACES]
    scores = []
    pairs: dict[Look, list[tuple[float, float]]] = {look: [] for look in Look}
    for (path, place), kind in zip(crops, cycle(KINDS), strict=False):
        name = f"{path.stem}-{PLACES.index(place)}.jpg"
        file = BytesIO()
        settings = {"subsampling": kind.subsampling, "progressive": kind.progressive}
        _crop(path, place).save(file, "JPEG", quality=kind.quality, **settings)
        source = file.getvalue()
        (FOLDER / name).write_bytes(source)
        for look in Look:
            made = compress(source, Rendition(AUTO, Target.JPEG, look=look))
            if made.chosen:  # else the source is kept
                digest = sha256(made.data).hexdigest()
                measured = round(score(source, made.data), 2)
                scores.append({"source": name, "look": look, "sha256": digest, "score": measured})
                pairs[look].append((measured, made.chosen.score or 0))
                print(f"{name} {look}: {made.chosen.score} estimated, {measured} measured", flush=True)
    print(table(HEADER, [_row(look, ones) for look, ones in pairs.items()]))
    by = f"python -m bench.auto_scores, ssimulacra2 {version('ssimulacra2')}"
    (FOLDER / "scores.json").write_text(json.dumps({"made_by": by, "scores": scores}, indent=1) + "\n")


def _row(look: Look, pairs: Sequence[tuple[float, float]]) -> tuple[str, ...]:
    measured, estimated = zip(*pairs, strict=True)
    off = [abs(one - other) for one, other in pairs]
    values = (fmean(measured), pstdev(measured), min(measured), max(measured), fmean(estimated))
    within = sum(one <= NEAR for one in off) / len(off)
    return (f"{look} ({look.score})", str(len(off)), *(f"{value:.1f}" for value in values), f"{within:.0%}")


def _crop(path: Path, place: tuple[float, float]) -> Image.Image:
    with Image.open(path) as image:
        left, top = (round((side - SIDE) * share) for side, share in zip(image.size, place, strict=True))
        return image.convert("RGB").crop((left, top, left + SIDE, top + SIDE))


if __name__ == "__main__":
    main()
