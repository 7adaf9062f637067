"""The codec: what is refused, and that no bytes raise anything else."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.image.limits import KEPT_BYTES, PROCESS_BYTES, Limits
from catalight.domain.image.options import Options, Target
from tests.corpora.samples import corner, encode, samples
from tests.faults import bomb
from tests.unit.adapters.codec.coding import PNG, SOURCES, photograph, recoded, refused
from tests.unit.adapters.codec.looking import difference, opened


def huge(width: int, height: int) -> bytes:
    """A PNG that claims this size and breaks off before its pixels: who decodes it finds it corrupt."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 1000) + b"IDAT"


def test_pixels_are_counted_before_they_are_decoded() -> None:
    assert refused(huge(10, 10)).code is Code.CORRUPT_IMAGE
    assert refused(huge(8192, 6144)).code is Code.CORRUPT_IMAGE  # a phone's, of 50 megapixels
    error = refused(huge(10_000, 5_201))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == "The picture has 52,010,000 pixels; at most 52,000,000 are taken."
    assert refused(huge(10_000, 10_000)).code is Code.TOO_MANY_PIXELS  # where Pillow warns
    assert refused(huge(100_000, 100_000)).code is Code.TOO_MANY_PIXELS  # where Pillow refuses


def test_the_pixel_limit_itself_is_allowed() -> None:
    assert compress(encode(corner()), PNG, Limits(pixels=800)).width == 40
    assert refused(encode(corner()), limits=Limits(pixels=799)).code is Code.TOO_MANY_PIXELS


def test_a_side_that_the_output_cannot_hold() -> None:
    data = encode(Image.new("L", (16_384, 1)))
    error = refused(data, Options(format=Target.WEBP))
    assert error.code is Code.TOO_MANY_PIXELS
    assert "16,384" in error.detail
    assert "16,383" in error.detail
    assert compress(data, Options(format=Target.WEBP, max_width=16_383)).width == 16_383
    assert compress(data, PNG).width == 16_384


def test_scans_are_counted_before_they_are_decoded() -> None:
    error = refused(bomb.draw())
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == (
        "The picture's 1,002 scans visit 48,093,178,368 pixels; at most 1,000,000,000 are taken."
    )


def test_what_follows_a_jpeg_is_no_scan_of_it() -> None:
    image = bomb.draw(1200, scans=2)
    assert compress(image * 300, Options()).width == 1200


def with_room(pixel_bytes: int) -> Limits:
    """Memory for a picture of a megapixel that takes so many bytes a pixel."""
    return Limits(memory=PROCESS_BYTES + KEPT_BYTES + pixel_bytes * 1_000_000)


def test_what_would_not_fit_into_memory_is_refused_before_it_is_decoded() -> None:
    data = encode(Image.new("L", (1000, 1000)), "WEBP")
    assert compress(data, PNG, with_room(19)).width == 1000
    error = refused(data, limits=with_room(9))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == "The WEBP has 1,000,000 pixels; at most 473,684 of one are taken."


@pytest.mark.parametrize("target", [Target.WEBP, Target.AVIF])
def test_what_would_not_fit_into_memory_is_refused_before_it_is_encoded(target: Target) -> None:
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
def test_truncated_images_are_corrupt(source: str, share: float) -> None:
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
@given(draws=st.data(), target=st.sampled_from(Target))
def test_no_bytes_raise_anything_else(draws: st.DataObject, target: Target) -> None:
    """A mutated or truncated picture is decoded, and then its output can be too, or is an ImageError."""
    data = bytearray(draws.draw(st.sampled_from(samples())))
    place = st.integers(0, len(data) - 1) | st.integers(0, 100)  # headers are where it hurts
    for at, value in draws.draw(st.lists(st.tuples(place, st.binary(max_size=4)), max_size=5)):
        data[at : at + len(value)] = value
    cut = draws.draw(st.none() | st.integers(0, len(data)))
    with suppress(ImageError):
        result = compress(bytes(data[:cut]), Options(format=target, max_width=30), Limits(pixels=1_000_000))
        assert opened(result.data).size == (result.width, result.height)
