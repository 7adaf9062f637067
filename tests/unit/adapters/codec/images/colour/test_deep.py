"""TIFFs of more than 8 bits a pixel: shown in their whole range, or refused by name."""

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalight.domain.errors import ImageErrorCode
from tests.unit.adapters.codec.coding import recoded, refused

SIDE = 8
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
KINDS = {  # (bits, sample format) to struct's letter and the value that is white
    (16, UNSIGNED): ("H", 65_535),
    (32, UNSIGNED): ("I", 2**32 - 1),
    (16, SIGNED): ("h", 32_767),
    (32, SIGNED): ("i", 2**31 - 1),
    (32, FLOAT): ("f", 1),
}
NONE, DEFLATE = 1, 8
RAMP = [at / (SIDE * SIDE - 1) for at in range(SIDE * SIDE)]


def tiff(
    pixels: bytes,
    bits: int,
    kind: int,
    *,
    order: str = "<",
    white: int = 1,
    packed: int = NONE,
    samples: int = 1,
) -> bytes:
    """A TIFF of SIDE x SIDE; `white` is the photometric interpretation."""
    pixels = zlib.compress(pixels) if packed == DEFLATE else pixels
    at = 8 + 2 + 11 * 12 + 4
    shorts = {256: SIDE, 257: SIDE, 258: bits, 259: packed, 262: white, 277: samples, 278: SIDE, 339: kind}
    tags = {tag: struct.pack(f"{order}HI2H", 3, 1, value, 0) for tag, value in shorts.items()}
    tags |= {273: struct.pack(f"{order}2HI", 0, 0, 0), 279: struct.pack(f"{order}HII", 4, 1, len(pixels))}
    tags[273] = struct.pack(f"{order}HII", 4, 1, at)
    tags[284] = struct.pack(f"{order}HI2H", 3, 1, 1, 0)
    directory = b"".join(struct.pack(f"{order}H", tag) + tags[tag] for tag in sorted(tags))
    magic = b"II" if order == "<" else b"MM"
    return magic + struct.pack(f"{order}HIH", 42, 8, len(tags)) + directory + bytes(4) + pixels


def grey(values: list[float], letter: str, order: str = "<") -> bytes:
    exact = values if letter == "f" else [int(value) for value in values]
    return struct.pack(f"{order}{len(exact)}{letter}", *exact)


@pytest.mark.parametrize("packed", [NONE, DEFLATE])
@pytest.mark.parametrize("white", [0, 1], ids=["white is zero", "black is zero"])
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize(("bits", "kind"), KINDS)
def test_a_ramp_from_black_to_white_stays_one(
    bits: int, kind: int, order: str, white: int, packed: int
) -> None:
    letter, most = KINDS[bits, kind]
    pixels = grey([value * most for value in RAMP], letter, order)
    image = recoded(tiff(pixels, bits, kind, order=order, white=white, packed=packed))
    shown = RAMP if white else [1 - value for value in RAMP]
    assert list(image.convert("L").tobytes()) == pytest.approx([255 * value for value in shown], abs=1)


@given(st.floats(-1e6, 1e6), st.floats(1e4, 1e7))
def test_floating_point_of_any_range_is_not_black(low: float, length: float) -> None:
    image = recoded(tiff(grey([low + value * length for value in RAMP], "f"), 32, FLOAT))
    seen = list(image.convert("L").tobytes())
    assert seen == sorted(seen)
    if low < 0 or low + length > 1:
        assert seen[-1] >= 63


@given(st.integers(-(2**31), 2**31 - 2), st.data())
def test_integers_of_any_range_are_not_black(low: int, data: st.DataObject) -> None:
    high = data.draw(st.integers(min(low + abs(low) // 1000 + 1, 2**31 - 1), 2**31 - 1))
    image = recoded(tiff(grey([low + int(value * (high - low)) for value in RAMP], "i"), 32, SIGNED))
    seen = list(image.convert("L").tobytes())
    assert seen == sorted(seen)
    assert seen[-1] >= 63


@pytest.mark.parametrize("most", [255, 65_535])
@pytest.mark.parametrize("brightest", [1, 0.5])
def test_known_ranges_keep_their_brightness(brightest: float, most: int) -> None:
    for letter, kind in (("f", FLOAT), ("i", SIGNED), ("I", UNSIGNED)):
        image = recoded(tiff(grey([value * most * brightest for value in RAMP], letter), 32, kind))
        expected = [255 * value * brightest for value in RAMP]
        assert list(image.convert("L").tobytes()) == pytest.approx(expected, abs=1)


def test_a_dark_image_between_0_and_1_stays_dark() -> None:
    image = recoded(tiff(grey([value / 10 for value in RAMP], "f"), 32, FLOAT))
    assert list(image.convert("L").tobytes()) == pytest.approx([25.5 * value for value in RAMP], abs=1)


def test_twelve_bits_are_scaled() -> None:
    values = [round(value * 4095) for value in RAMP]
    bits = 0
    for value in values:
        bits = bits << 12 | value
    for order in "<>":
        data = tiff(bits.to_bytes(SIDE * SIDE * 12 // 8), 12, UNSIGNED, order=order)
        seen = list(recoded(data).convert("L").tobytes())
        assert seen == pytest.approx([255 * value for value in RAMP], abs=1)


@pytest.mark.parametrize(
    ("bits", "kind", "white", "samples", "named"),
    [
        (16, FLOAT, 1, 1, "floating-point 16-bit grey"),
        (64, FLOAT, 1, 1, "floating-point 64-bit grey"),
        (64, UNSIGNED, 1, 1, "64-bit grey"),
        (32, FLOAT, 2, 3, "floating-point 32-bit RGB"),
        (32, SIGNED, 2, 3, "signed 32-bit RGB"),
    ],
)
def test_what_cannot_be_read_is_named(bits: int, kind: int, white: int, samples: int, named: str) -> None:
    error = refused(tiff(bytes(SIDE * SIDE * samples * 8), bits, kind, white=white, samples=samples))
    assert error.code is ImageErrorCode.CORRUPT_IMAGE
    assert error.detail == f"The image is a TIFF of {named}, which is not supported."


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_values_that_are_not_finite_are_named(value: float) -> None:
    error = refused(tiff(grey([*RAMP[1:], value], "f"), 32, FLOAT))
    assert "not finite" in error.detail
