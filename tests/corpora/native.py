"""Run a sanitised build of native/*.c over damaged JPEGs and odd pixels: `make fuzz-native`.

python -m tests.corpora.native LIBRARY [--cases N] [--seed N]

A sanitiser ends the process when it finds something; the name of the last case is in CASE.
"""

import argparse
import sys
from ctypes import CDLL
from io import BytesIO
from itertools import product
from pathlib import Path
from random import Random
from tempfile import gettempdir

from PIL import Image, ImageDraw

from catalight.adapters.codec import native
from catalight.adapters.codec.images.encode import own_jpeg
from catalight.adapters.codec.images.shrink import shrink_natively
from catalight.adapters.codec.jpeg import complete, requantise
from catalight.domain.image.look import Look
from catalight.domain.image.rendition import Rendition
from local.hosts.images import draw
from tests.corpora.mutations import MUTATORS

CASE = Path(gettempdir()) / "catalight-fuzz-native-case"
QUALITIES = (1, 10, 50, 90, 97, 100)


def hatched() -> Image.Image:
    """A drawing of lines on white, whose blocks nearly all have hard edges."""
    image = Image.new("RGB", (120, 88), "white")
    for x in range(0, 200, 7):
        ImageDraw.Draw(image).line((x, 0, x - 80, 88), fill=("black", "darkred", "darkblue")[x % 3])
    return image


def sources() -> list[bytes]:
    """Small JPEGs of every kind that the library reads."""
    found = []
    photograph = Image.open(BytesIO(draw(1, 72, 56, format="PNG"))).convert("RGB")
    for image, subsampling, progressive, quality, restarts in product(
        (photograph, hatched()), ("4:4:4", "4:2:2", "4:2:0"), (False, True), (60, 95), (0, 2)
    ):
        for mode in ("RGB", "L"):
            file = BytesIO()
            kind = {"subsampling": subsampling} if mode == "RGB" else {}
            image.convert(mode).save(
                file,
                "JPEG",
                quality=quality,
                progressive=progressive,
                restart_marker_blocks=restarts,
                **kind,
            )
            found.append(file.getvalue())
    return found


def damage(chance: Random, data: bytes) -> bytes:
    """Return the JPEG with one to four changes, more of them in its coded data than elsewhere."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if damaged and chance.random() < 0.6:
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        else:
            chance.choice(MUTATORS)(chance, damaged)
    return bytes(damaged)


def run(chance: Random, found: list[bytes]) -> None:
    """Run one damaged JPEG and one image of odd pixels through the library."""
    data = damage(chance, chance.choice(found))
    requantise.requantised(data, chance.choice(QUALITIES), b"", chance.randint(1, 8))
    requantise.settled(data, chance.uniform(0, 100), b"", chance.randint(1, 8))
    complete.is_complete(data, ended=chance.random() < 0.5, reached=chance.random() < 0.5)
    size = chance.randint(1, 50), chance.randint(1, 50)
    mode = chance.choice(("RGB", "L"))
    noise = chance.randbytes(len(mode) * size[0] * size[1])
    image = Image.frombytes(mode, size, noise)
    own_jpeg(image, Rendition(chance.choice(QUALITIES)), b"")
    own_jpeg(image, Rendition("auto", look=chance.choice(list(Look))), b"")
    shrink_natively(image, (chance.randint(1, size[0]), chance.randint(1, size[1])))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.corpora.native")
    parser.add_argument("library", type=Path)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    library = native.declared(CDLL(str(options.library)))
    native.library = lambda: library  # type: ignore[assignment]
    found = sources()
    for number in range(options.cases):
        CASE.write_text(f"{options.seed}/{number}")
        run(Random(f"{options.seed}/{number}"), found)
    CASE.unlink()
    sys.stdout.write(f"{options.cases:,} cases, nothing found\n")


if __name__ == "__main__":
    main()
