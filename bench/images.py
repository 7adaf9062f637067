"""Product photos for the codec benchmark, drawn from seeds, so that nothing is downloaded.

They have what makes up the bytes of a photograph: textures (cloth, wood, leather and print), gradients (folds
and soft light), small text and hard edges, the blur of a lens and the noise of a sensor.
"""

import colorsys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

type Colour = tuple[int, int, int]
type Size = tuple[int, int]
type Material = Callable[[Size, Random], Image.Image]

WORDS = ("Pure", "wool", "Care", "40 °C", "EAN", "Made to last", "Net 250 g", "Art. No.", "Size M", "Batch")


@dataclass(frozen=True, slots=True)
class Shot:
    """One image of the set: its seed, its stored size (before EXIF rotation) and how it is saved."""

    seed: int
    size: Size
    format: str = "JPEG"
    settings: dict[str, Any] = field(default_factory=dict)
    cut_out: bool = False
    orientation: int = 1

    @property
    def name(self) -> str:
        """A file name with the seed, the size and the settings."""
        settings = "-".join(str(value).replace(":", "") for value in self.settings.values())
        return f"{self.seed:02}-{self.size[0]}x{self.size[1]}-{settings}.{self.format.lower()}"


def _jpeg(seed: int, size: Size, quality: int, subsampling: str, orientation: int = 1, **more: Any) -> Shot:
    settings = {"quality": quality, "subsampling": subsampling, **more}
    return Shot(seed, size, settings=settings, orientation=orientation)


SHOTS = (
    _jpeg(1, (800, 800), 90, "4:2:0"),
    _jpeg(2, (900, 700), 80, "4:2:0", optimize=True),
    _jpeg(3, (1000, 1000), 85, "4:2:0"),
    _jpeg(4, (1200, 900), 95, "4:4:4"),
    _jpeg(5, (1200, 1200), 75, "4:2:0"),
    _jpeg(6, (1500, 1500), 88, "4:2:0", progressive=True),
    _jpeg(7, (1920, 1200), 92, "4:2:2"),
    _jpeg(8, (2000, 2000), 90, "4:4:4"),
    _jpeg(9, (3264, 2448), 93, "4:2:0"),
    _jpeg(10, (4080, 3060), 95, "4:2:2"),
    Shot(11, (1000, 1000), "PNG", cut_out=True),
    Shot(12, (800, 600), "PNG"),
    Shot(13, (1200, 900), "WEBP", {"quality": 85}),
    Shot(14, (1000, 1250), "WEBP", {"quality": 90}, cut_out=True),
    _jpeg(15, (1600, 1200), 90, "4:2:0", orientation=6),
    _jpeg(16, (4032, 3024), 93, "4:2:0", orientation=8),
    _jpeg(17, (2040, 1530), 92, "4:2:0", orientation=6),  # its height is no multiple of the block size
)


def save(shots: Sequence[Shot], folder: Path) -> list[Path]:
    """Draw each shot into `folder` and return the paths."""
    paths = [folder / shot.name for shot in shots]
    for shot, path in zip(shots, paths, strict=True):
        path.write_bytes(encoded(shot))
    return paths


def encoded(shot: Shot) -> bytes:
    """Return the encoded bytes of a shot; the same shot always gives the same bytes."""
    file, settings = BytesIO(), dict(shot.settings)
    if shot.orientation != 1:
        settings["exif"] = exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = shot.orientation
    draw(shot.seed, shot.size, cut_out=shot.cut_out).save(file, shot.format, **settings)
    return file.getvalue()


def huge() -> bytes:
    """Return a JPEG of 50 megapixels, just below the limit: a large shot, repeated four times."""
    width, height = 4080, 3060
    quarter = draw(10, (width, height))
    image = Image.new("RGB", (width * 2, height * 2))
    for x, y in ((0, 0), (width, 0), (0, height), (width, height)):
        image.paste(quarter, (x, y))
    file = BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()


def draw(seed: int, size: Size, *, cut_out: bool = False) -> Image.Image:
    """Draw product number `seed` on white, or on transparency if it is cut out."""
    random = Random(seed)
    outline = _outline(size, random)
    product = _lit(MATERIALS[seed % len(MATERIALS)](size, random), random)
    if cut_out:
        product.putalpha(outline)
        return product
    scene = _studio(size, outline)
    scene.paste(product, mask=outline)
    return _photographed(scene, random)


def _outline(size: Size, random: Random) -> Image.Image:
    """Return the mask of the product: a rounded box or an oval over most of the image, with smooth edges."""
    width, height = size
    left, top = width * random.uniform(0.12, 0.2), height * random.uniform(0.08, 0.16)
    box = [round(x * 2) for x in (left, top, width - left, height - top * 1.2)]
    mask = Image.new("L", (width * 2, height * 2))
    radius = min(size) * random.choice((0.03, 0.2, 0.7))
    ImageDraw.Draw(mask).rounded_rectangle(box, radius, fill=255)
    return mask.reduce(2)


