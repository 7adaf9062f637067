"""Real photographs as a shop has them: JPEGs of usual qualities, subsamplings and sizes, some on white.

They are those in the wheel of scikit-image and, if they are installed, Debian's wallpapers (for example of
the packages mate-backgrounds and lomiri-wallpapers-20.04). Nothing is downloaded. One in three is cut out by
an oval and set on white, as products are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import cycle
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

WALLPAPERS = Path("/usr/share/backgrounds")
JUDGES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
"""In the public domain or CC0. `bench.calibrate` leaves them out, so that they can judge what it finds."""
BUNDLED = (*JUDGES, "motorcycle_left.png")
LEAST_SIDE = 300  # pixels

type Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a photograph is saved."""

    quality: int
    subsampling: str
    progressive: bool = False

    @property
    def name(self) -> str:
        """The class of its speed: subsampling and scans."""
        return f"{self.subsampling} {'progressive' if self.progressive else 'baseline'}"


KINDS = (
    Kind(75, "4:2:0"),
    Kind(90, "4:4:4"),
    Kind(82, "4:2:0", progressive=True),
    Kind(95, "4:4:4"),
    Kind(75, "4:4:4", progressive=True),
    Kind(90, "4:2:2"),
    Kind(92, "4:2:0"),
    Kind(82, "4:4:4"),
    Kind(95, "4:2:0", progressive=True),
    Kind(82, "4:2:2"),
)
SIZES: tuple[Size, ...] = ((1000, 1000), (800, 800), (1200, 900), (640, 640), (1500, 1200), (900, 700))


@dataclass(frozen=True, slots=True)
class Photograph:
    """A JPEG: its name, its class and its bytes."""

    name: str
    kind: str
    data: bytes


def photographs(folder: Path | None) -> list[Photograph]:
    """Return the JPEGs of `folder` as they are; without a folder those that are made of packages."""
    if folder:
        return [_given(path) for path in sorted(folder.rglob("*.jp*g"))]
    return list(_made(sources()))


def sources() -> list[Path]:
    """Return the photographs that are installed."""
    import skimage

    bundled = [Path(skimage.__file__).parent / "data" / name for name in BUNDLED]
    return bundled + sorted(WALLPAPERS.rglob("*.jpg"))


def _made(paths: list[Path]) -> Iterator[Photograph]:
    for number, (path, kind, size) in enumerate(zip(paths, cycle(KINDS), cycle(SIZES), strict=False)):
        with Image.open(path) as image:
            shown = product_size(image.convert("RGB"), size)
        if number % 3 == 1:
            shown = on_white(shown)
        file = BytesIO()
        settings = {"quality": kind.quality, "subsampling": kind.subsampling, "progressive": kind.progressive}
        shown.save(file, "JPEG", **settings)
        yield Photograph(f"{path.stem}, quality {kind.quality}", kind.name, file.getvalue())


def product_size(image: Image.Image, size: Size) -> Image.Image:
    """Return the middle of the image, scaled down to `size`; less if it is too small for that."""
    scale = min(1.0, max(size[0] / image.width, size[1] / image.height))
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    width, height = min(size[0], image.width), min(size[1], image.height)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def on_white(image: Image.Image) -> Image.Image:
    """Return the image cut out by an oval, on white."""
    mask = Image.new("L", image.size)
    box = [round(side * part) for part in (0.15, 0.85) for side in image.size]
    ImageDraw.Draw(mask).ellipse(box, fill=255)
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=mask.filter(ImageFilter.GaussianBlur(1)))
    return white


def _given(path: Path) -> Photograph:
    with Image.open(path) as image:
        layers = getattr(image, "layer", [])
        progressive = bool(image.info.get("progressive"))
    luma = layers[0][1:3] if len(layers) == 3 else (0, 0)
    subsampling = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0"}.get(luma, "other")
    return Photograph(path.name, Kind(0, subsampling, progressive).name, path.read_bytes())
