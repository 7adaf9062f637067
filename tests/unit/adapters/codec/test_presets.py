"""Every preset's output as a shop sees it: size, mode, border colour and bytes, by Pillow."""

from functools import cache

import pytest
from PIL import Image, ImageColor

from catalight.adapters.codec.compress import compress_all
from catalight.domain.image.compressed import Compressed
from catalight.domain.image.formats import ImageFormat
from catalight.domain.image.presets import PRESETS
from catalight.domain.image.rendition import WHITE, Fit, Rendition
from tests.corpora.samples import encode
from tests.unit.adapters.codec.looking import difference, opened

SOURCES = {
    "a large JPEG": ("JPEG", "RGB", (3200, 2400)),
    "a tall grey JPEG": ("JPEG", "L", (900, 2500)),
    "a cut-out PNG": ("PNG", "RGBA", (2300, 1200)),
    "a small WebP": ("WEBP", "RGB", (320, 240)),
    "a CMYK JPEG": ("JPEG", "CMYK", (1600, 1600)),
}


@cache
def outputs(source: str) -> dict[str, Compressed]:
    """All presets of a product full of detail."""
    format, mode, size = SOURCES[source]  # noqa: A001 - Pillow's word
    image = Image.effect_noise((size[0] // 4, size[1] // 4), 90).resize(size).convert(mode)
    if mode == "RGBA":
        image.putalpha(0)
        image.paste((90, 20, 20, 255), (300, 200, size[0] - 300, size[1] - 200))
    data = encode(image, format, quality=90)
    made = compress_all(data, [preset.rendition for preset in PRESETS.values()])
    return {
        name: output for name, output in zip(PRESETS, made, strict=True) if isinstance(output, Compressed)
    }


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("source", SOURCES)
def test_a_shop_takes_the_output(preset: str, source: str) -> None:
    rendition, output = PRESETS[preset].rendition, outputs(source)[preset]
    image, width, height = opened(output.data), *SOURCES[source][2]
    assert image.size == (output.width, output.height) == expected_size(rendition, width, height)
    assert (output.format, image.format, image.mode in ("RGB", "L")) == (ImageFormat.JPEG, "JPEG", True)
    assert not image.info.get("icc_profile")
    assert len(output.data) <= (PRESETS[preset].max_bytes or 5_000_000)
    assert output.small is (min(width, height) < (rendition.min_side or 0))
    if rendition.fit is Fit.PAD:
        check_border(image, rendition, width, height)


def expected_size(rendition: Rendition, width: int, height: int) -> tuple[int, int]:
    """What the rendition asks for, never enlarged."""
    if rendition.fit is Fit.PAD:
        return rendition.width or 0, rendition.height or 0
    if rendition.fit is Fit.COVER:
        side = min(rendition.width or 0, width, height)
        return side, side  # all of them are square
    scale = min(1, (rendition.max_width or width) / width, (rendition.max_height or height) / height)
    return round(width * scale), round(height * scale)


def check_border(image: Image.Image, rendition: Rendition, width: int, height: int) -> None:
    """All around the product is the background colour; for all shops that is white."""
    assert rendition.background == WHITE
    scale = min(1, image.width / width, image.height / height)
    beside = int(image.width - width * scale) // 2 - 16, int(image.height - height * scale) // 2 - 16
    for box in ((0, 0, beside[0], image.height), (0, 0, image.width, beside[1])):
        if box[2] > 0 and box[3] > 0:
            strips = image.crop(box), image.rotate(180).crop(box)
            blank = Image.new("RGB", strips[0].size, ImageColor.getrgb(rendition.background))
            assert [difference(strip, blank) for strip in strips] == [0, 0]
