"""The codec: what it refuses, and that no bytes raise anything but an ImageError."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from catalight.adapters.codec.compress import compress
from catalight.domain.errors import ImageError
from catalight.domain.errors import ImageErrorCode as Code
from catalight.domain.image.formats import Target
from catalight.domain.image.limits import KEPT_BYTES, PROCESS_BYTES, Limits
from catalight.domain.image.rendition import Rendition
from tests.corpora.samples import corner, encode, samples
from tests.faults import bomb
from tests.unit.adapters.codec.coding import PNG, SOURCES, photograph, recoded, refused
from tests.unit.adapters.codec.looking import difference, opened


def huge(width: int, height: int) -> bytes:
    """A PNG with this size in its header and no pixel data: decoding it fails as corrupt."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    checked = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + checked + struct.pack(">I", 1000) + b"IDAT"


def test_pixels_are_counted_before_they_are_decoded() -> None:
    assert refused(huge(10, 10)).code is Code.CORRUPT_IMAGE
    assert refused(huge(8192, 6144)).code is Code.CORRUPT_IMAGE  # the 50 megapixels of a phone
    error = refused(huge(10_000, 5_201))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == "The image has 52,010,000 pixels; at most 52,000,000 are allowed."
    assert refused(huge(10_000, 10_000)).code is Code.TOO_MANY_PIXELS  # here Pillow only warns
    assert refused(huge(100_000, 100_000)).code is Code.TOO_MANY_PIXELS  # here Pillow refuses


def test_the_pixel_limit_itself_is_allowed() -> None:
    assert compress(encode(corner()), PNG, Limits(pixels=800)).width == 40
    assert refused(encode(corner()), limits=Limits(pixels=799)).code is Code.TOO_MANY_PIXELS


def test_a_side_that_is_too_long_for_the_output_format_is_refused() -> None:
    data = encode(Image.new("L", (16_384, 1)))
    error = refused(data, Rendition(format=Target.WEBP))
    assert error.code is Code.TOO_MANY_PIXELS
    assert "16,384" in error.detail
    assert "16,383" in error.detail
    assert compress(data, Rendition(format=Target.WEBP, max_width=16_383)).width == 16_383
    assert compress(data, PNG).width == 16_384


def test_scans_are_counted_before_they_are_decoded() -> None:
    error = refused(bomb.draw())
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == (
        "The image's 1,002 scans visit 48,093,178,368 pixels; at most 1,000,000,000 are allowed."
    )


def test_scans_after_the_end_of_a_jpeg_are_not_counted() -> None:
    image = bomb.draw(1200, scans=2)
    assert compress(image * 300, Rendition()).width == 1200


def with_memory(pixel_bytes: int) -> Limits:
    """Limits with memory for a megapixel image at this many bytes per pixel."""
    return Limits(memory=PROCESS_BYTES + KEPT_BYTES + pixel_bytes * 1_000_000)


def test_a_source_that_does_not_fit_into_memory_is_refused_before_it_is_decoded() -> None:
    data = encode(Image.new("L", (1000, 1000)), "WEBP")
    assert compress(data, PNG, with_memory(19)).width == 1000
    error = refused(data, limits=with_memory(9))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail == "The WEBP image has 1,000,000 pixels; at most 473,684 are allowed."


@pytest.mark.parametrize("target", [Target.WEBP, Target.AVIF])
def test_an_output_that_does_not_fit_into_memory_is_refused_before_it_is_encoded(target: Target) -> None:
    data = encode(Image.new("L", (1000, 1000)), "JPEG")
    assert compress(data, PNG, with_memory(9)).width == 1000
    error = refused(data, Rendition(format=target), with_memory(9))
    assert error.code is Code.TOO_MANY_PIXELS
    assert error.detail.startswith("The image has 1,000,000 pixels; at most ")
    assert error.detail.endswith(f" can be encoded as {target}.")
    assert compress(data, Rendition(format=target, max_width=400), with_memory(9)).width == 400


def test_an_output_that_is_too_large_is_refused() -> None:
    limit = len(compress(photograph(), Rendition()).data)
    assert compress(photograph(), Rendition(), Limits(output_bytes=limit))
    error = refused(photograph(), Rendition(), Limits(output_bytes=limit - 1))
    assert (error.code, error.detail) == (
        Code.TOO_MANY_BYTES,
        f"The compressed image has more than {limit - 1:,} bytes.",
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
def test_other_files_are_not_images(data: bytes) -> None:
    error = refused(data)
    assert error.code is Code.NOT_AN_IMAGE
    assert error.detail.startswith(f"The {len(data):,} bytes are not an image in a supported format")


@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("source", SOURCES)
def test_truncated_images_are_corrupt(source: str, share: float) -> None:
    data = photograph(source)
    error = refused(data[: int(len(data) * share)])
    assert error.code is Code.CORRUPT_IMAGE
    assert error.detail.endswith("bytes are damaged or incomplete.")


def test_a_pillow_warning_does_not_fail_an_image() -> None:
    """Warnings are errors in these tests, and may be where the codec runs."""
    chunk = b"acTL" + bytes(8)  # an animation without frames: Pillow warns and reads a plain PNG
    animation = struct.pack(">I", 8) + chunk + struct.pack(">I", zlib.crc32(chunk))
    plain = encode(corner())
    assert difference(recoded(plain[:33] + animation + plain[33:]), corner()) == 0


@given(draws=st.data(), target=st.sampled_from(Target))
def test_any_bytes_give_an_image_or_an_image_error(draws: st.DataObject, target: Target) -> None:
    """A mutated or truncated image gives an output that can be decoded, or an ImageError."""
    data = bytearray(draws.draw(st.sampled_from(samples())))
    place = st.integers(0, len(data) - 1) | st.integers(0, 100)  # often in the header
    for at, value in draws.draw(st.lists(st.tuples(place, st.binary(max_size=4)), max_size=5)):
        data[at : at + len(value)] = value
    cut = draws.draw(st.none() | st.integers(0, len(data)))
    with suppress(ImageError):
        result = compress(bytes(data[:cut]), Rendition(format=target, max_width=30), Limits(pixels=1_000_000))
        assert opened(result.data).size == (result.width, result.height)