def _studio(size: Size, outline: Image.Image) -> Image.Image:
    """Return white paper that darkens a little towards the corners, with the soft shadow of the product."""
    light = Image.radial_gradient("L").resize(size, Image.Resampling.BILINEAR)
    paper = ImageOps.colorize(light, (255, 255, 255), (236, 237, 240))
    small = outline.reduce(8).filter(ImageFilter.GaussianBlur(max(size) / 400))
    shadow = ImageChops.offset(small, 0, max(1, small.height // 40)).resize(size, Image.Resampling.BILINEAR)
    paper.paste((120, 118, 122), mask=shadow.point([value // 2 for value in range(256)]))
    return paper


def _lit(product: Image.Image, random: Random) -> Image.Image:
    """Light the product from the left, which shows its folds and dents."""
    dents = _noise(product.size, random, (5, 4))
    fall = Image.linear_gradient("L").rotate(90).resize(product.size, Image.Resampling.BILINEAR)
    light = Image.blend(fall, dents, 0.45).point([150 + value * 105 // 255 for value in range(256)])
    return ImageChops.multiply(product, Image.merge("RGB", (light, light, light)))


def _photographed(scene: Image.Image, random: Random) -> Image.Image:
    """Add what a camera adds: the blur of the lens, and sensor noise that denoising has smoothed."""
    soft = scene.filter(ImageFilter.GaussianBlur(0.6))
    noise = Image.frombytes("L", scene.size, random.randbytes(scene.width * scene.height))
    smooth = noise.filter(ImageFilter.GaussianBlur(0.7)).point(
        [round(128 + (v - 128) * 0.07) for v in range(256)]
    )
    return ImageChops.add(soft, Image.merge("RGB", (smooth, smooth, smooth)), offset=-128)


def _noise(size: Size, random: Random, cells: Size) -> Image.Image:
    """Return smooth noise: `cells` random values in each direction, scaled up."""
    across, down = (max(2, min(count, side)) for count, side in zip(cells, size, strict=True))
    return Image.frombytes("L", (across, down), random.randbytes(across * down)).resize(
        size, Image.Resampling.BICUBIC
    )


def _cloudy(size: Size, random: Random, cells: int, octaves: int) -> Image.Image:
    """Return noise in octaves; each is half as large as the one before and a little weaker."""
    clouds = _noise(size, random, (cells, cells))
    for octave in range(1, octaves):
        finer = cells << octave
        clouds = Image.blend(clouds, _noise(size, random, (finer, finer)), 0.4)
    return ImageOps.autocontrast(clouds, cutoff=1)


def _dyed(texture: Image.Image, random: Random, contrast: float) -> Image.Image:
    """Colour the texture in shades of one hue."""
    hue, middle = random.random(), random.uniform(0.35, 0.6)

    def shade(lightness: float) -> Colour:
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.45)
        return round(red * 255), round(green * 255), round(blue * 255)

    return ImageOps.colorize(texture, shade(middle - contrast), shade(middle + contrast))


def _leather(size: Size, random: Random) -> Image.Image:
    return _dyed(_cloudy(size, random, 12, 6), random, 0.16)


def _wood(size: Size, random: Random) -> Image.Image:
    streaks = _noise(size, random, (6, max(2, size[1] // 7)))
    return _dyed(Image.blend(streaks, _cloudy(size, random, 4, 5), 0.45), random, 0.2)


def _cloth(size: Size, random: Random) -> Image.Image:
    """A weave of uneven threads with a stripe of another colour."""
    pitch = max(6, min(size) // 130)
    threads = Image.linear_gradient("L").resize((pitch, pitch))
    cell = Image.new("L", (pitch * 2, pitch * 2))
    for quarter_turns, corner in enumerate(((0, 0), (pitch, 0), (pitch, pitch), (0, pitch))):
        cell.paste(threads.rotate(90 * quarter_turns), corner)
    weave = Image.new("L", size)
    for x in range(0, size[0], cell.width):
        weave.paste(cell, (x, 0))
    row = weave.crop((0, 0, size[0], cell.height))
    for y in range(0, size[1], cell.height):
        weave.paste(row, (0, y))
    cloth = _dyed(Image.blend(weave, _cloudy(size, random, 40, 3), 0.5), random, 0.18)
    stripe = (size[0] * 2 // 5, 0, size[0] * 3 // 5, size[1])
    cloth.paste(ImageOps.invert(cloth.crop(stripe)), stripe)
    return cloth


def _print(size: Size, random: Random) -> Image.Image:
    """A printed carton: a field of colour, a headline, small print and a bar code."""
    width, height = size
    carton = _dyed(_noise(size, random, (3, 3)), random, 0.08)
    pen = ImageDraw.Draw(carton)
    pen.rectangle((0, height * 0.45, width, height), fill=(248, 246, 240))
    title = ImageFont.load_default(size=height / 9)
    pen.text((width / 2, height * 0.3), random.choice(WORDS).upper(), font=title, fill="white", anchor="mm")
    small = ImageFont.load_default(size=max(9, height / 55))
    for line in range(12):
        text = " ".join(random.choices(WORDS, k=7))
        pen.text((width * 0.2, height * (0.5 + line * 0.028)), text, font=small, fill=(40, 40, 46))
    for bar in range(40):
        x = width * (0.55 + bar * 0.006)
        pen.rectangle(
            (x, height * 0.8, x + width * random.uniform(0.001, 0.005), height * 0.87), fill="black"
        )
    return carton


def _metal(size: Size, random: Random) -> Image.Image:
    """Brushed metal: hardly any colour, fine scratches, broad reflections."""
    scratches = _noise(size, random, (size[0] // 60, size[1] // 2))
    return _dyed(Image.blend(_noise(size, random, (7, 2)), scratches, 0.15), random, 0.3)


MATERIALS: tuple[Material, ...] = (_leather, _cloth, _print, _wood, _metal)
