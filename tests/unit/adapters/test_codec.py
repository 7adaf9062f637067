"""The codec: what comes out, what is refused, and that no bytes raise anything else."""

import os
import struct
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms, ImageStat
from PIL.Image import Transpose
from PIL.PngImagePlugin import PngInfo

from catalight.adapters.codec import compress
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.options import ImageFormat, Options
from catalight.domain.picture import KEPT_BYTES, LIMITS, PROCESS_BYTES, Limits
from catalight.domain.report import Source
from local.hosts.pictures import draw
from tests.corpora.samples import corner, encode, samples
from tests.faults import bomb

SOURCES = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")
RED, WHITE = (255, 0, 0), (255, 255, 255)
PNG = Options(format=ImageFormat.PNG)


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


def recoded(data: bytes, options: Options = PNG) -> Image.Image:
    """What is left of `data` after compress(), decoded; by default without loss."""
    return opened(compress(data, options).data)


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the channels, 0 to 255."""
    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def refused(data: bytes, options: Options = PNG, limits: Limits = LIMITS) -> ImageError:
    with pytest.raises(ImageError) as caught:
        compress(data, options, limits)
    assert not caught.value.transient
    return caught.value


@cache
def photograph(format: str = "JPEG") -> bytes:  # noqa: A002
    return draw(1, 320, 240, format=format)


# Formats and qualities


@pytest.mark.parametrize("target", ImageFormat)
@pytest.mark.parametrize("source", SOURCES)
def test_every_format_becomes_every_format(source: str, target: ImageFormat) -> None:
    data = photograph(source)
    result = compress(data, Options(quality=90, format=target))
    picture = opened(result.data)
    assert (result.format, picture.format) == (target, target.name)
    assert (result.width, result.height, result.source) == (320, 240, Source(source.lower(), 320, 240))
    assert difference(picture, opened(data)) < 4


def test_each_stage_is_timed() -> None:
    times = compress(draw(1, 3000, 2000), Options(max_width=2900)).times
    assert min(times.decode, times.resize, times.encode) > 0
    assert (times.fetch, times.store) == (0, 0)


@pytest.mark.parametrize("target", [ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.AVIF])
def test_a_lower_quality_is_lighter(target: ImageFormat) -> None:
    sizes = [
        len(compress(photograph(), Options(quality=quality, format=target)).data) for quality in (20, 50, 80)
    ]
    assert sizes == sorted(set(sizes))


def test_png_has_no_quality_and_no_loss() -> None:
    data = photograph("PNG")
    low, high = (
        compress(data, Options(quality=quality, format=ImageFormat.PNG)).data for quality in (1, 100)
    )
    assert low == high
    assert difference(opened(low), opened(data)) == 0


def test_jpeg_huffman_tables_are_optimised() -> None:
    plain = encode(opened(photograph()), "JPEG", quality=50)
    assert len(compress(photograph(), Options()).data) < len(plain)


@pytest.mark.parametrize("target", ImageFormat)
def test_the_same_picture_gives_the_same_bytes(target: ImageFormat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in threads, and where the system has no file descriptors in memory."""
    options = Options(format=target, max_width=200)
    with ThreadPoolExecutor(4) as threads:
        results = set(threads.map(lambda _: compress(photograph(), options).data, range(8)))
    monkeypatch.delattr(os, "memfd_create", raising=False)
    assert results == {compress(photograph(), options).data}


def test_only_the_plugins_that_are_wanted_are_imported() -> None:
    script = (
        "import sys; from catalight.adapters.codec import Options, compress\n"
        "compress(sys.stdin.buffer.read(), Options())\n"
        "print(*(name for name in sys.modules if name.endswith('ImagePlugin')))"
    )
    run = subprocess.run([sys.executable, "-c", script], input=photograph(), capture_output=True, check=True)
    wanted = {"Avif", "Bmp", "Gif", "Jpeg", "Png", "Tiff", "WebP"} | {"Ppm"}  # Pillow itself takes PPM along
    assert set(run.stdout.decode().split()) == {f"PIL.{name}ImagePlugin" for name in wanted}


# Sizes


