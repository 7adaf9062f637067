"""Draws product-like images for the demo, the benchmarks and the tests, so nothing is downloaded."""

import colorsys
from io import BytesIO
from itertools import pairwise
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

type Colour = tuple[int, int, int]
type Profile = tuple[tuple[float, float], ...]

# Solids of revolution: (height from 0 (top) to 1, half width), both as fractions of the object's height.
_PROFILES: tuple[tuple[str, Profile], ...] = (
    ("bottle", ((0, 0.07), (0.06, 0.07), (0.07, 0.05), (0.3, 0.06), (0.45, 0.18), (0.97, 0.19), (1, 0.16))),
    ("vase", ((0, 0.17), (0.12, 0.11), (0.45, 0.3), (0.75, 0.24), (1, 0.12))),
    ("jar", ((0, 0.22), (0.12, 0.22), (0.13, 0.19), (0.2, 0.2), (0.28, 0.3), (0.95, 0.3), (1, 0.26))),
    ("lamp", ((0, 0.2), (0.42, 0.4), (0.43, 0.03), (0.8, 0.05), (0.9, 0.2), (1, 0.22))),
    ("bowl", ((0, 0.55), (0.3, 0.53), (0.65, 0.38), (0.85, 0.17), (1, 0.2))),
    ("candle", ((0, 0.01), (0.09, 0.015), (0.1, 0.16), (0.97, 0.16), (1, 0.15))),
    ("chess pawn", ((0, 0.02), (0.1, 0.14), (0.3, 0.1), (0.34, 0.19), (0.38, 0.09), (0.85, 0.2), (1, 0.27))),
)


def draw(n: int, width: int = 1200, height: int = 900, *, format: str = "JPEG", quality: int = 92) -> bytes:  # noqa: A002
    """Draw product number `n`, `width` x `height` pixels, encoded in `format` (a name Pillow knows).

    A pure function: the same arguments give the same bytes. Shape, colour, position and label vary with `n`.
    The grain makes the file as large as a photograph's; formats without a quality ignore `quality`.
    """
    random = Random(n)
    name, profile = _PROFILES[n % len(_PROFILES)]
    hue = (n * 0.618034) % 1.0  # golden ratio: neighbours differ in colour
    size = (width, height)
    tall = height * random.uniform(0.6, 0.72)
    middle, foot = width * random.uniform(0.42, 0.58), height * random.uniform(0.84, 0.9)
    outline = _outline(profile, middle, foot - tall, tall)

    image = _background(size, (hue + random.uniform(0.3, 0.7)) % 1.0)
    _cast_shadow(image, middle, foot, tall * profile[-1][1])
    image.paste(_body(size, hue, outline), mask=_mask(size, outline))
    _add_label(image, f"{name} No. {n}", middle, foot - tall * 0.3, tall)
    grained = _grain(image, random)
    file = BytesIO()
    grained.save(file, format, quality=quality)
    return file.getvalue()


def _colour(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _outline(profile: Profile, middle: float, top: float, tall: float) -> list[tuple[float, float]]:
    """Return the object's outline in pixels, smoothed between the points of its profile."""
    right: list[tuple[float, float]] = []
    for (y0, r0), (y1, r1) in pairwise(profile):
        for step in range(13):
            share = step / 12
            radius = r0 + (r1 - r0) * share * share * (3 - 2 * share)
            right.append((radius * tall, top + (y0 + (y1 - y0) * share) * tall))
    return [(middle + x, y) for x, y in right] + [(middle - x, y) for x, y in reversed(right)]


def _mask(size: tuple[int, int], outline: list[tuple[float, float]]) -> Image.Image:
    """Return the filled outline with smooth edges: drawn at twice the size, then halved."""
    mask = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(mask).polygon([(x * 2, y * 2) for x, y in outline], fill=255)
    return mask.reduce(2)


def _background(size: tuple[int, int], hue: float) -> Image.Image:
    """Return a softly lit wall: bright in the middle, darker towards the corners."""
    light = Image.radial_gradient("L").resize(size, Image.Resampling.BILINEAR)
    return ImageOps.colorize(light, _colour(hue, 0.95, 0.3), _colour(hue, 0.6, 0.25))


def _cast_shadow(image: Image.Image, middle: float, foot: float, radius: float) -> None:
    """Darken the ground under the object; drawn at an eighth of the size, because it is blurred anyway."""
    small = Image.new("L", (max(1, image.width // 8), max(1, image.height // 8)))
    box = [(middle - radius * 1.1) / 8, (foot - radius * 0.25) / 8, (middle + radius * 1.9) / 8]
    ImageDraw.Draw(small).ellipse((*box, (foot + radius * 0.3) / 8), fill=150)
    shadow = small.filter(ImageFilter.GaussianBlur(3)).resize(image.size, Image.Resampling.BILINEAR)
    image.paste((30, 25, 35), mask=shadow)


def _body(size: tuple[int, int], hue: float, outline: list[tuple[float, float]]) -> Image.Image:
    """Return the object's surface: lit from the left, with a highlight, across its width."""
    left, right = round(min(x for x, _ in outline)), round(max(x for x, _ in outline))
    shades = (0.3, 0.55, 0.92, 0.6, 0.48, 0.38, 0.25, 0.32)
    strip = Image.new("RGB", (len(shades), 1))
    strip.putdata([_colour(hue, shade, 0.55) for shade in shades])
    surface = Image.new("RGB", size)
    surface.paste(strip.resize((max(1, right - left), size[1]), Image.Resampling.BICUBIC), (left, 0))
    return surface


def _add_label(image: Image.Image, text: str, middle: float, y: float, tall: float) -> None:
    """Draw a paper label with the product's name."""
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(6, tall / 22))
    box = pen.textbbox((middle, y), text, font=font, anchor="mm")
    edge = tall / 50
    pen.rectangle((box[0] - edge, box[1] - edge, box[2] + edge, box[3] + edge), fill=(246, 242, 230))
    pen.text((middle, y), text, font=font, anchor="mm", fill=(50, 45, 40))


def _grain(image: Image.Image, random: Random) -> Image.Image:
    """Add coarse texture and fine sensor noise, which make a photograph's file larger than a drawing's."""
    width, height = image.size
    coarse_size = (max(1, width // 6), max(1, height // 6))
    coarse = Image.frombytes("L", coarse_size, random.randbytes(coarse_size[0] * coarse_size[1]))
    fine = Image.frombytes("L", image.size, random.randbytes(width * height))
    noise = Image.blend(coarse.resize(image.size, Image.Resampling.BICUBIC), fine, 0.25)
    gentle = noise.point([round(128 + (value - 128) * 0.1) for value in range(256)])
    return ImageChops.add(image, Image.merge("RGB", (gentle, gentle, gentle)), offset=-128)
