"""The codec: output formats, qualities and colours."""

import os
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.domain.image.formats import Target
from catalight.domain.image.rendition import Rendition
from catalight.domain.image.report import Source
from local.hosts.images import draw
from tests.corpora.samples import corner, encode
from tests.unit.adapters.codec.coding import FORMATS, SOURCES, photograph, recoded
from tests.unit.adapters.codec.looking import difference, opened

# Formats and qualities


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_format_converts_to_every_output_format(source: str, target: Target) -> None:
    data = photograph(source)
    result = compress(data, Rendition(quality=90, format=target))
    image = opened(result.data)
    assert (result.format.value, image.format) == (target.value, target.name)
    assert (result.width, result.height, result.source) == (320, 240, Source(source.lower(), 320, 240))
    assert difference(image, opened(data)) < 4


def test_each_stage_is_timed() -> None:
    times = compress(draw(1, 3000, 2000), Rendition(max_width=2900)).times
    assert min(times.decode, times.resize, times.encode) > 0
    assert (times.fetch, times.store) == (0, 0)


@pytest.mark.parametrize("target", [Target.JPEG, Target.WEBP, Target.AVIF])
def test_a_lower_quality_gives_a_smaller_file(target: Target) -> None:
    sizes = [
        len(compress(photograph(), Rendition(quality=quality, format=target)).data)
        for quality in (20, 50, 80)
    ]
    assert sizes == sorted(set(sizes))


def test_png_ignores_the_quality_and_is_lossless() -> None:
    data = photograph("PNG")
    low, high = (compress(data, Rendition(quality=quality, format=Target.PNG)).data for quality in (1, 100))
    assert low == high
    assert difference(opened(low), opened(data)) == 0


def test_jpeg_huffman_tables_are_optimised() -> None:
    plain = encode(opened(photograph()), "JPEG", quality=50)
    assert len(compress(photograph(), Rendition()).data) < len(plain)


@pytest.mark.parametrize("target", Target)
def test_the_same_image_gives_the_same_bytes(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in threads, and on systems without memfd_create."""
    options = Rendition(format=target, max_width=200)
    with ThreadPoolExecutor(4) as threads:
        results = set(threads.map(lambda _: compress(photograph(), options).data, range(8)))
    monkeypatch.delattr(os, "memfd_create", raising=False)
    assert results == {compress(photograph(), options).data}


def test_only_the_needed_pillow_plugins_are_imported() -> None:
    script = (
        "import sys; from catalight.adapters.codec.compress import Rendition, compress\n"
        "compress(sys.stdin.buffer.read(), Rendition(max_width=100))\n"
        "print(*(name for name in sys.modules if name.endswith('ImagePlugin')))"
    )
    run = subprocess.run([sys.executable, "-c", script], input=photograph(), capture_output=True, check=True)
    wanted = {"Avif", "Bmp", "Gif", "Jpeg", "Png", "Tiff", "WebP"}
    wanted |= {"Ppm", "Mpo"}  # Pillow itself imports PPM, and MPO with a JPEG that holds several images
    assert set(run.stdout.decode().split()) == {f"PIL.{name}ImagePlugin" for name in wanted}


# Colours


@pytest.mark.parametrize(
    "data",
    [
        encode(corner().convert("CMYK"), "JPEG", quality=95),
        encode(corner().convert("CMYK"), "TIFF"),
        encode(corner().convert("YCbCr"), "TIFF"),
        encode(corner().convert("LAB"), "TIFF"),
        encode(corner().quantize(4), "PNG"),
        encode(corner().quantize(4), "GIF"),
        encode(corner().quantize(4), "BMP"),
    ],
    ids=["cmyk jpeg", "cmyk tiff", "ycbcr", "lab", "palette png", "palette gif", "palette bmp"],
)
def test_other_colour_models_become_rgb(data: bytes) -> None:
    image = recoded(data)
    assert image.mode in ("RGB", "P")  # a palette is kept if that is smaller
    assert difference(image, corner()) < 4


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize(("mode", "packing"), [("I;16", "<H"), ("I;16B", ">H"), ("I", "=i")])
def test_sixteen_bits_are_scaled_to_eight(mode: str, packing: str, target: Target) -> None:
    row = b"".join(struct.pack(packing, value) * 16 for value in (0, 32_768, 65_535))
    data = encode(Image.frombytes(mode, (48, 16), row * 16), "TIFF")
    result = recoded(data, Rendition(quality=95, format=target)).convert("L")
    assert [result.getpixel((x, 8)) for x in (4, 24, 44)] == pytest.approx([0, 127, 255], abs=1)


def test_black_and_white_becomes_grey() -> None:
    image = recoded(encode(corner().convert("1"), "TIFF", compression="group4"))
    assert (image.mode, image.getpixel((0, 0)), image.getpixel((39, 19))) == ("L", 0, 255)


def see_through(mode: str) -> tuple[bytes, str]:
    """A PNG in `mode` whose left half is transparent, and the mode expected of the output."""
    left = (0, 0, 16, 16)
    if mode in ("RGBA", "LA"):
        image = Image.new(mode, (32, 16), (200,) * (len(mode) - 1) + (255,))
        image.paste((50,) * (len(mode) - 1) + (0,), left)
        return encode(image), mode
    image = Image.new(mode, (32, 16), 1 if mode == "P" else 51_400 if mode == "I;16" else (200,) * len(mode))
    image.paste({"P": 0, "I;16": 12_850, "L": 50}.get(mode, (50, 50, 50)), left)
    if mode == "P":
        image.putpalette([50, 50, 50, 200, 200, 200])
    key = {"P": 0, "I;16": 12_850, "L": 50}.get(mode, (50, 50, 50))
    return encode(image, transparency=key), "LA" if mode in ("L", "I;16") else "RGBA"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB", "I;16"])
@pytest.mark.parametrize("target", FORMATS)
def test_transparency_is_kept_or_becomes_white(target: Target, mode: str) -> None:
    data, expected = see_through(mode)
    image = recoded(data, Rendition(quality=95, format=target))
    if target is Target.JPEG:
        assert image.mode == expected.removesuffix("A")
        seen = image.convert("L")
        assert [seen.getpixel((x, 8)) for x in (4, 28)] == pytest.approx([255, 200], abs=3)
    else:
        assert image.mode == (expected if target is Target.PNG else "RGBA")
        alpha = image.getchannel("A")
        assert [alpha.getpixel((x, 8)) for x in (4, 28)] == [0, 255]
        assert image.convert("RGB").getpixel((28, 8)) == pytest.approx((200, 200, 200), abs=3)