@pytest.mark.parametrize(
    ("size", "max_width", "max_height", "expected"),
    [
        ((400, 200), None, None, (400, 200)),
        ((400, 200), 100, None, (100, 50)),
        ((400, 200), None, 100, (200, 100)),
        ((400, 200), 100, 10, (20, 10)),
        ((400, 200), 1000, 1000, (400, 200)),  # never enlarged
        ((400, 200), 400, 200, (400, 200)),
        ((333, 100), 100, None, (100, 30)),
        ((1000, 2), 10, None, (10, 1)),  # at least one pixel
        ((2, 1000), None, 1, (1, 1)),
    ],
)
@pytest.mark.parametrize("source", ["JPEG", "PNG"])
def test_fits_into_the_maximal_size(
    source: str,
    size: tuple[int, int],
    max_width: int | None,
    max_height: int | None,
    expected: tuple[int, int],
) -> None:
    data = encode(Image.new("RGB", size), source)
    result = compress(data, Options(max_width=max_width, max_height=max_height))
    assert (result.width, result.height) == opened(result.data).size == expected
    assert (result.source.width, result.source.height) == size


@pytest.mark.parametrize("width", [300, 160, 100, 40, 33])
def test_a_shrunk_jpeg_looks_like_a_plain_resize(width: int) -> None:
    """Decoding straight to a smaller size is a short cut, not another picture."""
    small = recoded(photograph(), Options(format=ImageFormat.PNG, max_width=width))
    plain = opened(photograph()).resize(small.size, Image.Resampling.BICUBIC)
    assert difference(small, plain) < 2


def test_transparent_edges_do_not_darken_when_shrunk() -> None:
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    picture.paste((*RED, 255), (0, 0, 31, 64))
    shrunk = recoded(encode(picture), Options(format=ImageFormat.PNG, max_width=16))
    pixels = {shrunk.getpixel((x, 8)) for x in range(16)}
    assert all(pixel[:3] == RED for pixel in pixels if isinstance(pixel, tuple) and pixel[3])


# Orientation and other metadata

STORED = {  # how an upright picture is stored under each EXIF orientation
    1: None,
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("source", "settings"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("AVIF", {"quality": 100}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_pictures_are_set_upright(source: str, settings: dict[str, object], orientation: int) -> None:
    turn = STORED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(corner().transpose(turn) if turn is not None else corner(), source, exif=exif, **settings)
    for max_width in (40, 20):
        result = compress(data, Options(format=ImageFormat.PNG, max_width=max_width))
        picture = opened(result.data)
        assert (result.source.width, result.source.height) == (40, 20)
        assert picture.size == (max_width, max_width // 2)
        assert difference(picture, corner().resize(picture.size)) < 8


@pytest.mark.parametrize("exif", [b"Exif\0\0", b"Exif\0\0junk" * 9, b"Exif\0\0II*\0\xff\xff\xff\xff"])
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_is_no_obstacle(source: str, exif: bytes) -> None:
    assert recoded(encode(corner(), source, exif=exif)).size == (40, 20)


@pytest.mark.parametrize("target", ImageFormat)
@pytest.mark.parametrize("source", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_metadata_is_dropped(source: str, target: ImageFormat) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET maker"
    exif.get_ifd(0x8825)[1] = "SECRET place"
    text = PngInfo()
    text.add_text("Comment", "SECRET text")
    extra: dict[str, object] = {"pnginfo": text} if source == "PNG" else {"xmp": b"SECRET xmp"}
    if source == "JPEG":
        extra["comment"] = b"SECRET comment"
    data = encode(corner(), source, exif=exif, **extra)
    assert b"SECRET" in data
    result = compress(data, Options(format=target)).data
    assert b"SECRET" not in result
    assert not opened(result).getexif()


# Colours


def profile(space: bytes) -> bytes:
    """The head of an ICC profile for this colour space, which is all that is looked at."""
    return bytes(16) + space + bytes(108)


@cache  # it holds the second in which it was made
def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize("target", ImageFormat)
def test_the_profile_of_an_rgb_picture_is_kept(target: ImageFormat) -> None:
    data = encode(corner(), "JPEG", icc_profile=srgb())
    assert recoded(data, Options(format=target)).info["icc_profile"] == srgb()


def test_a_profile_is_kept_only_for_its_own_colours() -> None:
    grey, cmyk = profile(b"GRAY"), profile(b"CMYK")
    cases = [
        (encode(corner().convert("L"), "JPEG", icc_profile=grey), ImageFormat.JPEG, grey),
        (encode(corner().convert("L"), "JPEG", icc_profile=grey), ImageFormat.WEBP, None),  # which is RGB
        (encode(corner().convert("L"), "JPEG", icc_profile=srgb()), ImageFormat.JPEG, None),
        (encode(corner().convert("CMYK"), "JPEG", icc_profile=cmyk), ImageFormat.JPEG, None),
        (encode(corner().quantize(4), "PNG", icc_profile=srgb()), ImageFormat.JPEG, srgb()),
        (encode(corner(), "TIFF", icc_profile=srgb() + bytes(17_000_000)), ImageFormat.JPEG, None),  # no room
    ]
    for data, target, expected in cases:
        assert recoded(data, Options(format=target)).info.get("icc_profile") == expected


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
    picture = recoded(data)
    assert picture.mode == "RGB"
    assert difference(picture, corner()) < 4


@pytest.mark.parametrize("target", ImageFormat)
@pytest.mark.parametrize(("mode", "packing"), [("I;16", "<H"), ("I;16B", ">H"), ("I", "=i")])
def test_sixteen_bits_are_scaled_to_eight(mode: str, packing: str, target: ImageFormat) -> None:
    row = b"".join(struct.pack(packing, value) * 16 for value in (0, 32_768, 65_535))
    data = encode(Image.frombytes(mode, (48, 16), row * 16), "TIFF")
    result = recoded(data, Options(quality=95, format=target)).convert("L")
    assert [result.getpixel((x, 8)) for x in (4, 24, 44)] == pytest.approx([0, 127, 255], abs=1)


def test_black_and_white_becomes_grey() -> None:
    picture = recoded(encode(corner().convert("1"), "TIFF", compression="group4"))
    assert (picture.mode, picture.getpixel((0, 0)), picture.getpixel((39, 19))) == ("L", 0, 255)


def see_through(mode: str) -> tuple[bytes, str]:
    """A PNG whose left half is transparent, by way of `mode`, and the mode that is expected of it."""
    left = (0, 0, 16, 16)
    if mode in ("RGBA", "LA"):
        picture = Image.new(mode, (32, 16), (200,) * (len(mode) - 1) + (255,))
        picture.paste((50,) * (len(mode) - 1) + (0,), left)
        return encode(picture), mode
    picture = Image.new(
        mode, (32, 16), 1 if mode == "P" else 51_400 if mode == "I;16" else (200,) * len(mode)
    )
    picture.paste({"P": 0, "I;16": 12_850, "L": 50}.get(mode, (50, 50, 50)), left)
    if mode == "P":
        picture.putpalette([50, 50, 50, 200, 200, 200])
    key = {"P": 0, "I;16": 12_850, "L": 50}.get(mode, (50, 50, 50))
    return encode(picture, transparency=key), "LA" if mode in ("L", "I;16") else "RGBA"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "RGB", "I;16"])
@pytest.mark.parametrize("target", ImageFormat)
def test_transparency_is_kept_or_becomes_white(target: ImageFormat, mode: str) -> None:
    data, expected = see_through(mode)
    picture = recoded(data, Options(quality=95, format=target))
    if target is ImageFormat.JPEG:
        assert picture.mode == expected.removesuffix("A")
        seen = picture.convert("L")
        assert [seen.getpixel((x, 8)) for x in (4, 28)] == pytest.approx([255, 200], abs=3)
    else:
        assert picture.mode == (expected if target is ImageFormat.PNG else "RGBA")
        alpha = picture.getchannel("A")
        assert [alpha.getpixel((x, 8)) for x in (4, 28)] == [0, 255]
        assert picture.convert("RGB").getpixel((28, 8)) == pytest.approx((200, 200, 200), abs=3)


@pytest.mark.parametrize("target", ImageFormat)
@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP", "AVIF", "TIFF", "MPO"])
def test_an_animation_gives_its_first_frame(source: str, target: ImageFormat) -> None:
    others = [Image.new("RGB", (40, 20), colour) for colour in ("blue", "black")]
    data = encode(corner(), source, save_all=True, append_images=others)
    picture = recoded(data, Options(quality=95, format=target))
    assert getattr(picture, "n_frames", 1) == 1
    assert difference(picture, corner()) < 8


# Refusals


def huge(width: int, height: int) -> bytes:
    """A PNG that claims this size and breaks off before its pixels: who decodes it finds it corrupt."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 1000) + b"IDAT"


def test_pixels_are_counted_before_they_are_decoded() -> None:
    assert refused(huge(10, 10)).code is Code.CORRUPT_IMAGE
    error = refused(huge(10_000, 5_001))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == "The picture has 50,010,000 pixels; at most 50,000,000 are taken."
    assert refused(huge(10_000, 10_000)).code is Code.TOO_MANY_PIXELS  # where Pillow warns
    assert refused(huge(100_000, 100_000)).code is Code.TOO_MANY_PIXELS  # where Pillow refuses


def test_the_pixel_limit_itself_is_allowed() -> None:
    assert compress(encode(corner()), PNG, Limits(pixels=800)).width == 40
    assert refused(encode(corner()), limits=Limits(pixels=799)).code is Code.TOO_MANY_PIXELS


def test_a_side_that_the_output_cannot_hold() -> None:
    data = encode(Image.new("L", (16_384, 1)))
    error = refused(data, Options(format=ImageFormat.WEBP))
    assert error.code is Code.TOO_MANY_PIXELS
    assert "16,384" in error.detail
    assert "16,383" in error.detail
    assert compress(data, Options(format=ImageFormat.WEBP, max_width=16_383)).width == 16_383
    assert compress(data, PNG).width == 16_384


def test_scans_are_counted_before_they_are_decoded() -> None:
    error = refused(bomb.draw())
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == (
        "The picture's 1,002 scans visit 48,093,178,368 pixels; at most 1,000,000,000 are taken."
    )


def test_what_follows_a_jpeg_is_no_scan_of_it() -> None:
    picture = bomb.draw(1200, scans=2)
    assert compress(picture * 300, Options()).width == 1200


def with_room(pixel_bytes: int) -> Limits:
    """Memory for a picture of a megapixel that takes so many bytes a pixel."""
    return Limits(memory=PROCESS_BYTES + KEPT_BYTES + pixel_bytes * 1_000_000)


def test_what_would_not_fit_into_memory_is_refused_before_it_is_decoded() -> None:
    data = encode(Image.new("L", (1000, 1000)), "WEBP")
    assert compress(data, PNG, with_room(18)).width == 1000
    error = refused(data, limits=with_room(9))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == "The WEBP has 1,000,000 pixels; at most 500,000 of one are taken."


@pytest.mark.parametrize("target", [ImageFormat.WEBP, ImageFormat.AVIF])
def test_what_would_not_fit_into_memory_is_refused_before_it_is_encoded(target: ImageFormat) -> None:
    data = encode(Image.new("L", (1000, 1000)), "JPEG")
    assert compress(data, PNG, with_room(9)).width == 1000
    error = refused(data, Options(format=target), with_room(9))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail.startswith("The picture has 1,000,000 pixels; at most ")
    assert error.detail.endswith(f" are made into {target}.")
    assert compress(data, Options(format=target, max_width=400), with_room(9)).width == 400


def test_an_output_that_is_too_long() -> None:
    limit = len(compress(photograph(), Options()).data)
    assert compress(photograph(), Options(), Limits(output_bytes=limit))
    error = refused(photograph(), Options(), Limits(output_bytes=limit - 1))
    assert (error.code, error.detail) == (
        Code.TOO_MANY_BYTES,
        f"The compressed picture has more than {limit - 1:,} bytes.",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!doctype html><title>Not found</title>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        encode(corner(), "ICO"),
        encode(corner(), "PPM"),
        encode(corner(), "PCX"),
    ],
)
def test_other_things_are_not_images(data: bytes) -> None:
    error = refused(data)
    assert error.code is Code.NOT_AN_IMAGE
    assert error.detail.startswith(f"The {len(data):,} bytes are not a picture")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("source", SOURCES)
def test_truncated_pictures_are_corrupt(source: str, share: float) -> None:
    data = photograph(source)
    error = refused(data[: int(len(data) * share)])
    assert error.code is Code.CORRUPT_IMAGE
    assert error.detail.endswith("bytes are damaged or incomplete.")


def test_a_warning_of_pillow_is_no_error() -> None:
    """Warnings are errors in these tests, as they may be where the codec runs."""
    chunk = b"acTL" + bytes(8)  # an animation of no frames: Pillow warns and takes it for a plain PNG
    animation = struct.pack(">I", 8) + chunk + struct.pack(">I", zlib.crc32(chunk))
    plain = encode(corner())
    assert difference(recoded(plain[:33] + animation + plain[33:]), corner()) == 0


@settings(deadline=None)
@given(draws=st.data(), target=st.sampled_from(ImageFormat))
def test_no_bytes_raise_anything_else(draws: st.DataObject, target: ImageFormat) -> None:
    """A mutated or truncated picture is decoded, and then its output can be too, or is an ImageError."""
    data = bytearray(draws.draw(st.sampled_from(samples())))
    place = st.integers(0, len(data) - 1) | st.integers(0, 100)  # headers are where it hurts
    for at, value in draws.draw(st.lists(st.tuples(place, st.binary(max_size=4)), max_size=5)):
        data[at : at + len(value)] = value
    cut = draws.draw(st.none() | st.integers(0, len(data)))
    with suppress(ImageError):
        result = compress(bytes(data[:cut]), Options(format=target, max_width=30), Limits(pixels=1_000_000))
        assert opened(result.data).size == (result.width, result.height)
